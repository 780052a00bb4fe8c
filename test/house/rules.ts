import type { Import, SourceFile } from './source-files.ts';

/** A rule names what breaks it, one line each; none means that the rule is kept. */
export type Rule = (files: readonly SourceFile[]) => string[];

const eachImport =
  (breaks: (imported: Import, file: SourceFile) => boolean): Rule =>
  (files) =>
    files.flatMap((file) =>
      file.imports
        .filter((imported) => breaks(imported, file))
        .map((imported) => `${file.path} imports ${imported.specifier}`),
    );

const eachFile =
  (breaks: (file: SourceFile) => boolean): Rule =>
  (files) =>
    files.filter(breaks).map((file) => file.path);

/** Which of our packages a package may import. */
const workspace: Record<string, readonly string[]> = {
  protocol: [],
  runtime: ['protocol'],
  master: ['protocol', 'runtime'],
  slave: ['protocol', 'runtime'],
  cli: ['protocol'],
  web: ['protocol'],
};

/** Libraries, and the only folders that may import them. */
const libraries: readonly { library: RegExp; folders: readonly string[] }[] = [
  {
    library: /^(hono|@hono\/.+)$/,
    folders: [
      'packages/master/src/http',
      'packages/slave/src/http',
      'packages/runtime/src/signed-http',
      'packages/runtime/src/http',
    ],
  },
  { library: /^(kysely|pg)$/, folders: ['packages/master/src/store', 'packages/master/src/database'] },
  { library: /^p-queue$/, folders: ['packages/slave/src/queue'] },
  {
    library: /^(archiver|unzipper|tar-stream|7zip-bin.*|@zip\.js\/zip\.js|lz4.*|unbzip2.*|seek-bzip.*)$/,
    folders: ['packages/slave/src/archive/formats'],
  },
  {
    library: /^better-sqlite3$/,
    folders: ['packages/master/src/database', 'packages/slave/src/journal', 'packages/runtime/src/lifecycle'],
  },
];

const isOf = (specifier: string, library: RegExp): boolean => {
  const name = specifier.startsWith('@')
    ? specifier.split('/').slice(0, 2).join('/')
    : specifier.split('/')[0];
  return library.test(name ?? '');
};

/** Files of the same step may import each other; a step that is reached from a step must not lead back to it. */
function stepCycles(files: readonly SourceFile[]): string[] {
  const arrows = new Map<string, Map<string, string>>();
  for (const file of files) {
    if (file.package === undefined || file.step === undefined || file.isTest) continue;
    const from = `${file.package}/${file.step}`;
    for (const imported of file.imports) {
      const [top, name, , step, ...deeper] = imported.target.split('/');
      if (!imported.relative || top !== 'packages' || name !== file.package || deeper.length === 0) continue;
      const to = `${name}/${step}`;
      if (to === from) continue;
      const targets = arrows.get(from) ?? new Map<string, string>();
      arrows.set(from, targets.set(to, `${file.path} imports ${imported.specifier}`));
    }
  }
  const reaches = (from: string, goal: string, seen = new Set<string>()): boolean =>
    [...(arrows.get(from)?.keys() ?? [])].some((next) => {
      if (next === goal) return true;
      if (seen.has(next)) return false;
      seen.add(next);
      return reaches(next, goal, seen);
    });
  return [...arrows].flatMap(([from, targets]) =>
    [...targets]
      .filter(([to]) => reaches(to, from))
      .map(([to, example]) => `${from} → ${to} → … → ${from}: ${example}`),
  );
}

/** Where something is compared that whoever asks must not find out byte by byte. */
const guarded =
  /^packages\/(protocol\/src\/server|runtime\/src\/(metrics|signed-http)|master\/src\/(accounts|secrets|files\/zips|http)|slave\/src\/http)\//;

