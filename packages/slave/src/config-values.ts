import { byteSize, type ValueType } from '@longshore/runtime';

/** Less would let transfers that share it stand still for so long that the other side gives them up. */
const leastBytesPerSecond = 64 * 1024;

/** Bytes per second; 0 for no limit. */
export const bandwidth = (): ValueType<number> => ({
  unit: 'bytes-per-second',
  allowed: 'a size that may pass each second, such as 10 MB or 512 KiB, at least 64 KiB; or 0 for no limit',
  parse: (value, folder) => {
    const bytes = byteSize().parse(value, folder);
    return bytes === undefined || (bytes > 0 && bytes < leastBytesPerSecond) ? undefined : bytes;
  },
});

/** One secret or more, separated by commas; each is the key of one master. */
export const secrets = (): ValueType<readonly string[]> => ({
  allowed: 'a text of 16 to 256 characters, or several separated by commas',
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
