import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { AppError } from '@longshore/protocol';
import {
  byteSize,
  type ConfigEntry,
  type ConfigValues,
  choice,
  decimal,
  defineConfig,
  flag,
  integer,
  type ListenPlace,
  type LogFormat,
  type LogLevel,
  list,
  listenAddress,
  metricsSection,
  path,
  placeOf,
  readConfig,
  seconds,
  systemKeys,
  text,
  trustedNetworks,
} from '@longshore/runtime';
import { bandwidth, fileMode, secrets } from './config-values.ts';
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
      ...systemKeys,
      LogLevel: { ...systemKeys.LogLevel, reloads: true },
      ProxyHeader: {
        type: text(),
        default: 'X-Forwarded-For',
        description: 'Header in which proxies name their client, for the log.',
      },
      TrustedProxies: {
        type: trustedNetworks(),
        default: '127.0.0.0/8, ::1',
        description:
          'Proxies whose word in ProxyHeader is believed; whoever connects to the unix socket is one too.',
      },
      Debug: { type: text(), ignored: true, description: 'Of Cloudreve; see LogLevel.' },
      SessionSecret: {
        type: text(),
        ignored: true,
        secret: true,
        description: 'Of Cloudreve; a slave has no sessions.',
      },
      HashIDSalt: { type: text(), ignored: true, secret: true, description: 'Of Cloudreve.' },
      GracePeriod: {
        type: seconds({ max: 86_400 }),
        default: '60',
        reloads: true,
        description: 'How long running work may go on after the slave was told to stop.',
      },
    },
  },
  Slave: {
    description: 'The tie to the master.',
    keys: {
      Secret: {
        type: secrets(),
        required: true,
        secret: true,
        reloads: true,
        description:
          'The secret that `longshore nodes add` printed, known to the master and this slave only. For several masters: one of each, separated by commas.',
      },
      CallbackTimeout: {
        type: seconds({ min: 1, max: 600 }),
        default: '20',
        description: 'How long to wait for an answer of the master.',
      },
      SignatureTTL: {
        type: integer({ min: 5, max: 300, unit: 'seconds' }),
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
      MaxBandwidth: {
        type: bandwidth(),
        default: '0',
        reloads: true,
        description:
          'What all transfers of file contents may use together each second, both directions counted. 0 is no limit. Folders of `[Stores]` are not counted.',
      },
      CompressionThreads: {
        type: integer({ min: 1, max: 1024 }),
        description:
          'Threads on which archives are made and read; the tasks that run take turns on them. Default: one for each processor.',
      },
      MinFreeSpace: {
        type: byteSize(),
        default: '100 MiB',
        reloads: true,
        description:
          'What stays free where TempPath is. A task that needs more temporary space than is left above that is not given to this slave.',
      },
    },
  },
  SSL: {
    description:
      'HTTPS by the slave itself. With a certificate it listens here in place of `[System] Listen`.',
    keys: {
      Listen: {
        type: listenAddress(),
        default: ':443',
        description: 'Address and port of HTTPS.',
      },
      CertPath: {
        type: path(),
        description: 'Certificate with its chain, in PEM. Read again at SIGHUP.',
      },
      KeyPath: { type: path(), description: 'Key of the certificate, in PEM.' },
    },
  },
  UnixSocket: {
    description: 'A socket for a proxy on this machine, in place of `[System] Listen`.',
    keys: {
      Listen: { type: path(), description: 'Path of the socket.' },
      Perm: { type: fileMode(), default: '0660', description: 'Who may connect, as an octal file mode.' },
    },
  },
  CORS: {
    description: 'What scripts of other sites may do in a browser. Nothing, unless AllowOrigins is set.',
    keys: {
      AllowOrigins: {
        type: list(),
        reloads: true,
        default: '',
        description: 'Origins such as `https://files.example.com`, or `*`. `UNSET` is none.',
      },
      AllowMethods: { type: list(), reloads: true, default: 'PUT,POST,GET,OPTIONS', description: 'Methods.' },
      AllowHeaders: {
        type: list(),
        reloads: true,
        default: 'Authorization,Content-Length,Content-Type,Range',
        description: 'Headers that a request may carry.',
      },
      AllowCredentials: {
        type: flag(),
        reloads: true,
        default: 'false',
        description: 'Whether cookies may be sent.',
      },
      ExposeHeaders: {
        type: list(),
        reloads: true,
        default: '',
        description: 'Headers of an answer that scripts may read.',
      },
      SameSite: { type: text(), ignored: true, description: 'Of Cloudreve; a slave sets no cookies.' },
      Secure: { type: text(), ignored: true, description: 'Of Cloudreve; a slave sets no cookies.' },
    },
  },
  Metrics: metricsSection,
  OptionOverwrite: {
    description: 'The queue of this slave.',
    keys: {
      queue_slave_worker_num: {
        type: integer({ min: 1, max: 1000 }),
        default: '15',
        reloads: true,
        description: 'How many tasks run at the same time.',
      },
      queue_slave_max_execution: {
        type: seconds({ min: 1, max: 2_000_000 }),
        default: '86400',
        reloads: true,
        description: 'How long one task may run in all, waiting between tries not counted.',
      },
      queue_slave_backoff_factor: {
        type: decimal({ min: 1, max: 100 }),
        default: '4',
        reloads: true,
        description: 'By what the delay grows from try to try.',
      },
      queue_slave_backoff_max_duration: {
        type: seconds({ max: 86_400 }),
        default: '3600',
        reloads: true,
        description: 'The longest delay between two tries.',
      },
      queue_slave_max_retry: {
        type: integer({ min: 0, max: 1000 }),
        default: '5',
        reloads: true,
        description: 'How many times work that failed is tried again on this slave.',
      },
      queue_slave_retry_delay: {
        type: seconds({ max: 86_400 }),
        default: '5',
        reloads: true,
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

export type CorsRules = {
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly exposedHeaders: readonly string[];
  readonly credentials: boolean;
};

export type SlaveConfig = {
  /** Where it listens, at one place or more. */
  readonly listen: readonly ListenPlace[];
  readonly cors: CorsRules;
  /** In small letters. */
  readonly proxyHeader: string;
  readonly trustedProxies: readonly string[];
  readonly trustedCertificates: string | undefined;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  readonly gracePeriodMs: number;
  /** One for each master. */
  readonly secrets: readonly string[];
  readonly callbackTimeoutMs: number;
  readonly signatureTtlSeconds: number;
  readonly maxSkewMs: number;
  /** Bytes per second; 0 for no limit. */
  readonly maxBandwidth: number;
  readonly compressionThreads: number;
  readonly minFreeBytes: number;
  readonly dataPath: string;
  readonly tempPath: string;
  readonly workers: number;
  readonly retry: RetryPolicy;
  /** Opens /metrics and nothing else; without it there is none. */
  readonly metricsToken: string | undefined;
  /** Folders of the stores that this node holds itself, by store id. */
  readonly stores: Readonly<Record<string, string>>;
};

export type SlaveConfigReading = {
  readonly config: SlaveConfig;
  readonly entries: readonly ConfigEntry[];
  readonly warnings: readonly string[];
};

/** Throws `CONFIG_NOT_FOUND` or `CONFIG_INVALID`. */
export function readSlaveConfig(options: {
  file?: string | undefined;
  overrides?: { listen?: string | undefined; data?: string | undefined };
}): SlaveConfigReading {
  const nothingSaid = [options.file, process.env.LONGSHORE_SLAVE_SECRET].every(
    (said) => said === undefined || said === '',
  );
  if (nothingSaid) {
    const message =
      'there is no configuration: give -c conf.ini; the console or `longshore nodes add` shows one. ' +
      'Without a file, LONGSHORE_SLAVE_SECRET has to be set';
    throw new AppError('CONFIG_INVALID', message);
  }
  const { values, entries, warnings } = readConfig({
    config: slaveConfigSpec,
    file: options.file,
    env: process.env,
    overrides: {
      System: { Listen: options.overrides?.listen },
      Slave: { DataPath: options.overrides?.data },
    },
  });
  const { System, Slave, CORS, Metrics, OptionOverwrite, Stores } = values;
  const cors = corsRules(CORS);
  if (Slave.Secret.length > 1 && Object.keys(Stores).length > 0) {
    const message = `${placeOf(entries, 'Slave', 'Secret')}: [Stores] serves one master: the stores of two may have the same id, so [Slave] Secret must be one`;
    throw new AppError('CONFIG_INVALID', message);
  }
  const config: SlaveConfig = {
    listen: listenPlaces(values, entries),
    cors,
    proxyHeader: System.ProxyHeader.toLowerCase(),
    trustedProxies: System.TrustedProxies,
    trustedCertificates: System.TrustedCertificates,
    logLevel: System.LogLevel,
    logFormat: System.LogFormat,
    gracePeriodMs: System.GracePeriod,
    secrets: Slave.Secret,
    callbackTimeoutMs: Slave.CallbackTimeout,
    signatureTtlSeconds: Slave.SignatureTTL,
    maxSkewMs: Slave.MaxClockSkew,
    maxBandwidth: Slave.MaxBandwidth,
    compressionThreads: Slave.CompressionThreads ?? availableParallelism(),
    minFreeBytes: Slave.MinFreeSpace,
    dataPath: Slave.DataPath,
    tempPath: Slave.TempPath ?? join(Slave.DataPath, 'temp'),
    workers: OptionOverwrite.queue_slave_worker_num,
    metricsToken: Metrics.Token,
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
  return {
    config,
    entries: entries.map((entry) => {
      if (entry.value !== null) return entry;
      if (entry.key === 'TempPath') return { ...entry, value: config.tempPath };
      return entry.key === 'CompressionThreads'
        ? { ...entry, value: String(config.compressionThreads) }
        : entry;
    }),
    warnings: [...warnings, ...listenWarnings(config, entries), ...corsWarnings(cors)],
  };
}

function listenPlaces(
  { System, SSL, UnixSocket }: ConfigValues<typeof slaveConfigSpec>,
  entries: readonly ConfigEntry[],
): ListenPlace[] {
  const { CertPath: certPath, KeyPath: keyPath } = SSL;
  if ((certPath === undefined) !== (keyPath === undefined)) {
    const [missing, given] = certPath === undefined ? ['CertPath', 'KeyPath'] : ['KeyPath', 'CertPath'];
    throw new AppError(
      'CONFIG_INVALID',
      `${placeOf(entries, 'SSL', given)}: [SSL] ${missing} is missing: HTTPS needs a certificate and its key`,
    );
  }
  const places: ListenPlace[] = [];
  if (certPath !== undefined && keyPath !== undefined) {
    const certPlace = placeOf(entries, 'SSL', 'CertPath');
    const keyPlace = placeOf(entries, 'SSL', 'KeyPath');
    places.push({ type: 'https', address: SSL.Listen, certPath, keyPath, certPlace, keyPlace });
  }
  if (UnixSocket.Listen !== undefined) {
    places.push({ type: 'unix', path: UnixSocket.Listen, mode: UnixSocket.Perm });
  }
  return places.length > 0 ? places : [{ type: 'http', address: System.Listen }];
}

function listenWarnings({ listen }: SlaveConfig, entries: readonly ConfigEntry[]): string[] {
  const written = entries.find(({ section, key }) => section === 'System' && key === 'Listen');
  if (written === undefined || written.origin === 'default' || listen.some(({ type }) => type === 'http'))
    return [];
  return [`${written.place}: [System] Listen has no effect, [SSL] or [UnixSocket] stands in its place`];
}

const corsRules = (CORS: ConfigValues<typeof slaveConfigSpec>['CORS']): CorsRules => ({
  origins: CORS.AllowOrigins.filter((origin) => origin !== 'UNSET'),
  methods: CORS.AllowMethods,
  headers: CORS.AllowHeaders,
  exposedHeaders: CORS.ExposeHeaders,
  credentials: CORS.AllowCredentials,
});

const corsWarnings = ({ origins, credentials }: CorsRules): string[] =>
  credentials && origins.includes('*')
    ? ['[CORS] AllowCredentials has no effect with AllowOrigins = *: browsers refuse that; name the origins']
    : [];
