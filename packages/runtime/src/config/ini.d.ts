/** The package has no types of its own; only what the tests compare with is declared. */
declare module 'ini' {
  export function parse(text: string): Record<string, Record<string, unknown> | undefined>;
}
