import { join } from 'node:path';
import { AppError, type Limits } from '@longshore/protocol';
import {
  byteSize,
  type ConfigEntry,
  choice,
  defineConfig,
  flag,
  integer,
  type ListenAddress,
  type LogFormat,
  type LogLevel,
  list,
  listenAddress,
  metricsSection,
  path,
  readConfig,
  seconds,
  systemKeys,
  text,
  trustedNetworks,
  url,
} from '@longshore/runtime';
import type { OidcSettings } from './accounts/oidc/identity-provider.ts';
import { externalAddresses } from './external-addresses.ts';

/** Every key of the master's configuration. */
export const masterConfigSpec = defineConfig({
  System: {
    description: 'The program.',
    keys: {
      Mode: { type: choice('master'), default: 'master', description: 'Which program this file is for.' },
      Listen: {
        type: listenAddress(),
        default: '127.0.0.1:5212',
        description: 'Address and port of the API. `:5212` listens on every address of the machine.',
      },
      ...systemKeys,
      GracePeriod: {
        type: seconds({ max: 3_600 }),
        default: '30',
        description: 'How long requests and the embedded node may go on after the master was told to stop.',
      },
    },
  },
  Site: {
    description: 'How others reach this master.',
    keys: {
      PublicUrl: {
        type: url(),
        description:
          'Address under which people and slaves reach the master. Default: the address that is listened on.',
      },
      InternalUrl: {
        type: url(),
        description: 'Address for slaves in the same private network; tried before PublicUrl.',
      },
      TrustedProxies: {
        type: trustedNetworks(),
        default: '',
        description:
          'Proxies in front of this master. What they write into X-Forwarded-For is believed, from others it is ignored: logins are limited by the address of the client.',
      },
    },
  },
  Master: {
    description: 'Data, and the tie to the slaves.',
    keys: {
      DataPath: {
        type: path(),
        default: './data',
        description: 'Folder of the database, the stored files and the master key.',
      },
      MasterKey: {
        type: text({ minLength: 32, maxLength: 512 }),
        secret: true,
        description:
          'Encrypts secrets in the database and signs sessions. Default: a key made at first start, in `master.key` in DataPath. Several masters need the same.',
      },
      SignatureTTL: {
        type: integer({ min: 5, max: 300, unit: 'seconds' }),
        default: '60',
        description: 'For how many seconds a signature is valid.',
      },
      MaxClockSkew: {
        type: seconds({ min: 1, max: 300 }),
        default: '60',
        description: "How far a slave's clock may be off.",
      },
      HeartbeatInterval: {
        type: seconds({ min: 0.1, max: 60 }),
        default: '5',
        description: 'How often slaves send heartbeats. A silent slave is offline after 2.6 of them.',
      },
      KeepAudit: {
        type: integer({ min: 1, max: 36_500, unit: 'days' }),
        default: '365',
        description: 'For how many days the audit log is kept.',
      },
      EmbeddedNode: {
        type: flag(),
        default: 'true',
        description: 'Run a slave on this machine as well.',
      },
    },
  },
  Metrics: metricsSection,
  Database: {
    description: 'Where everything but the bytes of files is kept.',
    keys: {
      Type: {
        type: choice('sqlite', 'postgres'),
        default: 'sqlite',
        description: 'SQLite needs nothing and serves one master; PostgreSQL serves several.',
      },
      Url: {
        type: text({ maxLength: 2048 }),
        secret: true,
        description: 'For PostgreSQL: `postgres://user:password@host:5432/database`.',
      },
      MaxConnections: {
        type: integer({ min: 2, max: 500 }),
        default: '10',
        description: 'For PostgreSQL: connections of this master at most.',
      },
    },
  },
  OIDC: {
    description:
      'Signing in with an identity provider (OpenID Connect). Register PublicUrl and `/api/v1/oidc/callback` there as redirect address.',
    keys: {
      Issuer: {
        type: url(),
        description: 'Address of the provider. Without it, one signs in with name and password only.',
      },
      ClientId: { type: text({ maxLength: 512 }), description: 'What this site is called at the provider.' },
      ClientSecret: { type: text({ maxLength: 1024 }), secret: true, description: 'The secret for it.' },
      Name: {
        type: text({ maxLength: 64 }),
        default: 'Single sign-on',
        description: 'What the button on the sign-in page says.',
      },
      Scopes: {
        type: text({ maxLength: 512 }),
        default: 'openid profile email',
        description: 'What is asked of the provider.',
      },
      LoginClaim: {
        type: text({ maxLength: 128 }),
        default: 'preferred_username',
        description: 'The claim of the ID token that is the login of a user.',
      },
      GroupClaim: {
        type: text({ maxLength: 128 }),
        default: 'groups',
        description: 'The claim of the ID token that lists the groups of a user.',
      },
      AllowedGroups: {
        type: list(),
        default: '',
        description:
          'Only members of one of these groups of the provider may sign in. Empty: everybody it knows.',
      },
      AutoCreate: {
        type: flag(),
        default: 'false',
        description:
          'Create a user for everybody who signs in and is not known yet. Without it, an administrator says whom to await.',
      },
    },
  },
  Tasks: {
    description:
      'Limits of every task. What an archive declares is never believed; what comes out of it counts.',
    keys: {
      SplitAbove: {
        type: byteSize({ minBytes: 1 }),
        default: '64 MiB',
        description:
          'The extraction of a larger zip archive, and the making of one from more bytes, are shared by the nodes that can take them.',
      },
      MaxOutput: {
        type: byteSize(),
        default: '1 TiB',
        description: 'Bytes that one task may produce.',
      },
      MaxEntries: {
        type: integer({ min: 1, max: 10_000_000 }),
        default: '1000000',
        description: 'Entries that one archive may have.',
      },
      MaxEntry: {
        type: byteSize(),
        default: '1 TiB',
        description: 'Bytes of one extracted entry.',
      },
      MaxRatio: {
        type: integer({ min: 1, max: 1_000_000 }),
        default: '2000',
        description: 'Bytes that may come out of one byte of an archive. Deflate reaches 1032 at most.',
      },
      MaxDepth: {
        type: integer({ min: 1, max: 1_000 }),
        default: '64',
        description: 'Folders above an extracted entry.',
      },
    },
  },
});

