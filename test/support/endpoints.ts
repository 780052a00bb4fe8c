import type { Endpoint } from '@longshore/protocol';
import * as protocol from '@longshore/protocol';

const isEndpoint = (value: unknown): value is Endpoint =>
  typeof value === 'object' && value !== null && 'access' in value && 'method' in value && 'path' in value;

/** Every operation of the user API by its name: whatever the contract exports, so that none is forgotten. */
export const endpoints: Readonly<Record<string, Endpoint>> = Object.fromEntries(
  Object.values(protocol)
    .filter((value) => typeof value === 'object')
    .flatMap((group) => Object.entries(group))
    .filter((entry): entry is [string, Endpoint] => isEndpoint(entry[1])),
);
