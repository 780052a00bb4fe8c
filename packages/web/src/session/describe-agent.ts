import { t } from '../language/language.ts';

/** The most particular first: nearly all of them call themselves Safari, too. */
const clients = [
  [/longshore/i, 'longshore'],
  [/Edg\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/Firefox\//, 'Firefox'],
  [/HeadlessChrome\/|Chrome\//, 'Chrome'],
  [/Safari\//, 'Safari'],
  [/curl\//, 'curl'],
] as const;
const systems = [
  [/iPhone/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Android/, 'Android'],
  [/Mac OS X/, 'macOS'],
  [/Windows/, 'Windows'],
  [/Linux/, 'Linux'],
] as const;

/** What a client says of itself, for a person: "Firefox, Linux". */
export function describeAgent(userAgent: string): string {
  const find = (known: readonly (readonly [RegExp, string])[]) =>
    known.find(([pattern]) => pattern.test(userAgent))?.[1];
  const parts = [find(clients), find(systems)].filter((part) => part !== undefined);
  return parts.length === 0 ? t('sessions.unknown') : parts.join(', ');
}
