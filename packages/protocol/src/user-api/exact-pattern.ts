/** The `select` pattern that matches exactly this path of an archive, whatever characters are in it. */
export const exactPattern = (path: string): string => path.replace(/[\\*?[\]{}()!+@|]/g, '\\$&');
