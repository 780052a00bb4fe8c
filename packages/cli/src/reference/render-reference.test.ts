import { describe, expect, test } from 'vitest';
import { renderReference } from './render-reference.ts';

describe('docs/cli.md', () => {
  test('is what the program says of itself (vitest -u writes it)', async () => {
    await expect(renderReference()).toMatchFileSnapshot('../../../../docs/cli.md');
  });
});
