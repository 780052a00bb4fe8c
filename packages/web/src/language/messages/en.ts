import { account } from './en/account.ts';
import { dashboard } from './en/dashboard.ts';
import { files } from './en/files.ts';
import { nodes } from './en/nodes.ts';
import { people } from './en/people.ts';
import { records } from './en/records.ts';
import { shell } from './en/shell.ts';
import { tasks } from './en/tasks.ts';

/** English. A message with a bar has the form for one before it, and the form for all other counts behind. */
export const en = {
  ...shell,
  ...files,
  ...tasks,
  ...nodes,
  ...account,
  ...people,
  ...records,
  ...dashboard,
} as const;

export { enHints } from './en/hints.ts';
