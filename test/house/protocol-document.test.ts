import { createHmac, hkdfSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as protocol from '@longshore/protocol';
import {
  contentDigest,
  signingKey,
  unsealText,
  verifyContentDigest,
  verifyRequest,
  verifyResponse,
} from '@longshore/protocol/server';
import { describe, expect, test } from 'vitest';
import { repository } from './source-files.ts';

const page = readFileSync(join(repository, 'docs', 'protocol.md'), 'utf8');

/** The fenced blocks of a kind, by their name. */
const blocks = (kind: string): Map<string, string> =>
  new Map(
    [...page.matchAll(new RegExp(`^\`\`\`${kind} (\\S+)\\n([\\s\\S]*?)\\n\`\`\`$`, 'gm'))].map((match) => [
      match[1] ?? '',
      match[2] ?? '',
    ]),
  );

const examples = blocks('example');
const example = (name: string): string => {
  const text = examples.get(name);
  if (text === undefined) throw new Error(`the page has no example ${name}`);
  return text;
};

function message(name: string) {
  const [head = '', body = ''] = example(name).split('\n\n');
  const [startLine = '', ...fields] = head.split('\n');
  const headers = Object.fromEntries(
    fields.map((field) => [field.slice(0, field.indexOf(':')), field.slice(field.indexOf(':') + 2)]),
  );
  return { startLine, headers, body: Buffer.from(body) };
}

const key = signingKey(example('secret'));
const nowMs = 1_767_225_600_400;
const mac = (base: string): string => createHmac('sha256', example('secret')).update(base).digest('base64');

describe('the worked example of docs/protocol.md', () => {
  test('P7 the key id follows from the secret', () => {
    expect(key.keyId).toBe(example('keyid'));
  });

  test.for(['request', 'response'])(
    'P7 digest and signature of the %s follow from what the page says',
    (name) => {
      const { headers, body } = message(name);
      expect(headers['content-digest']).toBe(contentDigest(body));
      expect(headers.signature).toBe(`sig=:${mac(example(`${name}-base`))}:`);
    },
  );

  test('P7 the request is accepted', async () => {
    const { startLine, headers, body } = message('request');
    const [method = '', target = ''] = startLine.split(' ');
    const verified = await verifyRequest({
      request: { method, target, headers },
      role: 'slave',
      findKey: (keyId) => (keyId === key.keyId ? key : undefined),
      nonces: { remember: () => 'new' },
      nowMs,
      maxSkewMs: 60_000,
    });
    verifyContentDigest(verified.contentDigest, body);
    expect(protocol.Hello.parse(JSON.parse(body.toString()))).toMatchObject({ nodeName: 'shed' });
  });

  test('P7 the answer is accepted, as one to this request', () => {
    const { startLine, headers, body } = message('response');
    const status = Number(startLine.split(' ')[1]);
    const requestNonce =
      /nonce="([^"]+)"/.exec(message('request').headers['signature-input'] ?? '')?.[1] ?? '';
    const verified = verifyResponse({ response: { status, headers }, key, requestNonce, nowMs });
    verifyContentDigest(verified.contentDigest, body);
    expect(verified.skewMs).toBe(50);
  });
});

describe('the worked password of docs/protocol.md', () => {
  test('P7 the key of the encryption follows from the secret', () => {
    const derived = hkdfSync('sha256', example('secret'), '', 'longshore sealed text', 32);
    expect(Buffer.from(derived).toString('hex')).toBe(example('seal-key'));
  });

  test('P7 the encrypted password opens for its purpose, and stands in the attempt that it was made for', () => {
    expect(unsealText({ key, purpose: example('seal-purpose') }, example('sealed'))).toBe('correct horse');
    const { attempts } = protocol.Dispatch.parse(JSON.parse(blocks('json').get('Dispatch') ?? ''));
    const [first] = attempts;
    expect(first?.work).toMatchObject({ password: { sealed: example('sealed') } });
    expect(example('seal-purpose')).toBe(`attempt ${first?.partId} ${first?.attempt}`);
  });
});

/** The bodies of all endpoints. */
const needed = [
  ...[
    'Hello',
    'HelloAnswer',
    'Dispatch',
    'DispatchAnswer',
    'CancelAttempts',
    'CancelAnswer',
    'ListArchive',
    'ArchiveListing',
  ],
  ...[
    'SelfTest',
    'SelfTestAnswer',
    'NodeConfig',
    'Heartbeat',
    'HeartbeatAnswer',
    'ReportBatch',
    'ReportVerdicts',
    'SourcePage',
  ],
  ...['StoredEntries', 'OutputAccess', 'CallbackAnswer', 'StoredBlob', 'ErrorBody'],
];

