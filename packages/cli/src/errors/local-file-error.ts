import { CommandError } from './command-error.ts';

const reasons: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'the disk quota is used up',
  EISDIR: 'is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  EROFS: 'the file system is read-only',
  ENAMETOOLONG: 'the name is too long for this file system',
  EMFILE: 'too many open files',
  EIO: 'the disk reported an error',
};

/** What the operating system said about a path on this machine. Anything else thrown is returned as it is. */
export function toLocalFileError(thrown: unknown, path: string): unknown {
  if (!(thrown instanceof Error) || !('code' in thrown) || !('syscall' in thrown)) return thrown;
  const code = String(thrown.code);
  // Sockets fail with codes of their own, except that a firewall refuses a connect with EACCES or EPERM.
  if (thrown.syscall === 'connect' || !['ENOENT', 'EEXIST', ...Object.keys(reasons)].includes(code))
    return thrown;
  if (code === 'ENOENT')
    return CommandError.local('LOCAL_NOT_FOUND', `${path} does not exist`, { cause: thrown });
  if (code === 'EEXIST')
    return CommandError.local('LOCAL_EXISTS', `${path} exists already`, {
      hint: 'Choose another name, or take the file away first.',
      cause: thrown,
    });
  return CommandError.local('LOCAL_FAILED', `${path}: ${reasons[code]}`, { cause: thrown });
}