export type MasterConfig = {
  readonly listen: ListenAddress;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  readonly trustedCertificates: string | undefined;
  readonly graceMs: number;
  readonly publicUrl: string | undefined;
  readonly internalUrl: string | undefined;
  readonly trustedProxies: readonly string[];
  readonly dataPath: string;
  readonly masterKey: string | undefined;
  readonly signatureTtlSeconds: number;
  readonly maxSkewMs: number;
  readonly heartbeatMs: number;
  readonly embeddedNode: boolean;
  /** Null when there is no identity provider. */
  readonly oidc: OidcSettings | null;
  readonly keepAuditMs: number;
  /** Every key with its value and where it comes from, secrets masked. */
  readonly entries: readonly ConfigEntry[];
  /** Opens /metrics and nothing else. */
  readonly metricsToken: string | undefined;
  readonly database:
    | { readonly type: 'sqlite'; readonly path: string }
    | { readonly type: 'postgres'; readonly url: string; readonly maxConnections: number };
  readonly splitAboveBytes: number;
  readonly limits: Limits;
  /** The first password of the first administrator; without one it is generated. */
  readonly adminPassword: string | undefined;
  /** For the embedded node: without the variables that configure this master. */
  readonly childEnvironment: NodeJS.ProcessEnv;
};

/** Throws `CONFIG_NOT_FOUND` or `CONFIG_INVALID`. */
export function readMasterConfig(options: {
  file?: string | undefined;
  overrides?: { listen?: string | undefined; data?: string | undefined };
}): {
  config: MasterConfig;
  warnings: readonly string[];
} {
  const { LONGSHORE_ADMIN_PASSWORD: adminPassword, ...env } = process.env;
  const { values, entries, warnings } = readConfig({
    config: masterConfigSpec,
    file: options.file,
    env,
    overrides: {
      System: { Listen: options.overrides?.listen },
      Master: { DataPath: options.overrides?.data },
    },
  });
  const { System, Site, Master, Metrics, Database, OIDC, Tasks } = values;
  const config: MasterConfig = {
    listen: System.Listen,
    logLevel: System.LogLevel,
    logFormat: System.LogFormat,
    trustedCertificates: System.TrustedCertificates,
    graceMs: System.GracePeriod,
    publicUrl: Site.PublicUrl,
    internalUrl: Site.InternalUrl,
    trustedProxies: Site.TrustedProxies,
    dataPath: Master.DataPath,
    masterKey: Master.MasterKey,
    signatureTtlSeconds: Master.SignatureTTL,
    maxSkewMs: Master.MaxClockSkew,
    heartbeatMs: Master.HeartbeatInterval,
    embeddedNode: Master.EmbeddedNode,
    oidc: toOidc(OIDC),
    keepAuditMs: Master.KeepAudit * 24 * 3600 * 1000,
    entries,
    metricsToken: Metrics.Token,
    database: toDatabase(Database, Master.DataPath),
    splitAboveBytes: Tasks.SplitAbove,
    limits: {
      maxOutputBytes: Tasks.MaxOutput,
      maxEntries: Tasks.MaxEntries,
      maxEntryBytes: Tasks.MaxEntry,
      maxRatio: Tasks.MaxRatio,
      maxDepth: Tasks.MaxDepth,
    },
    adminPassword: adminPassword === '' ? undefined : adminPassword,
    childEnvironment: Object.fromEntries(
      Object.entries(env).filter(([name]) => !name.startsWith('LONGSHORE_')),
    ),
  };
  return { config, warnings };
}

