import type { HintCode } from '../hint-codes.ts';

/** Hints for people at the console, where those of the master speak to people at the command line. */
export const enHints: Partial<Record<HintCode, string>> = {
  UNAUTHENTICATED: 'Sign in again.',
  TOKEN_EXPIRED: 'Sign in again.',
  WRONG_CREDENTIALS: 'Check the user name and the password.',
  SECOND_FACTOR_WRONG: 'Wait for the next code of your app, and check the clock of your phone.',
  FORBIDDEN: 'Ask an administrator for the right to do this.',
  WEAK_PASSWORD: 'Choose a password of at least 10 characters.',
  RATE_LIMITED: 'Wait a moment, then try again.',
  QUOTA_EXCEEDED: 'Delete files, or ask an administrator for a larger quota.',
  LIMIT_EXCEEDED: 'Choose fewer or smaller files, or ask an administrator for a higher limit of your group.',
  GROUP_NOT_FOUND: 'Look at the list of groups again.',
  GROUP_IN_USE: 'Move its users to another group first.',
  GROUP_DEFAULT: 'Make another group the default first.',
  PATH_NOT_FOUND: 'It may have been moved or deleted. Look at the folder again.',
  PATH_EXISTS: 'Choose another name.',
  NAME_INVALID: 'Use a name without "/" and control characters.',
  FOLDER_INTO_ITSELF: 'Choose a place outside of the folder.',
  TASK_NOT_FOUND: 'It may have been cleaned up. Look at your tasks.',
  USER_NOT_FOUND: 'Look at the list of users again.',
  TOKEN_NOT_FOUND: 'Look at the list of tokens again.',
  NODE_NOT_FOUND: 'Look at the list of nodes again.',
  USER_EXISTS: 'Choose another user name.',
  NODE_EXISTS: 'Choose another name or address: each node has its own.',
  LAST_ADMIN: 'Make another user an administrator first.',
  NODE_IN_USE: 'Drain the node and wait until its tasks have ended, then delete it.',
  NODE_REFUSED: 'Start the slave, and check the port in the address and the firewall.',
  NODE_TIMEOUT: 'Check the firewall and the route between the two machines.',
  NODE_UNRESOLVABLE: 'Correct the host name in the address, or the DNS.',
  NODE_ADDRESS_REFUSED:
    'Give a name or an address of the machine itself; link-local and metadata addresses are never called.',
  NODE_NOT_A_SLAVE: 'Something else answers at this address: correct it, or the proxy in between.',
  NODE_IS_A_MASTER:
    'Give the address where the slave listens on its own machine, port 5213 unless its conf.ini says otherwise.',
  KEY_UNKNOWN:
    'The secrets differ: make a new one on the page of this node and put it into its conf.ini; no restart is needed.',
  CLOCK_SKEW: 'Set the clock of the machine that is wrong, best with NTP.',
  WRONG_PASSWORD: 'Give the right password of the archive.',
  PASSWORD_REQUIRED: 'Give the password of the archive.',
  ARCHIVE_CORRUPT: 'The archive is damaged: fetch or create it again.',
  NO_NODE: 'Add or enable a node that can do this, or wait until one is online.',
};
