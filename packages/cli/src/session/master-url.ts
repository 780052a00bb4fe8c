import { CommandError } from '../errors/command-error.ts';

/** The address of a master as it is stored and compared: scheme, host, port and path without a slash at the end. */
export function masterUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw CommandError.local('USAGE', `"${text}" is not the address of a master`, {
      hint: 'Give a full address such as http://127.0.0.1:5212 or https://files.example.org.',
    });
  }
  if (url.username !== '' || url.password !== '') {
    throw CommandError.local('USAGE', 'the address of the master must not hold a name or password', {
      hint: 'Leave them out; `--user` names the user and the password is asked for.',
    });
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}
