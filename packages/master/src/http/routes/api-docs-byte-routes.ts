import { type OpenAPIHono, type RouteConfig, z } from '@hono/zod-openapi';
import {
  ConflictPolicy,
  ErrorBody,
  EventStreamQuery,
  eventsRoute,
  fileBytesRoutes,
  nodeTestRoute,
  TestStep,
  UnsavedNode,
  UserPath,
  unsavedNodeTestRoute,
  zipRoute,
} from '@longshore/protocol';

type Registry = OpenAPIHono['openAPIRegistry'];
type Operation = Pick<RouteConfig, 'request' | 'responses'> & {
  method: RouteConfig['method'];
  path: string;
  tag: string;
  summary: string;
  description: string;
};

/** Describes the routes whose bodies are not JSON: bytes of files, streams of events and of test steps. */
export function documentByteRoutes(registry: Registry): void {
  for (const { tag, responses, ...operation } of operations) {
    registry.registerPath({
      ...operation,
      tags: [tag],
      security: [{ bearer: [] }],
      responses: { ...responses, default: errorAnswer },
    });
  }
}

const errorAnswer = {
  description: 'An error of the catalogue',
  content: { 'application/json': { schema: ErrorBody } },
};

const bytes = { schema: z.string().openapi({ format: 'binary' }) };
const tusHeaders = z.object({ 'tus-resumable': z.literal('1.0.0') });
const UploadId = z.object({ id: z.string() });
const uploadRoute = `${fileBytesRoutes.uploads}/{id}`;

const operations: readonly Operation[] = [
  {
    method: 'get',
    path: eventsRoute,
    tag: 'Events',
    summary: 'Server-sent events',
    description:
      'The first event is `hello`. `task` and `task-deleted` carry an id and are replayed after `Last-Event-ID`; `progress`, `files` and `node` (administrators) are not.',
    request: {
      query: EventStreamQuery,
      headers: z.object({ 'last-event-id': z.string().optional() }),
    },
    responses: {
      200: { description: 'An endless stream', content: { 'text/event-stream': { schema: z.string() } } },
    },
  },
  {
    method: 'get',
    path: fileBytesRoutes.content,
    tag: 'Files',
    summary: 'The bytes of a file',
    description: 'With `Range`, `If-Range`, `If-None-Match` and `ETag` as in RFC 9110.',
    request: { query: z.object({ path: UserPath }) },
    responses: {
      200: { description: 'The whole file', content: { 'application/octet-stream': bytes } },
      206: { description: 'The range that was asked for', content: { 'application/octet-stream': bytes } },
      304: { description: 'The client has this version' },
    },
  },
  {
    method: 'get',
    path: `${zipRoute}/{name}`,
    tag: 'Files',
    summary: 'The zip that a link opens',
    description:
      'The address as it stands in the link; no session is needed. With `Range` as the bytes of a file.',
    request: { params: z.object({ name: z.string() }), query: z.object({ ticket: z.string() }) },
    responses: {
      200: { description: 'The whole zip', content: { 'application/zip': bytes } },
      206: { description: 'The range that was asked for', content: { 'application/zip': bytes } },
    },
  },
  {
    method: 'post',
    path: fileBytesRoutes.uploads,
    tag: 'Files',
    summary: 'Begin a resumable upload (tus 1.0)',
    description: `\`Upload-Metadata\` holds \`path\`, the full path of the file, and optionally \`conflict\` (${ConflictPolicy.options.join(', ')}) and \`modifiedAtMs\`, each in base64.`,
    request: {
      headers: tusHeaders.extend({ 'upload-length': z.string(), 'upload-metadata': z.string() }),
    },
    responses: { 201: { description: '`Location` is the address of the upload' } },
  },
  {
    method: 'head',
    path: uploadRoute,
    tag: 'Files',
    summary: 'How much of an upload has arrived (tus 1.0)',
    description: '`Upload-Offset` says where to go on.',
    request: { params: UploadId, headers: tusHeaders },
    responses: { 200: { description: 'See the headers' } },
  },
  {
    method: 'patch',
    path: uploadRoute,
    tag: 'Files',
    summary: 'Send bytes of an upload (tus 1.0)',
    description: 'The file appears when the last byte has arrived.',
    request: {
      params: UploadId,
      headers: tusHeaders.extend({ 'upload-offset': z.string() }),
      body: { content: { 'application/offset+octet-stream': bytes } },
    },
    responses: { 204: { description: '`Upload-Offset` is the new offset' } },
  },
  {
    method: 'delete',
    path: uploadRoute,
    tag: 'Files',
    summary: 'Give an upload up (tus 1.0)',
    description: 'What has arrived is deleted.',
    request: { params: UploadId, headers: tusHeaders },
    responses: { 204: { description: 'The upload is gone' } },
  },
  {
    method: 'post',
    path: nodeTestRoute,
    tag: 'Nodes',
    summary: 'Test the communication with a node',
    description: 'One JSON document a line, each as soon as the step is done.',
    request: { params: z.object({ id: z.string().max(64) }) },
    responses: {
      200: { description: 'The steps', content: { 'application/x-ndjson': { schema: TestStep } } },
    },
  },
  {
    method: 'post',
    path: unsavedNodeTestRoute,
    tag: 'Nodes',
    summary: 'Test the communication with a node that is not registered',
    description: 'One JSON document a line, each as soon as the step is done. Nothing is stored.',
    request: { body: { required: true, content: { 'application/json': { schema: UnsavedNode } } } },
    responses: {
      200: { description: 'The steps', content: { 'application/x-ndjson': { schema: TestStep } } },
    },
  },
];
