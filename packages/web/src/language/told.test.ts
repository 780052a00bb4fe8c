import { AttemptEventKind, Evidence, errorCatalogue, Obstacle } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { loadCatalogue, serverWords } from './language.ts';
import { eventOf, evidenceOf, messageOf, placementOf, titleOf, waitingOf } from './told.ts';

const error = (code: string, message: string, details = {}) => ({ code, message, details, hint: '' });

/** A word of English that is no name, code or unit. */
const sentence = /[a-z]{3,} [a-z]{2,}/;

describe('in Chinese', () => {
  beforeAll(async () => {
    vi.stubGlobal('document', { documentElement: {} });
    await loadCatalogue('zh');
  });
  afterAll(() => vi.unstubAllGlobals());

  test('an error says what has happened by its code, and names what the master has quoted', () => {
    expect(messageOf(error('PATH_EXISTS', '"/a b/c.txt" exists already, as a file'))).toBe(
      '名称已被占用：/a b/c.txt',
    );
    expect(messageOf(error('NODE_TIMEOUT', 'http://shed:5213: no answer within 5000 ms'))).toBe(
      '节点没有及时应答：http://shed:5213',
    );
    expect(messageOf(error('BAD_REQUEST', 'destination: the ending of "/x" names no format'))).toBe(
      '请求无效：destination、/x',
    );
    expect(messageOf(error('LEASE_LOST', 'the node stopped the attempt by itself'))).toBe(
      '这次尝试已不再持有任务',
    );
  });

  test('details of an error are part of the sentence where they are known', () => {
    const details = { limit: 'maxEntries', value: 12_000 };
    expect(messageOf(error('LIMIT_EXCEEDED', 'too many', details))).toBe(
      '超出用户组的限额（maxEntries：12,000）',
    );
    expect(messageOf(error('LIMIT_EXCEEDED', 'too many'))).toBe('超出用户组的限额');
  });

  test('what this version does not know stays as the master has said it', () => {
    expect(messageOf(error('NEW_CODE', 'something new'))).toBe('something new');
    const event = { atMs: 0, event: 'moved on', kind: null, try: null, delaySeconds: null, error: null };
    expect(eventOf(event)).toBe('moved on');
  });

  test('a task is called by what was asked for', () => {
    const title = 'an English title';
    const titled = (kind: string, request: object) => titleOf({ kind, request, title } as never);
    expect(titled('create-archive', { sources: ['/a', '/b'], destination: '/c.zip' })).toBe(
      '/a 等 2 项 → /c.zip',
    );
    expect(titled('extract-archive', { source: '/c.zip', destination: '/c' })).toBe('/c.zip → /c');
    expect(titled('check', { node: 'anna' })).toBe('检查 anna');
    expect(titled('new-kind', {})).toBe(title);
  });

  test('every error of the catalogue has a sentence, without English in it', () => {
    const missing = Object.keys(errorCatalogue).filter((code) =>
      messageOf(error(code, 'an English text')).match(sentence),
    );
    expect(missing).toEqual([]);
  });

  test('every kind of line in a timeline is said in Chinese', () => {
    for (const kind of AttemptEventKind.options) {
      const event = { atMs: 0, event: `an English ${kind}`, kind, try: 2, delaySeconds: 5, error: null };
      expect(eventOf(event)).not.toMatch(/[a-z{}]/);
    }
    expect(eventOf({ atMs: 0, event: '', kind: 'try-failed', try: 2, delaySeconds: 5, error: null })).toBe(
      '第 2 次执行失败，5 秒后重试',
    );
  });

  test('every obstacle is said in Chinese, where a part waits and where a node was passed over', () => {
    const kinds = Obstacle.options.flatMap((option) => optionKinds(option.shape.kind));
    const params = {
      capability: 'create-archive',
      health: 'offline',
      code: null,
      leftBytes: 0,
      neededBytes: 2 ** 20,
    };
    const passedOver = {
      named: kinds.map((kind) => ({
        node: 'A',
        obstacle: Obstacle.parse({ kind, ...params, code: 'NODE_TIMEOUT' }),
      })),
      more: 3,
    };
    const waiting = { kind: 'no-node', capability: 'extract-archive', chosen: false, passedOver } as const;
    const text = waitingOf({ waiting, waitingFor: 'an English text' } as never);
    expect(text).toMatch(/^没有节点可以接手（解压）；未选用：A（不是指定的节点）、.*另有 3 个$/);
    expect(text).not.toMatch(/[a-z]{3,}/);
    const turnAmong = { named: [{ node: 'A', weight: 3 }], more: 0 };
    const placement = { turnAmong, hasFiles: true, isProbe: true, passedOver: { named: [], more: 0 } };
    expect(placementOf({ placement, reason: 'an English text' } as never)).toBe(
      '轮到它，参与者：A 3，且文件就在本机；试探能否解除隔离',
    );
  });

  test('whatever a step of the communication test sees is said in Chinese', () => {
    const versions = { protocol: '1.2', version: '0.1.0' };
    const params = {
      host: 'H',
      addresses: ['A'],
      address: 'A',
      port: 1,
      others: [{ address: 'B', answers: false, code: null }],
      protocol: 'TLSv1.3',
      subject: 'S',
      issuer: 'I',
      validUntil: 'T',
      version: '0.1.0',
      master: versions,
      slave: versions,
      keyId: 'K',
      skewMs: -3,
      url: 'U',
      knowsKey: false,
      path: '/T',
      freeBytes: 2 ** 30,
      totalBytes: 2 ** 31,
      origin: 'O',
    };
    for (const kind of Evidence.options.flatMap((option) => optionKinds(option.shape.kind))) {
      const seen = Evidence.parse({ kind, ...params });
      const step = {
        step: 'resolve',
        status: 'ok',
        durationMs: 1,
        evidence: 'an English text',
        seen,
        error: null,
      } as const;
      expect(evidenceOf(step)).not.toMatch(/[a-z]{3,} [a-z]{2,}|undefined|null/);
    }
  });
});

test('in English everything is as the master says it', async () => {
  vi.stubGlobal('document', { documentElement: {} });
  await loadCatalogue('en');
  expect(serverWords()).toBeNull();
  expect(messageOf(error('PATH_EXISTS', '"/a" exists already'))).toBe('"/a" exists already');
  vi.unstubAllGlobals();
});

const optionKinds = (kind: { value?: unknown; options?: readonly string[] }): readonly string[] =>
  kind.options ?? [String(kind.value)];
