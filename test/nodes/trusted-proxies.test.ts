import { afterAll, describe, expect, it } from 'vitest';
import { anonymous } from '../support/api.ts';
import { closeAll, startMaster } from '../support/programs.ts';

/** Wrong passwords until an address is held up: the limit is per account and address. */
async function guesses(url: string, forwardedFor: string): Promise<number[]> {
  const statuses: number[] = [];
  for (let guess = 0; guess < 6; guess += 1) {
    const { status } = await anonymous(url).send('POST', '/api/v1/login', {
      body: { user: 'admin', password: 'not the password' },
      headers: { 'x-forwarded-for': forwardedFor },
    });
    statuses.push(status);
  }
  return statuses;
}

describe('the address of a client behind a proxy', () => {
  afterAll(closeAll);

  it('L7 is believed when a trusted proxy tells it, and what stands before it is not', async () => {
    const { url } = await startMaster({
      embeddedNode: false,
      env: { LONGSHORE_SITE_TRUSTED_PROXIES: '127.0.0.0/8, ::1' },
    });
    expect(await guesses(url, '203.0.113.1')).toEqual([401, 401, 401, 401, 401, 429]);
    expect(await guesses(url, '203.0.113.2')).toEqual([401, 401, 401, 401, 401, 429]);
    // What a client writes itself stands to the left of what the proxy adds.
    expect(await guesses(url, '198.51.100.9, 203.0.113.2')).not.toContain(401);
  });

  it('L7 is nobody’s word unless proxies are trusted', async () => {
    const { url } = await startMaster({ embeddedNode: false });
    expect(await guesses(url, '203.0.113.1')).toEqual([401, 401, 401, 401, 401, 429]);
    expect(await guesses(url, '203.0.113.2')).not.toContain(401);
  });
});
