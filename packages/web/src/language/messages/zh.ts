import type { Messages } from './messages.ts';
import { admin } from './zh/admin.ts';
import { dashboard } from './zh/dashboard.ts';
import { files } from './zh/files.ts';
import { nodes } from './zh/nodes.ts';
import { shell } from './zh/shell.ts';
import { tasks } from './zh/tasks.ts';

/** Chinese, which has no plural. */
export const zh: Messages = { ...shell, ...files, ...tasks, ...nodes, ...admin, ...dashboard };
