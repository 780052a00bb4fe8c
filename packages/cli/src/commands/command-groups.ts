import type { CommandDefinition } from '../define-command.ts';
import { login } from './account/login.ts';
import { logout } from './account/logout.ts';
import { passwd } from './account/passwd.ts';
import { whoami } from './account/whoami.ts';
import { audit } from './administration/audit.ts';
import { settings } from './administration/settings.ts';
import { compress } from './archives/compress.ts';
import { extract } from './archives/extract.ts';
import { preview } from './archives/preview.ts';
import { get } from './files/get.ts';
import { ls } from './files/ls.ts';
import { mkdir } from './files/mkdir.ts';
import { mv } from './files/mv.ts';
import { put } from './files/put.ts';
import { rm } from './files/rm.ts';
import { groupsAdd } from './groups/groups-add.ts';
import { groupsEdit } from './groups/groups-edit.ts';
import { groupsLs } from './groups/groups-ls.ts';
import { groupsRm } from './groups/groups-rm.ts';
import { nodesAdd } from './nodes/nodes-add.ts';
import { nodesCheck } from './nodes/nodes-check.ts';
import { nodesChoices } from './nodes/nodes-choices.ts';
import { nodesConfig } from './nodes/nodes-config.ts';
import { nodesEdit } from './nodes/nodes-edit.ts';
import { nodesHistory } from './nodes/nodes-history.ts';
import { nodesLs } from './nodes/nodes-ls.ts';
import { nodesRm } from './nodes/nodes-rm.ts';
import { nodesRotateKey } from './nodes/nodes-rotate-key.ts';
import { nodesShow } from './nodes/nodes-show.ts';
import { nodesTest } from './nodes/nodes-test.ts';
import { nodesDisable, nodesDrain, nodesEnable, nodesRelease } from './nodes/switch-node.ts';
import { sessionsLs, sessionsRm } from './security/sessions.ts';
import { twoFactorOff, twoFactorOn, twoFactorReset, twoFactorStatus } from './security/two-factor.ts';
import { tasksCancel } from './tasks/tasks-cancel.ts';
import { tasksCleanUp } from './tasks/tasks-clean-up.ts';
import { tasksLogs } from './tasks/tasks-logs.ts';
import { tasksLs } from './tasks/tasks-ls.ts';
import { tasksRejected } from './tasks/tasks-rejected.ts';
import { tasksRetry } from './tasks/tasks-retry.ts';
import { tasksRm } from './tasks/tasks-rm.ts';
import { tasksShow } from './tasks/tasks-show.ts';
import { tasksWatch } from './tasks/tasks-watch.ts';
import { tokensAdd } from './tokens/tokens-add.ts';
import { tokensLs } from './tokens/tokens-ls.ts';
import { tokensRm } from './tokens/tokens-rm.ts';
import { usersAdd } from './users/users-add.ts';
import { usersEdit } from './users/users-edit.ts';
import { usersLs } from './users/users-ls.ts';
import { usersRm } from './users/users-rm.ts';

/** `word` is the first word of its commands; null for commands that stand at the top. */
export type CommandGroup = {
  readonly title: string;
  readonly word: string | null;
  readonly summary: string;
  readonly commands: readonly CommandDefinition[];
};

/** Every command, in the order in which help and reference show them. */
export const commandGroups: readonly CommandGroup[] = [
  { title: 'Account', word: null, summary: 'Signing in', commands: [login, logout, whoami, passwd] },
  {
    title: 'Files',
    word: null,
    summary: 'Your files on the master',
    commands: [ls, mkdir, mv, rm, put, get],
  },
  {
    title: 'Archives',
    word: null,
    summary: 'Work that the nodes do',
    commands: [compress, extract, preview],
  },
  {
    title: 'Tasks',
    word: 'tasks',
    summary: 'Follow, cancel and retry tasks',
    commands: [
      tasksLs,
      tasksShow,
      tasksWatch,
      tasksLogs,
      tasksCancel,
      tasksRetry,
      tasksRejected,
      tasksRm,
      tasksCleanUp,
    ],
  },
  {
    title: 'Tokens',
    word: 'tokens',
    summary: 'API tokens for scripts',
    commands: [tokensLs, tokensAdd, tokensRm],
  },
  {
    title: 'Sessions',
    word: 'sessions',
    summary: 'Where you are signed in',
    commands: [sessionsLs, sessionsRm],
  },
  {
    title: 'Two-factor',
    word: 'two-factor',
    summary: 'Signing in with a code as well',
    commands: [twoFactorStatus, twoFactorOn, twoFactorOff, twoFactorReset],
  },
  {
    title: 'Nodes',
    word: 'nodes',
    summary: 'The machines that do the work (administrators)',
    commands: [
      nodesLs,
      nodesShow,
      nodesHistory,
      nodesConfig,
      nodesAdd,
      nodesTest,
      nodesCheck,
      nodesEdit,
      nodesEnable,
      nodesDisable,
      nodesDrain,
      nodesRelease,
      nodesRotateKey,
      nodesRm,
      nodesChoices,
    ],
  },
  {
    title: 'Users',
    word: 'users',
    summary: 'Who may sign in (administrators)',
    commands: [usersLs, usersAdd, usersEdit, usersRm],
  },
  {
    title: 'Groups',
    word: 'groups',
    summary: 'What users may use (administrators)',
    commands: [groupsLs, groupsAdd, groupsEdit, groupsRm],
  },
  {
    title: 'Administration',
    word: null,
    summary: 'Looking after a master (administrators)',
    commands: [audit, settings],
  },
];
