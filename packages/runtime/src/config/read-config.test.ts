import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '@longshore/protocol';
import { afterEach, beforeEach, describe, expect, expectTypeOf, test } from 'vitest';
import { defineConfig, environmentName } from './define-config.ts';
import { type ConfigEntry, readConfig } from './read-config.ts';
import {
  byteSize,
  choice,
  flag,
  integer,
  type ListenAddress,
  list,
  listenAddress,
  path,
  seconds,
  text,
  url,
} from './value-types.ts';

const config = defineConfig({
  System: {
    description: 'The program',
    keys: {
      Mode: { type: choice('slave'), default: 'slave', description: 'What runs' },
      Listen: { type: listenAddress(), default: ':5212', description: 'Where to listen' },
      GracePeriod: { type: seconds({ min: 0, max: 3600 }), default: '30', description: 'Time to stop' },
      Debug: { type: flag(), default: 'false', description: 'Say more' },
    },
  },
  Slave: {
    description: 'The slave',
    keys: {
      Secret: { type: text({ minLength: 64 }), required: true, secret: true, description: 'Shared secret' },
      TempPath: { type: path(), default: 'temp', description: 'Work folder' },
      CacheSize: { type: byteSize(), default: '512 MiB', description: 'Memory' },
      PublicUrl: { type: url(), description: 'Own address' },
    },
  },
  OptionOverwrite: {
    description: 'Queue',
    keys: {
      queue_slave_worker_num: { type: integer({ min: 1, max: 256 }), default: '15', description: 'Workers' },
    },
  },
  CORS: {
    description: 'Browsers',
    keys: {
      AllowOrigins: { type: list(), default: '', description: 'Origins' },
      MaxAge: { type: integer(), ignored: true, description: 'Not used' },
    },
  },
  Stores: { description: 'Folders by store id', entries: path() },
});

const placesOf = (entries: readonly ConfigEntry[], section: string) =>
  Object.fromEntries(
    entries.filter((entry) => entry.section === section).map(({ key, place }) => [key, place]),
  );

