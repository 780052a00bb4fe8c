import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { readSlaveConfig } from './config.ts';
import { tempFolder } from './testing/temp-folder.ts';

function read(text: string) {
  const file = join(tempFolder(), 'conf.ini');
  writeFileSync(file, text, { mode: 0o600 });
  return readSlaveConfig({ file });
}

test('S1: a secret is all that a configuration must hold, and every default is the documented one', () => {
  const { config } = read('[Slave]\nSecret = 0123456789abcdef\n');
  expect(config).toMatchObject({
    listen: [{ type: 'http', address: { host: null, port: 5213 } }],
    logLevel: 'info',
    logFormat: 'auto',
    gracePeriodMs: 60_000,
    callbackTimeoutMs: 20_000,
    signatureTtlSeconds: 60,
    maxSkewMs: 60_000,
    workers: 15,
    retry: {
      maxRetries: 5,
      maxExecutionMs: 86_400_000,
      backoff: { delayMs: 5000, factor: 4, maxMs: 3_600_000 },
    },
    stores: {},
  });
  expect(config.tempPath).toBe(join(config.dataPath, 'temp'));
});

test("S1: Cloudreve's keys are read as they are, and say where they come from", () => {
  const { config, entries } = read(`[System]
Mode = slave
Listen = 127.0.0.1:5299
GracePeriod = 5
[Slave]
Secret = 0123456789abcdef
CallbackTimeout = 7
SignatureTTL = 30
TempPath = /var/tmp/x
[OptionOverwrite]
queue_slave_worker_num = 1
queue_slave_max_execution = 10
queue_slave_backoff_factor = 2.5
queue_slave_backoff_max_duration = 60
queue_slave_max_retry = 0
queue_slave_retry_delay = 1
[Stores]
local = /srv/store
`);
  expect(config).toMatchObject({
    listen: [{ type: 'http', address: { host: '127.0.0.1', port: 5299 } }],
    gracePeriodMs: 5000,
    callbackTimeoutMs: 7000,
    signatureTtlSeconds: 30,
    tempPath: '/var/tmp/x',
    workers: 1,
    retry: { maxRetries: 0, maxExecutionMs: 10_000, backoff: { delayMs: 1000, factor: 2.5, maxMs: 60_000 } },
    stores: { local: '/srv/store' },
  });
  const placeOf = (name: string) => entries.find(({ key }) => key === name)?.place;
  expect(placeOf('queue_slave_worker_num')).toMatch(/conf\.ini:11$/);
  expect(placeOf('LogLevel')).toBe('default');
});

test('a secret that is short or missing is refused without being shown', () => {
  expect(() => read('[Slave]\nSecret = short-secret\n')).toThrowError(
    expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.not.stringContaining('short-secret') }),
  );
  expect(() => read('[System]\n')).toThrowError(expect.objectContaining({ code: 'CONFIG_INVALID' }));
});

test('S1: an environment variable is stronger than the file', () => {
  vi.stubEnv('LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_WORKER_NUM', '3');
  const { config } = read(
    '[Slave]\nSecret = 0123456789abcdef\n[OptionOverwrite]\nqueue_slave_worker_num = 2\n',
  );
  vi.unstubAllEnvs();
  expect(config.workers).toBe(3);
});

test("S1: a file of Cloudreve's slave is taken as it is", () => {
  const { config, warnings } = read(`[System]
Mode = slave
Listen = :5212
Debug = false
SessionSecret = whatever
HashIDSalt = whatever
LogLevel = warn
ProxyHeader = X-Real-IP
GracePeriod = 30
[SSL]
Listen = :8443
CertPath = /etc/ssl/slave.pem
KeyPath = key.pem
[UnixSocket]
Listen = /run/longshore.sock
Perm = 0666
[CORS]
AllowOrigins = *
AllowMethods = OPTIONS,GET,POST
AllowHeaders = *
AllowCredentials = false
ExposeHeaders = X-Seen
SameSite = Default
Secure = false
[Slave]
Secret = 0123456789abcdef
CallbackTimeout = 20
SignatureTTL = 60
[OptionOverwrite]
queue_slave_worker_num = 15
`);
  expect(config).toMatchObject({
    listen: [
      { type: 'https', address: { port: 8443 }, certPath: '/etc/ssl/slave.pem' },
      { type: 'unix', path: '/run/longshore.sock', mode: 0o666 },
    ],
    logLevel: 'warn',
    proxyHeader: 'x-real-ip',
    cors: {
      origins: ['*'],
      methods: ['OPTIONS', 'GET', 'POST'],
      headers: ['*'],
      exposedHeaders: ['X-Seen'],
      credentials: false,
    },
  });
  const ignored = warnings.filter((warning) => warning.includes('has no effect in this version'));
  expect(ignored.map((warning) => /\] (\w+) has/.exec(warning)?.[1])).toEqual([
    'Debug',
    'SessionSecret',
    'HashIDSalt',
    'SameSite',
    'Secure',
  ]);
  expect(warnings.join()).toContain('[System] Listen has no effect');
});

test.each([
  ['[SSL]\nCertPath = a.pem', 'conf.ini:4: [SSL] KeyPath is missing'],
  ['[SSL]\nKeyPath = a.pem', 'conf.ini:4: [SSL] CertPath is missing'],
  ['[UnixSocket]\nPerm = 0999', 'give an octal file mode'],
  ['[Slave]\nSecret = 0123456789abcdef, short', 'several separated by commas'],
  [
    '[Slave]\nSecret = 0123456789abcdef, 0123456789abcdeg\n[Stores]\nlocal = /srv',
    'conf.ini:4: [Stores] serves one master',
  ],
  ['[UnixSokcet]\nListen = a', 'did you mean UnixSocket?'],
  ['[Option]\nqueue_slave_max_retry = 1', 'did you mean OptionOverwrite?'],
  ['[OptionOverwrite]\nworker_num = 1', 'did you mean queue_slave_worker_num?'],
  ['[OptionOverwrite]\nmax_retry = 1', 'did you mean queue_slave_max_retry?'],
  ['[System]\nGracePeriod = 1e9', 'give a number of seconds from 0 to 86400'],
])('S1: %j is refused, and the message says what is wrong', (text, reason) => {
  expect(() => read(`[Slave]\nSecret = 0123456789abcdef\n${text}\n`)).toThrowError(
    expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(reason) }),
  );
});

test('S1: without a file and without a secret it says how to get a file', () => {
  expect(() => readSlaveConfig({})).toThrowError(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('give -c conf.ini; the console or `longshore nodes add` shows one'),
    }),
  );
});

test('S1: a variable whose section has a wrong letter is reported as a wrong key is', () => {
  vi.stubEnv('LONGSHORE_OPTION_OVERWITE_QUEUE_SLAVE_WORKER_NUM', '3');
  vi.stubEnv('LONGSHORE_ADMIN_PASSWORD', 'of another program');
  vi.stubEnv('LONGSHORE_URL', 'http://127.0.0.1');
  const { warnings } = read('[Slave]\nSecret = 0123456789abcdef\n');
  vi.unstubAllEnvs();
  expect(warnings).toEqual([
    'LONGSHORE_OPTION_OVERWITE_QUEUE_SLAVE_WORKER_NUM is not read; did you mean LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_WORKER_NUM?',
  ]);
});

test('S6: several masters have a secret each', () => {
  const { config } = read('[Slave]\nSecret = 0123456789abcdef, 0123456789abcdeg\n');
  expect(config.secrets).toEqual(['0123456789abcdef', '0123456789abcdeg']);
});