type Schema = {
  safeParse: (value: undefined) => { success: boolean };
  shape?: Record<string, Schema>;
  options?: readonly Schema[];
  element?: Schema;
  unwrap?: () => Schema;
};

/** Names of the fields of a body, at any depth, that it is valid without. */
function* mayBeAbsent(schema: Schema): Generator<string> {
  if (schema.shape !== undefined) {
    for (const [name, field] of Object.entries(schema.shape)) {
      if (field.safeParse(undefined).success) yield name;
      yield* mayBeAbsent(field);
    }
    return;
  }
  const inner = schema.options ?? [schema.element ?? schema.unwrap?.()];
  for (const each of inner) if (each !== undefined) yield* mayBeAbsent(each);
}

describe('the bodies of docs/protocol.md', () => {
  const bodies = [...blocks('json')];
  const schemas: Record<string, unknown> = protocol;

  test.for(bodies)('P7 %s is what its schema says, with nothing left out', ([name, text]) => {
    const schema = schemas[name] as { parse(body: unknown): unknown } | undefined;
    if (schema === undefined) throw new Error(`the protocol has no ${name}`);
    const body: unknown = JSON.parse(text);
    expect(schema.parse(body)).toEqual(body);
  });

  test('P7 the page shows the body of every endpoint', async () => {
    const shown = new Set(bodies.map(([name]) => name));
    expect(needed.filter((name) => !shown.has(name))).toEqual([]);
  });

  test('P7 the page shows every kind of report and of work', () => {
    const reports = protocol.ReportBatch.parse(JSON.parse(blocks('json').get('ReportBatch') ?? ''));
    const shown = new Set(reports.reports.map(({ event }) => event.type));
    expect(
      protocol.Report.shape.event.options
        .map((option) => option.shape.type.value)
        .filter((type) => !shown.has(type)),
    ).toEqual([]);
    const dispatch = protocol.Dispatch.parse(JSON.parse(blocks('json').get('Dispatch') ?? ''));
    const kinds = new Set(dispatch.attempts.map(({ work }) => work.kind));
    expect(
      protocol.Work.options.map((option) => option.shape.kind.value).filter((kind) => !kinds.has(kind)),
    ).toEqual([]);
  });

  test('P7 the page names every path of the protocol', () => {
    const paths = [...Object.values(protocol.slaveRoutes), ...Object.values(protocol.masterRoutes)];
    const shown = paths.map((path) => path.replace(':partId', '{partId}').replace(':attempt', '{attempt}'));
    expect(shown.filter((path) => !page.includes(path))).toEqual([]);
  });

  test('P7 the page names every header of the protocol', () => {
    expect(Object.values(protocol.headers).filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  test('N10 the table of versions tells what each minor version adds, up to the present one', () => {
    const { major, minor } = protocol.protocolVersion;
    const rows = [...page.matchAll(/^\| (\d+\.\d+) \| (.+) \|$/gm)];
    const present = Array.from({ length: minor + 1 }, (_, older) => `${major}.${older}`);
    expect(rows.map(([, version]) => version)).toEqual(present);
  });

  test('N10 the table of versions names every field that an older peer leaves out', () => {
    const bodies = Object.entries(protocol).flatMap(([name, schema]) =>
      needed.includes(name) ? [schema as unknown as Schema] : [],
    );
    const absent = new Set(bodies.flatMap((body) => [...mayBeAbsent(body)]));
    expect(absent.size).toBeGreaterThan(15);
    const table = [...page.matchAll(/^\| \d+\.\d+ \| (.+) \|$/gm)].map(([, row]) => row).join();
    expect([...absent].filter((field) => !table.includes(`\`${field}\``))).toEqual([]);
  });

  test('P6 every code that the page names is in the catalogue', () => {
    const codes = [...page.matchAll(/`([A-Z][A-Z]+(?:_[A-Z]+)+)`/g)].map((match) => match[1] ?? '');
    expect(codes.filter((code) => !protocol.isErrorCode(code))).toEqual([]);
    expect(codes.length).toBeGreaterThan(20);
  });
});
