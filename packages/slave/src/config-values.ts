import type { ValueType } from '@longshore/runtime';

/** One secret or more, separated by commas; each is the key of one master. */
export const secrets = (): ValueType<readonly string[]> => ({
  allowed: 'a text of at least 16 characters, or several separated by commas',
  parse: (value) => {
    const all = value.split(',').map((secret) => secret.trim());
    return all.every((secret) => secret.length >= 16 && secret.length <= 256) ? all : undefined;
  },
});

/** A mode as chmod takes it, in octal digits. */
export const fileMode = (): ValueType<number> => ({
  allowed: 'an octal file mode such as 0660',
  parse: (value) => (/^[0-7]{1,4}$/.test(value) ? Number.parseInt(value, 8) : undefined),
});