const secret = 'x'.repeat(64);
const env = { LONGSHORE_SLAVE_SECRET: secret };
let folder = '';
let file = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'longshore-config-'));
  file = join(folder, 'conf.ini');
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (content: string | Uint8Array): void => writeFileSync(file, content, { mode: 0o600 });
const fromFile = (content: string) => {
  write(content);
  return readConfig({ config, file, env });
};
const problemOf = (read: () => unknown): AppError => {
  try {
    read();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
};

describe('reading', () => {
  test('S1 a file of Cloudreve works as it is', () => {
    const { values, warnings } = fromFile(
      `[System]\nMode = slave\nListen = :5212\n\n; comment\n[Slave]\nSecret = ${secret}\n[OptionOverwrite]\n` +
        'queue_slave_worker_num = 3\n[CORS]\nAllowOrigins = https://a.example, https://b.example\nMaxAge = 60\n',
    );
    expect(values.System.Listen).toEqual({ host: null, port: 5212 });
    expect(values.Slave.Secret).toBe(secret);
    expect(values.OptionOverwrite.queue_slave_worker_num).toBe(3);
    expect(values.CORS.AllowOrigins).toEqual(['https://a.example', 'https://b.example']);
    expect(warnings).toEqual([`${file}:12: [CORS] MaxAge has no effect in this version`]);
  });

  test('the types of the values follow from the description', () => {
    const { values } = readConfig({ config, env });
    expectTypeOf(values.System.Mode).toEqualTypeOf<'slave'>();
    expectTypeOf(values.System.Listen).toEqualTypeOf<ListenAddress>();
    expectTypeOf(values.System.GracePeriod).toEqualTypeOf<number>();
    expectTypeOf(values.Slave.PublicUrl).toEqualTypeOf<string | undefined>();
    expectTypeOf(values.Stores).toEqualTypeOf<Readonly<Record<string, string>>>();
  });

  test('a flag wins over the environment, the environment over the file, the file over the default', () => {
    write('[System]\nListen = :1\nGracePeriod = 1\nDebug = true\n');
    const { values, entries } = readConfig({
      config,
      file,
      env: { ...env, LONGSHORE_SYSTEM_LISTEN: ':2', LONGSHORE_SYSTEM_GRACE_PERIOD: '2' },
      overrides: { System: { Listen: '127.0.0.1:3' } },
    });
    expect(values.System).toEqual({
      Mode: 'slave',
      Listen: { host: '127.0.0.1', port: 3 },
      GracePeriod: 2000,
      Debug: true,
    });
    expect(placesOf(entries, 'System')).toEqual({
      Mode: 'default',
      Listen: 'command line',
      GracePeriod: 'LONGSHORE_SYSTEM_GRACE_PERIOD',
      Debug: `${file}:4`,
    });
  });

  test('a number says in what it is counted, and anything else that it is none', () => {
    const { entries } = readConfig({ config, env });
    const units = Object.fromEntries(entries.map(({ key, unit }) => [key, unit]));
    expect(units).toMatchObject({
      GracePeriod: 'seconds',
      CacheSize: 'bytes',
      queue_slave_worker_num: 'count',
      Listen: null,
      Secret: null,
    });
  });

  test('an empty environment variable counts as not set', () => {
    const { entries } = readConfig({ config, env: { ...env, LONGSHORE_SYSTEM_LISTEN: '' } });
    expect(placesOf(entries, 'System')).toMatchObject({ Listen: 'default' });
  });

  test('a free map takes names of the file and of the environment', () => {
    write('[Stores]\n3f0a = /srv/a\nlocal = blobs\n');
    const { values, entries } = readConfig({
      config,
      file,
      env: { ...env, LONGSHORE_STORES_LOCAL: '/mnt/b' },
    });
    expect(values.Stores).toEqual({ '3f0a': '/srv/a', local: '/mnt/b' });
    expect(placesOf(entries, 'Stores')).toEqual({ '3f0a': `${file}:2`, local: 'LONGSHORE_STORES_LOCAL' });
  });

  test('a relative path of a file is seen from the folder of the file, another from the working folder', () => {
    write('[Slave]\nTempPath = work\n');
    expect(readConfig({ config, file, env }).values.Slave.TempPath).toBe(join(folder, 'work'));
    expect(
      readConfig({ config, env: { ...env, LONGSHORE_SLAVE_TEMP_PATH: 'work' } }).values.Slave.TempPath,
    ).toBe(join(process.cwd(), 'work'));
  });

  test.for([
    ['CRLF', '[System]\r\nListen = :7\r\n'],
    ['a byte order mark', '\uFEFF[System]\nListen = :7\n'],
    [
      'spaces, comments and a section comment',
      '  [System]  ; here\n\n# x\n   Listen   =   :7   # the port\n',
    ],
    ['double quotes', '[System]\nListen = ":7"\n'],
    ['single quotes', "[System]\nListen = ':7'\n"],
    ['the last of two values', '[System]\nListen = :6\nListen = :7\n'],
    ['a section in two places', '[System]\nDebug\n[CORS]\n[System]\nListen = :7'],
  ])('%s is understood', ([, content]) => {
    expect(fromFile(content ?? '').values.System.Listen.port).toBe(7);
  });

  test('a flag that stands alone is true', () => {
    expect(fromFile('[System]\nDebug\n').values.System.Debug).toBe(true);
  });
});

describe('refusing', () => {
  test('every problem is named at once, with line, name and what to do', () => {
    write(
      'Listen = :1\n[Sytem]\nx = 1\n[System]\nListn = :2\nGracePeriod = soon\n[Slave]\nCacheSize = much\nSecret = short\nrubbish[\nqueue_slave_worker_num = 3\n[oops\n',
    );
    const error = problemOf(() => readConfig({ config, file, env: {} }));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message.split('\n')).toEqual([
      '9 problems:',
      `  ${file}:1: Listen stands before the first [section]`,
      `  ${file}:2: there is no section [Sytem]; did you mean System?`,
      `  ${file}:5: [System] has no key Listn; did you mean Listen?`,
      `  ${file}:6: [System] GracePeriod = "soon" is not allowed: give a number of seconds from 0 to 3600`,
      `  ${file}:8: [Slave] CacheSize = "much" is not allowed: give a size such as 512 MiB or 10 GB, from 0 bytes to 8 PiB`,
      `  ${file}:9: [Slave] Secret is not allowed: give a text of 64 to 4096 characters`,
      `  ${file}:10: [Slave] has no key rubbish[; there are Secret, TempPath, CacheSize, PublicUrl`,
      `  ${file}:11: [Slave] has no key queue_slave_worker_num; it belongs to [OptionOverwrite]`,
      `  ${file}:12: "[oops" is neither a [section] nor a key = value`,
    ]);
    expect(error.details.problems).toContainEqual({
      message: `${file}:9: [Slave] Secret is not allowed: give a text of 64 to 4096 characters`,
      file,
      line: 9,
    });
  });

  test('a missing key names the file and the variable that may give it', () => {
    write('[System]\n');
    expect(problemOf(() => readConfig({ config, file, env: {} })).message).toBe(
      `[Slave] Secret is missing: give a text of 64 to 4096 characters in ${file} or LONGSHORE_SLAVE_SECRET`,
    );
  });

  test('a refused secret is never quoted', () => {
    const error = problemOf(() => readConfig({ config, env: { LONGSHORE_SLAVE_SECRET: 'canary' } }));
    expect(error.message).not.toContain('canary');
    expect(error.message).toMatch(/^LONGSHORE_SLAVE_SECRET: \[Slave\] Secret is not allowed/);
  });

  test('a bad flag of the command line is named as such', () => {
    const error = problemOf(() => readConfig({ config, env, overrides: { System: { Listen: 'here' } } }));
    expect(error.message).toBe(
      'command line: [System] Listen = "here" is not allowed: give an address such as :5212, 127.0.0.1:5212 or [::1]:5212',
    );
  });

  test('a file that does not exist, is a folder or is no text is named', () => {
    expect(problemOf(() => readConfig({ config, file, env })).code).toBe('CONFIG_NOT_FOUND');
    expect(problemOf(() => readConfig({ config, file: folder, env })).message).toContain('is a folder');
    write(Buffer.from('[System]\nListen = \xff\n', 'latin1'));
    expect(problemOf(() => readConfig({ config, file, env })).message).toBe(`${file} is not text in UTF-8`);
  });

  test.for(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'the name %s is only a name',
    (name) => {
      const error = problemOf(() => fromFile(`[${name}]\nx = 1\n[System]\n${name} = 1\n`));
      expect(error.message).toContain(`there is no section [${name}]`);
      expect(error.message).toContain(`[System] has no key ${name}`);
      const { values } = fromFile(`[Stores]\n${name} = /x\n`);
      expect(Object.keys(values.Stores)).toEqual([name]);
      expect(values.Stores[name]).toBe('/x');
    },
  );
});

