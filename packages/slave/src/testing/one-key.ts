/** What a link needs whose key is never replaced. */
export const oneKey = { renewal: { isValid: () => true, find: async () => false }, lostKeyIds: [] };
