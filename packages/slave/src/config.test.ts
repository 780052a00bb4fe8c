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
    listen: { host: null, port: 5213 },
    logLevel: 'info',
    logFormat: 'json',
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
  const { config, origins } = read(`[System]
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
    listen: { host: '127.0.0.1', port: 5299 },
    gracePeriodMs: 5000,
    callbackTimeoutMs: 7000,
    signatureTtlSeconds: 30,
    tempPath: '/var/tmp/x',
    workers: 1,
    retry: { maxRetries: 0, maxExecutionMs: 10_000, backoff: { delayMs: 1000, factor: 2.5, maxMs: 60_000 } },
    stores: { local: '/srv/store' },
  });
  expect(origins.OptionOverwrite.queue_slave_worker_num).toBe('file');
  expect(origins.System.LogLevel).toBe('default');
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