describe('warning', () => {
  test('N2 a secret that every user can read is warned about', () => {
    write(`[Slave]\nSecret = ${secret}\n`);
    expect(readConfig({ config, file, env: {} }).warnings).toEqual([]);
    chmodSync(file, 0o644);
    expect(readConfig({ config, file, env: {} }).warnings).toEqual([
      `${file} holds [Slave] Secret and every user can read it; run: chmod 600 ${file}`,
    ]);
  });

  test('a value that ends at a comment sign without a space before it is warned about', () => {
    const { warnings, values } = fromFile(`[Slave]\nSecret = ${secret}#more\nTempPath = /a ; a comment\n`);
    expect(values.Slave.TempPath).toBe('/a');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/:2: the value of \[Slave\] Secret ends at a ";" or "#"/);
  });

  test('a key that is given twice and a variable that nobody reads are warned about', () => {
    write('[System]\nListen = :6\nListen = :7\n');
    const { warnings } = readConfig({
      config,
      file,
      env: { ...env, LONGSHORE_SLAVE_SECRTE: 'x', LONGSHORE_URL: 'x' },
    });
    expect(warnings).toEqual([
      `${file}:3: [System] Listen replaces the value of line 2`,
      'LONGSHORE_SLAVE_SECRTE is not read; did you mean LONGSHORE_SLAVE_SECRET?',
    ]);
  });
});

test.for([
  ['System', 'GracePeriod', 'LONGSHORE_SYSTEM_GRACE_PERIOD'],
  ['Slave', 'SignatureTTL', 'LONGSHORE_SLAVE_SIGNATURE_TTL'],
  ['OptionOverwrite', 'queue_slave_max_retry', 'LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_MAX_RETRY'],
  ['SSL', 'CertPath', 'LONGSHORE_SSL_CERT_PATH'],
  ['UnixSocket', 'Listen', 'LONGSHORE_UNIX_SOCKET_LISTEN'],
  ['CORS', 'AllowOrigins', 'LONGSHORE_CORS_ALLOW_ORIGINS'],
] as const)('[%s] %s is read from %s', ([section, key, variable]) => {
  expect(environmentName(section, key)).toBe(variable);
});

test('a description with a wrong default or two keys of one variable is refused when it is defined', () => {
  const key = { type: integer({ min: 1 }), description: '' };
  expect(() => defineConfig({ A: { description: '', keys: { B: { ...key, default: '0' } } } })).toThrow(
    /default of \[A\] B/,
  );
  expect(() =>
    defineConfig({ A: { description: '', keys: { B_C: key } }, A_B: { description: '', keys: { C: key } } }),
  ).toThrow(/share LONGSHORE_A_B_C/);
});
