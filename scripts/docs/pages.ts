import { configurationPage } from './configuration-page.ts';
import { errorsPage } from './errors-page.ts';

/** The pages that are written from the code, by their path from the top. */
export const pages: Record<string, () => string> = {
  'docs/errors.md': errorsPage,
  'docs/configuration.md': configurationPage,
};