const secretName = /(mac|digest|signature|secret|token|ticket|hash|password|totpCode)s?$/i;
const operand = String.raw`[\w.?!$]+(?:\([^()]*\))?`;
const comparison = new RegExp(`(${operand})\\s*[!=]==?\\s*(${operand}|['"\`])`, 'g');

/** What compares bytes or texts with a time that depends on them, as it is written. */
function hastyComparisons(code: string): string[] {
  const isSecret = (written = ''): boolean => secretName.test(written.replace(/\([^()]*\)$/, ''));
  const isFixed = (written = ''): boolean => /^(undefined|null|true|false|\d|['"`])/.test(written);
  const hasty = [...code.matchAll(comparison)]
    .filter(([, left, right]) => !isFixed(left) && !isFixed(right) && (isSecret(left) || isSecret(right)))
    .map(([text]) => text);
  return [...hasty, ...(code.match(/\.equals\(|Buffer\.compare\(/g) ?? [])];
}

export const rules = {
  'a package imports only the packages below it': eachImport((imported, file) => {
    // What stands beside `src` builds the package and is not part of it.
    if (file.package === undefined || !file.path.startsWith(`packages/${file.package}/src/`)) return false;
    const name = /^@longshore\/([^/]+)/.exec(imported.specifier)?.[1];
    if (name !== undefined) return !workspace[file.package]?.includes(name);
    return imported.relative && !imported.target.startsWith(`packages/${file.package}/`);
  }),
  'only main.ts imports a composition root': eachImport(
    (imported, file) =>
      /^packages\/(master\/src\/master|slave\/src\/slave)\.ts$/.test(imported.target) &&
      !file.isTest &&
      !/^packages\/(master|slave)\/src\/main\.ts$/.test(file.path),
  ),
  'nothing imports a main.ts': eachImport((imported) =>
    /^packages\/\w+\/src\/main\.ts$/.test(imported.target),
  ),
  'a library stays in its folder': eachImport(
    (imported, file) =>
      file.package !== undefined &&
      !file.isTest &&
      !imported.relative &&
      libraries.some(
        ({ library, folders }) =>
          isOf(imported.specifier, library) && !folders.some((folder) => file.path.startsWith(`${folder}/`)),
      ),
  ),
  'secrets and what proves them are compared in constant time': (files) =>
    files
      .filter((file) => !file.isTest && guarded.test(file.path))
      .flatMap((file) => hastyComparisons(file.code).map((text) => `${file.path} has ${text}`)),
  'timingSafeEqual is called in one place, which looks at the lengths first': eachFile(
    (file) =>
      file.package !== undefined &&
      !file.isTest &&
      /\btimingSafeEqual\b/.test(file.code) &&
      file.path !== 'packages/protocol/src/server/equal-bytes.ts',
  ),
  'the environment is read by config.ts and main.ts only': eachFile(
    (file) =>
      file.package !== undefined &&
      !file.isTest &&
      /\bprocess\.env\b/.test(file.code) &&
      !/^packages\/\w+\/src\/(config|main)\.ts$/.test(file.path) &&
      !file.path.startsWith('packages/runtime/src/config/'),
  ),
  'no arrow between the steps of a package points back': stepCycles,
  'everything is exported by name': eachFile(
    (file) => file.package !== undefined && /^\s*export\s+(\*|default\b)/m.test(file.code),
  ),
  'files have kebab-case names': eachFile(
    (file) =>
      !/^[a-z0-9]+(-[a-z0-9]+)*(\.(test|contract|config))?\.(ts|tsx|mjs)$/.test(
        file.path.split('/').at(-1) ?? '',
      ),
  ),
  'no folder is a place for leftovers': eachFile((file) =>
    /\/(utils?|helpers?|common|misc|managers?)(\/|\.ts$)/.test(file.path),
  ),
  'a file has at most 400 lines': eachFile((file) => !file.isTest && file.code.split('\n').length > 400),
} satisfies Record<string, Rule>;