function toOidc(section: {
  Issuer: string | undefined;
  ClientId: string | undefined;
  ClientSecret: string | undefined;
  Name: string;
  Scopes: string;
  LoginClaim: string;
  GroupClaim: string;
  AllowedGroups: readonly string[];
  AutoCreate: boolean;
}): OidcSettings | null {
  const { Issuer: issuer, ClientId: clientId } = section;
  if (issuer === undefined) return null;
  if (clientId === undefined) {
    throw new AppError('CONFIG_INVALID', '[OIDC] ClientId is missing: register this site at the provider');
  }
  const { protocol, hostname } = new URL(issuer);
  if (protocol !== 'https:' && !isLoopback(hostname)) {
    throw new AppError('CONFIG_INVALID', '[OIDC] Issuer: only https can be trusted with who signs in');
  }
  return {
    issuer,
    clientId,
    clientSecret: section.ClientSecret,
    scopes: section.Scopes,
    name: section.Name,
    loginClaim: section.LoginClaim,
    groupClaim: section.GroupClaim,
    allowedGroups: section.AllowedGroups,
    autoCreate: section.AutoCreate,
  };
}

function toDatabase(
  section: { Type: 'sqlite' | 'postgres'; Url: string | undefined; MaxConnections: number },
  dataPath: string,
): MasterConfig['database'] {
  if (section.Type === 'sqlite') return { type: 'sqlite', path: join(dataPath, 'longshore.db') };
  if (section.Url === undefined || !/^postgres(ql)?:\/\//.test(section.Url)) {
    throw new AppError(
      'CONFIG_INVALID',
      '[Database] Url is missing: give postgres://user:password@host:5432/database',
    );
  }
  return { type: 'postgres', url: section.Url, maxConnections: section.MaxConnections };
}

/**
 * Addresses under which nodes find this master, best first, given the port it really listens on. The embedded node is
 * on the same machine. A slave is told a loopback address only while no other is known: on its own machine, somebody
 * else may answer there.
 */
export function masterUrls(config: MasterConfig, port: number): { slaves: string[]; embedded: string[] } {
  const { host } = config.listen;
  const everywhere = host === null || host === '0.0.0.0' || host === '::';
  const own = everywhere ? externalAddresses() : [host.includes(':') ? `[${host}]` : host];
  const toUrl = (address: string): string => `http://${address}:${port}`;
  const configured = [config.internalUrl, config.publicUrl].filter((address) => address !== undefined);
  const reachable = own.filter((address) => !isLoopback(address)).map(toUrl);
  const known = [...new Set([...configured, ...reachable])].slice(0, 4);
  const embedded = (everywhere ? ['127.0.0.1'] : own).map(toUrl);
  return { slaves: known.length > 0 ? known : embedded, embedded };
}

const isLoopback = (address: string): boolean =>
  address === 'localhost' || address === '[::1]' || address.startsWith('127.');
