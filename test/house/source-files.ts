import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One source file, with what the rules look at. Paths are seen from the top of the repository. */
export type SourceFile = {
  readonly path: string;
  /** The name of its folder in `packages`, or undefined outside. */
  readonly package: string | undefined;
  /** The folder below `src` that it is in, or undefined directly below `src` and outside of packages. */
  readonly step: string | undefined;
  readonly isTest: boolean;
  readonly imports: readonly Import[];
  /** The text without comments. */
  readonly code: string;
};

/** `target` is the path of a relative import, seen from the top; otherwise the name that was imported. */
export type Import = { readonly specifier: string; readonly target: string; readonly relative: boolean };

export const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export function readSourceFiles(): SourceFile[] {
  const folders = ['packages', 'test', 'scripts', 'bench'];
  return folders
    .flatMap((folder) => walk(join(repository, folder)))
    .map((path) => toSourceFile(relative(repository, path), readFileSync(path, 'utf8')));
}

export function toSourceFile(path: string, text: string): SourceFile {
  const [top, name, , ...rest] = path.split('/');
  const inPackage = top === 'packages';
  const code = withoutComments(text);
  return {
    path,
    package: inPackage ? name : undefined,
    step: inPackage && rest.length > 1 ? rest[0] : undefined,
    isTest:
      /\.(test|contract)\.ts$/.test(path) ||
      path.includes('/testing/') ||
      path.includes('/test-support/') ||
      top === 'test' ||
      top === 'bench',
    imports: importsOf(path, code),
    code,
  };
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : walk(path);
    return /\.(ts|tsx|mjs)$/.test(entry.name) && !entry.name.endsWith('.d.ts') ? [path] : [];
  });
}

function importsOf(path: string, code: string): Import[] {
  const patterns = [
    /^\s*(?:import|export)\s[^'"`;]*?from\s*['"]([^'"]+)['"]/gm,
    /^\s*import\s*['"]([^'"]+)['"]/gm,
    /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g,
  ];
  return patterns
    .flatMap((pattern) => [...code.matchAll(pattern)].map((match) => match[1] ?? ''))
    .map((specifier) => {
      const isRelative = specifier.startsWith('.');
      return {
        specifier,
        relative: isRelative,
        target: isRelative ? join(dirname(path), specifier) : specifier,
      };
    });
}

/** Removes comments that fill a line or stand in a block, which is all that could look like code here. */
const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
