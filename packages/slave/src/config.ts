import { join } from 'node:path';
import {
  type ConfigOrigins,
  choice,
  decimal,
  defineConfig,
  integer,
  type ListenAddress,
  type LogLevel,
  listenAddress,
  path,
  readConfig,
  seconds,
  text,
} from '@longshore/runtime';
import type { RetryPolicy } from './queue/next-step.ts';

/** Every key of the slave's configuration. The keys of `[OptionOverwrite]` are Cloudreve's. */
export const slaveConfigSpec = defineConfig({
  System: {
    description: 'The program.',
    keys: {
      Mode: { type: choice('slave'), default: 'slave', description: 'Which program this file is for.' },
      Listen: {
        type: listenAddress(),
        default: ':5213',
        description: 'Address and port on which the master reaches this slave.',
      },
      LogLevel: {
        type: choice('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
        default: 'info',
        description: 'The least important lines that are logged.',
      },
      LogFormat: {
        type: choice('json', 'pretty'),
        default: 'json',
        description: 'JSON lines for machines, or coloured text for a terminal.',
      },
      GracePeriod: {
        type: seconds({ max: 86_400 }),
        default: '60',
        description: 'How long running work may go on after the slave was told to stop.',
      },
    },
  },
  Slave: {
    description: 'The tie to the master.',
    keys: {
      Secret: {
        type: text({ minLength: 16, maxLength: 256 }),
        required: true,
        secret: true,
        description:
          'The secret that `longshore nodes add` printed, known to the master and this slave only.',
      },
      CallbackTimeout: {
        type: seconds({ min: 1, max: 600 }),
        default: '20',
        description: 'How long to wait for an answer of the master.',
      },
      SignatureTTL: {
        type: integer({ min: 5, max: 300 }),
        default: '60',
        description: 'For how many seconds a signature is valid.',
      },
      DataPath: {
        type: path(),
        default: './slave-data',
        description: 'Folder of the journal: accepted work and reports that the master has not acknowledged.',
      },
      TempPath: {
        type: path(),
        description: 'Folder for temporary files. Default: `temp` in DataPath.',
      },
      MaxClockSkew: {
        type: seconds({ min: 1, max: 300 }),
        default: '60',
        description: "How far the master's clock may be off.",
      },
    },
  },
  OptionOverwrite: {
    description: 'The queue of this slave.',
    keys: {
      queue_slave_worker_num: {
        type: integer({ min: 1, max: 1000 }),
        default: '15',
        description: 'How many tasks run at the same time.',
      },
      queue_slave_max_execution: {
        type: seconds({ min: 1, max: 2_000_000 }),
        default: '86400',
        description: 'How long one task may run in all, waiting between tries not counted.',
      },
      queue_slave_backoff_factor: {
        type: decimal({ min: 1, max: 100 }),
        default: '4',
        description: 'By what the delay grows from try to try.',
      },
      queue_slave_backoff_max_duration: {
        type: seconds({ max: 86_400 }),
        default: '3600',
        description: 'The longest delay between two tries.',
      },
      queue_slave_max_retry: {
        type: integer({ min: 0, max: 1000 }),
        default: '5',
        description: 'How many times work that failed is tried again on this slave.',
      },
      queue_slave_retry_delay: {
        type: seconds({ max: 86_400 }),
        default: '5',
        description: 'The delay before the first of these tries.',
      },
    },
  },
  Stores: {
    description:
      'Stores whose folder this machine has: blobs of these are read and written directly. Id = folder.',
    entries: path(),
  },
});

export type SlaveConfig = {
  readonly listen: ListenAddress;
  readonly logLevel: LogLevel;
  readonly logFormat: 'json' | 'pretty';
  readonly gracePeriodMs: number;
  readonly secret: string;
  readonly callbackTimeoutMs: number;
  readonly signatureTtlSeconds: number;
  readonly maxSkewMs: number;
  readonly dataPath: string;
  readonly tempPath: string;
  readonly workers: number;
  readonly retry: RetryPolicy;
  /** Folders of the stores that this node holds itself, by store id. */
  readonly stores: Readonly<Record<string, string>>;
};

/** Throws `CONFIG_NOT_FOUND` or `CONFIG_INVALID`. */
export function readSlaveConfig(options: {
  file?: string | undefined;
  overrides?: { listen?: string | undefined; data?: string | undefined };
}): {
  config: SlaveConfig;
  origins: ConfigOrigins<typeof slaveConfigSpec>;
  warnings: readonly string[];
} {
  const { values, origins, warnings } = readConfig({
    config: slaveConfigSpec,
    file: options.file,
    env: process.env,
    overrides: {
      System: { Listen: options.overrides?.listen },
      Slave: { DataPath: options.overrides?.data },
    },
  });
  const { System, Slave, OptionOverwrite, Stores } = values;
  const config: SlaveConfig = {
    listen: System.Listen,
    logLevel: System.LogLevel,
    logFormat: System.LogFormat,
    gracePeriodMs: System.GracePeriod,
    secret: Slave.Secret,
    callbackTimeoutMs: Slave.CallbackTimeout,
    signatureTtlSeconds: Slave.SignatureTTL,
    maxSkewMs: Slave.MaxClockSkew,
    dataPath: Slave.DataPath,
    tempPath: Slave.TempPath ?? join(Slave.DataPath, 'temp'),
    workers: OptionOverwrite.queue_slave_worker_num,
    retry: {
      maxRetries: OptionOverwrite.queue_slave_max_retry,
      maxExecutionMs: OptionOverwrite.queue_slave_max_execution,
      backoff: {
        delayMs: OptionOverwrite.queue_slave_retry_delay,
        factor: OptionOverwrite.queue_slave_backoff_factor,
        maxMs: OptionOverwrite.queue_slave_backoff_max_duration,
      },
    },
    stores: Stores,
  };
  return { config, origins, warnings };
}
