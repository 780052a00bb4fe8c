import { type ConfigSpec, environmentName, type KeySpec } from '@longshore/runtime';
import { masterConfigSpec } from '../../packages/master/src/config.ts';
import { slaveConfigSpec } from '../../packages/slave/src/config.ts';

const nginxLines = [
  'proxy_http_version 1.1;',
  'proxy_set_header Host $host;',
  'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
  'client_max_body_size 0;',
  'proxy_request_buffering off;',
  'proxy_buffering off;',
].join('\n  ');

/** `docs/configuration.md`, from the descriptions that both programs read their configuration with. */
export function configurationPage(): string {
  return `# Configuration

\`./master -c conf.ini\` and \`./slave -c conf.ini\` read an INI file. A file is not needed: every key has an
environment variable, and almost every key a default. \`./slave -c conf.ini --check\` reads a configuration, names
everything that is wrong with it, and exits. Of a valid one it prints every value and where it comes from, secrets
masked.

A value is taken from the first of these that has one: a flag (\`--listen\`, \`--data\`), the environment, the file, the
default. An environment variable that is empty counts as not set. Its name is \`LONGSHORE_\`, the section, \`_\` and the
key, in upper case, with \`_\` between the words: \`[System] GracePeriod\` is \`LONGSHORE_SYSTEM_GRACE_PERIOD\`.

No setting is kept in the database, and none is changed over the API: what is in force can be read from the file, the
environment and the command line alone. The database keeps what administrators edit in the console or with \`longshore\`,
nodes (weight, capabilities, whether they are enabled), users, and groups with their limits. Settings in the console,
\`longshore settings\` and \`longshore nodes config NAME\` show each value with where it comes from.

\`\`\`ini
; a comment, as is # this
[System]
Listen = :5213            ; a comment may follow a value
GracePeriod = 60

[Slave]
Secret = "in quotes a value may hold ; and #"
\`\`\`

How values are written:

- a time is a number of seconds, such as \`30\` or \`0.5\`;
- a size is a number with a unit, \`512 MiB\` (1024) or \`10 GB\` (1000), or plain bytes;
- a switch is \`true\` or \`false\` (also \`yes\`, \`on\`, \`1\`, \`no\`, \`off\`, \`0\`); a switch without \`=\` is true;
- an address to listen on is \`:5212\` (every address of the machine), \`127.0.0.1:5212\` or \`[::1]:5212\`; port 0 lets
  the system choose;
- a relative path in a file is seen from the folder of that file, any other from the working folder; \`~/\` is the
  home folder.

Unknown sections and keys are refused, with the line and the name that was probably meant. Of a key that is given
twice the last counts. A file that holds a secret should be readable by its owner only (\`chmod 600 conf.ini\`).

A running slave reads its file and its certificate again when the file is edited and at \`SIGHUP\`
(\`kill -HUP\`). Keys that say "Read again while running" are in force at once; what else was changed waits for a restart. Work goes on, also that of a master whose secret was replaced by
a new one of it; when the secret of a master is gone, the master gives its work out again, and what was stored of it is kept.
A file with a mistake changes nothing. The log names what waits and what is wrong, and so does \`longshore nodes config NAME\`.

## Master

\`npm start\` and \`./master\`. \`LONGSHORE_ADMIN_PASSWORD\` sets the password of the first administrator at the first
start; without it one is generated and printed once.

Behind nginx, with \`[Site] PublicUrl\` as others see it and the address of nginx in \`[Site] TrustedProxies\`. File contents
pass as they come, unlimited and without a copy on the disk of nginx:

\`\`\`nginx
location / {
  proxy_pass http://127.0.0.1:5212;
  ${nginxLines}
}
\`\`\`

${sections(masterConfigSpec)}
## Slave

\`./slave\`. \`longshore nodes add\` prints a complete file for a new slave. Files written for Cloudreve's slave are
accepted as they are.

A slave serves several masters when \`Secret\` holds the secret of each, separated by commas. Each master sees and
stops its own work only. \`longshore nodes config NAME\` shows what is in force on a slave.

Behind nginx, on a unix socket (\`[UnixSocket] Listen = /run/longshore/slave.sock\`):

\`\`\`nginx
location / {
  proxy_pass http://unix:/run/longshore/slave.sock:;
  ${nginxLines}
}
\`\`\`

A proxy must pass method, path, query, body and headers on unchanged: they are signed.

**What a task may use.** Tasks stream: what one holds in memory is buffers of fixed sizes, whatever the size of its files,
so that \`queue_slave_worker_num\` times the buffers of one is the most (\`docs/performance.md\` has measurements). 7-Zip,
which makes and reads 7z and rar, holds the dictionary that the archive names as well. Processor time is bounded by
\`CompressionThreads\`, traffic by \`MaxBandwidth\`, and temporary space by \`MinFreeSpace\`: making a 7z, and reading a 7z, a
rar or volumes that are elsewhere, needs room for a copy. A master gives such work only to a slave with as much room left,
and shows why it waits; the slave reserves the room before it begins.

${sections(slaveConfigSpec)}
This page is written by \`npm run docs\` from \`packages/master/src/config.ts\` and \`packages/slave/src/config.ts\`.
`;
}

const sections = (config: ConfigSpec): string =>
  Object.entries(config)
    .map(([name, section]) => {
      const intro = `### [${name}]\n\n${section.description}\n\n`;
      if ('entries' in section) {
        return `${intro}Any name may be a key; its value is ${section.entries.allowed}. Variable: \`${environmentName(name, '')}\` and the name in upper case.\n`;
      }
      const rows = Object.entries(section.keys).map(([key, spec]) => row(name, key, spec));
      return `${intro}| Key | Default | Value | Meaning | Variable |\n| --- | --- | --- | --- | --- |\n${rows.join('\n')}\n`;
    })
    .join('\n');

function row(section: string, key: string, spec: KeySpec): string {
  const standard = spec.required
    ? 'required'
    : spec.default === undefined || spec.default === ''
      ? '—'
      : `\`${spec.default}\``;
  const value = spec.ignored ? 'anything' : spec.type.allowed;
  const secret = spec.secret ? ' Secret.' : '';
  const ignored = spec.ignored ? ' Accepted, and has no effect in this version.' : '';
  const reloads = spec.reloads ? ' Read again while running.' : '';
  const meaning = `${spec.description}${reloads}${secret}${ignored}`;
  const cells = [`\`${key}\``, standard, value, meaning, `\`${environmentName(section, key)}\``];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
