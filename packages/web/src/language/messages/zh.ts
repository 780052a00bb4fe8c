import type { Messages } from './messages.ts';
import { account } from './zh/account.ts';
import { dashboard } from './zh/dashboard.ts';
import { files } from './zh/files.ts';
import { nodes } from './zh/nodes.ts';
import { people } from './zh/people.ts';
import { records } from './zh/records.ts';
import { shell } from './zh/shell.ts';
import { tasks } from './zh/tasks.ts';

/** Chinese, which has no plural. */
export const zh: Messages = {
  ...shell,
  ...files,
  ...tasks,
  ...nodes,
  ...account,
  ...people,
  ...records,
  ...dashboard,
};

export { zhHints } from './zh/hints.ts';
export { zhServerWords } from './zh/server-words.ts';
