/** Fields that never reach a log line, wherever an object carries them. */
export const secretFields = ['secret', 'password', 'ticket', 'token', 'authorization', 'confIni'] as const;

export const censored = '[redacted]';

/** Takes user names, passwords and queries out of the URLs in a text: both may carry credentials. */
export const redactUrls = (text: string): string =>
  text
    .replace(/(\b[a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@"'<>]*@/gi, '$1')
    .replace(/(\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s?#"'<>]*)[?#][^\s"'<>]*/gi, '$1');
