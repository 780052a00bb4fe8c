import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { refreshSoon } from './refresh-soon.ts';

const queryKey = ['files', '/'];
let client: QueryClient;
let asked = 0;
let answerMs = 0;
let answered = 0;
let leave: () => void;

beforeEach(async () => {
  vi.useFakeTimers();
  client = new QueryClient();
  asked = 0;
  answered = 0;
  answerMs = 10;
  const queryFn = async (): Promise<number> => {
    asked += 1;
    await new Promise((resolve) => setTimeout(resolve, answerMs));
    answered += 1;
    return answered;
  };
  leave = new QueryObserver(client, { queryKey, queryFn }).subscribe(() => undefined);
  await vi.advanceTimersByTimeAsync(1_000);
});
afterEach(async () => {
  leave();
  await vi.runAllTimersAsync();
  client.clear();
  vi.useRealTimers();
});

const burst = async (forMs: number): Promise<void> => {
  for (let atMs = 0; atMs < forMs; atMs += 50) {
    refreshSoon(client, queryKey);
    await vi.advanceTimersByTimeAsync(50);
  }
};

test('a burst of events is read at once, once per pause, and once at its end', async () => {
  refreshSoon(client, queryKey);
  await vi.advanceTimersByTimeAsync(20);
  expect(client.getQueryData(queryKey)).toBe(2);
  await burst(2_000);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked).toBeGreaterThan(5);
  expect(asked).toBeLessThan(9);
});

test('an answer that takes longer than a pause arrives in the middle of a burst', async () => {
  answerMs = 700;
  await burst(3_000);
  expect(client.getQueryData(queryKey)).toBeGreaterThan(2);
});

test('what happens while a list is loaded for the first time is read after it', async () => {
  answerMs = 700;
  const other = ['files', '/other'];
  const queryFn = async (): Promise<string> => {
    const asOf = asked;
    await new Promise((resolve) => setTimeout(resolve, answerMs));
    return `as of ${asOf}`;
  };
  asked = 1;
  const end = new QueryObserver(client, { queryKey: other, queryFn }).subscribe(() => undefined);
  await vi.advanceTimersByTimeAsync(100);
  asked = 2;
  refreshSoon(client, other);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(client.getQueryData(other)).toBe('as of 2');
  end();
});

test('an answer that never comes keeps nobody from asking again', async () => {
  answerMs = 1e9;
  refreshSoon(client, queryKey);
  await vi.advanceTimersByTimeAsync(1);
  answerMs = 10;
  await burst(11_000);
  await vi.advanceTimersByTimeAsync(500);
  expect(client.getQueryData(queryKey)).toBeGreaterThan(1);
});
