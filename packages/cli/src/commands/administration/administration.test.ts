import { type AuditEntry, audit, settings } from '@longshore/protocol';
import { describe, expect } from 'vitest';
import { cliTest } from '../../testing/cli-test.ts';

const entry = (id: number, more: Partial<AuditEntry> = {}): AuditEntry => ({
  id,
  atMs: 1_700_000_000_000,
  action: 'node.update',
  user: { id: '0b9f3c1e-7d0a-4b57-9a63-5f1f6c5b2a10' as never, name: 'admin' },
  address: '198.51.100.7',
  requestId: 'r',
  object: { kind: 'node', id: 'x', name: 'shed' },
  before: { weight: 1 },
  after: { weight: 3 },
  ...more,
});

describe('audit', () => {
  cliTest('shows who changed what, reading as many pages as are asked for', async ({ master, longshore }) => {
    master.on(audit.listAudit, ({ query }) => {
      expect(query).toMatchObject({ action: 'node.', object: 'shed' });
      if (query.cursor === undefined) return { entries: [entry(2)], next: 2 };
      const failed = entry(1, {
        action: 'sign-in.failed',
        user: null,
        object: null,
        before: null,
        after: null,
      });
      return { entries: [failed], next: null };
    });
    const ran = await longshore('audit', '--action', 'node.', '--object', 'shed');
    expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
    expect(ran.stdout).toMatch(/admin +198\.51\.100\.7 +node\.update +node shed +weight 1 → 3\n/);
    expect(ran.stdout).toMatch(/- +198\.51\.100\.7 +sign-in\.failed/);
  });
});

describe('settings', () => {
  cliTest('--changed leaves out what has its default', async ({ master, longshore }) => {
    const one = {
      section: 'Tasks',
      value: '7',
      description: 'What it does.',
      unit: null,
      needsRestart: true,
    };
    master.on(settings.listSettings, () => ({
      settings: [
        { ...one, key: 'MaxDepth', origin: 'default' as const, place: 'default' },
        { ...one, key: 'MaxRatio', origin: 'file' as const, place: 'conf.ini:3' },
      ],
    }));
    expect((await longshore('settings')).stdout).toContain('[Tasks] MaxDepth');
    const changed = (await longshore('settings', '--changed')).stdout;
    expect(changed).toMatch(/\[Tasks\] MaxRatio +7 +conf\.ini:3 +What it does\./);
    expect(changed).not.toContain('MaxDepth');
  });
});
