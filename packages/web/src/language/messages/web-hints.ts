import type { Language } from '../language.ts';

/** Hints for people at the console, where the master's speaks to people at the command line. */
export const webHints: Record<string, Record<Language, string>> = {
  UNAUTHENTICATED: { en: 'Sign in again.', zh: '请重新登录。' },
  TOKEN_EXPIRED: { en: 'Sign in again.', zh: '请重新登录。' },
  WRONG_CREDENTIALS: { en: 'Check the user name and the password.', zh: '请检查用户名和密码。' },
  SECOND_FACTOR_WRONG: {
    en: 'Wait for the next code of your app, and check the clock of your phone.',
    zh: '请等待应用中的下一个验证码，并检查手机时间。',
  },
  FORBIDDEN: { en: 'Ask an administrator for the right to do this.', zh: '请向管理员申请权限。' },
  WEAK_PASSWORD: { en: 'Choose a password of at least 10 characters.', zh: '密码至少需要 10 个字符。' },
  RATE_LIMITED: { en: 'Wait a moment, then try again.', zh: '请稍候再试。' },
  QUOTA_EXCEEDED: {
    en: 'Delete files, or ask an administrator for a larger quota.',
    zh: '请删除文件，或向管理员申请更大的配额。',
  },
  LIMIT_EXCEEDED: {
    en: 'Choose fewer or smaller files, or ask an administrator for a higher limit of your group.',
    zh: '请选择更少或更小的文件，或向管理员申请提高用户组的限额。',
  },
  GROUP_NOT_FOUND: { en: 'Look at the list of groups again.', zh: '请刷新用户组列表。' },
  GROUP_IN_USE: { en: 'Move its users to another group first.', zh: '请先将其中的用户移到其他用户组。' },
  GROUP_DEFAULT: { en: 'Make another group the default first.', zh: '请先将其他用户组设为默认。' },
  PATH_NOT_FOUND: {
    en: 'It may have been moved or deleted. Look at the folder again.',
    zh: '可能已被移动或删除，请刷新文件夹。',
  },
  PATH_EXISTS: { en: 'Choose another name.', zh: '请换一个名称。' },
  NAME_INVALID: { en: 'Use a name without "/" and control characters.', zh: '名称不能包含“/”和控制字符。' },
  FOLDER_INTO_ITSELF: { en: 'Choose a place outside of the folder.', zh: '请选择该文件夹之外的位置。' },
  TASK_NOT_FOUND: {
    en: 'It may have been cleaned up. Look at your tasks.',
    zh: '可能已被清理，请查看任务列表。',
  },
  USER_NOT_FOUND: { en: 'Look at the list of users again.', zh: '请刷新用户列表。' },
  TOKEN_NOT_FOUND: { en: 'Look at the list of tokens again.', zh: '请刷新令牌列表。' },
  NODE_NOT_FOUND: { en: 'Look at the list of nodes again.', zh: '请刷新节点列表。' },
  USER_EXISTS: { en: 'Choose another user name.', zh: '请换一个用户名。' },
  NODE_EXISTS: {
    en: 'Choose another name or address: each node has its own.',
    zh: '请换一个名称或地址：每个节点各不相同。',
  },
  LAST_ADMIN: { en: 'Make another user an administrator first.', zh: '请先将其他用户设为管理员。' },
  NODE_IN_USE: {
    en: 'Drain the node and wait until its tasks have ended, then delete it.',
    zh: '请先排空节点，等待任务结束后再删除。',
  },
  NODE_REFUSED: {
    en: 'Start the slave, and check the port in the address and the firewall.',
    zh: '请启动从节点，并检查地址中的端口和防火墙。',
  },
  NODE_TIMEOUT: {
    en: 'Check the firewall and the route between the two machines.',
    zh: '请检查两台机器之间的防火墙和路由。',
  },
  NODE_UNRESOLVABLE: {
    en: 'Correct the host name in the address, or the DNS.',
    zh: '请更正地址中的主机名或检查 DNS。',
  },
  NODE_NOT_A_SLAVE: {
    en: 'Something else answers at this address: correct it, or the proxy in between.',
    zh: '该地址上运行的不是从节点，请更正地址或中间的代理。',
  },
  NODE_IS_A_MASTER: {
    en: 'Give the address where the slave listens on its own machine, port 5213 unless its conf.ini says otherwise.',
    zh: '请填写从节点自身监听的地址，默认端口为 5213，除非其 conf.ini 另有设置。',
  },
  KEY_UNKNOWN: {
    en: 'The secrets differ: make a new one on the page of this node and put it into its conf.ini; no restart is needed.',
    zh: '密钥不一致：请在此节点的页面生成新密钥并写入其 conf.ini，无需重启。',
  },
  CLOCK_SKEW: {
    en: 'Set the clock of the machine that is wrong, best with NTP.',
    zh: '请校准时钟，建议使用 NTP。',
  },
  WRONG_PASSWORD: { en: 'Give the right password of the archive.', zh: '请输入正确的归档密码。' },
  PASSWORD_REQUIRED: { en: 'Give the password of the archive.', zh: '请输入归档密码。' },
  ARCHIVE_CORRUPT: {
    en: 'The archive is damaged: fetch or create it again.',
    zh: '归档已损坏，请重新获取或创建。',
  },
  NO_NODE: {
    en: 'Add or enable a node that can do this, or wait until one is online.',
    zh: '请添加或启用可执行此任务的节点，或等待节点上线。',
  },
};
