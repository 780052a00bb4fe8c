import { expect, test } from 'vitest';
import { uploadOrder } from './upload-order.ts';

test('what moves or needs somebody stands above what is over, else as it was brought', () => {
  const states = ['done', 'waiting', 'uploading', 'skipped', 'failed', 'waiting', 'uploading'] as const;
  const uploads = states.map((state, id) => ({ id, state }));
  expect(uploadOrder(uploads).map(({ id }) => id)).toEqual([2, 6, 4, 1, 5, 0, 3]);
});
