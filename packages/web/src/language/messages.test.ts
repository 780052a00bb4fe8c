import { expect, test } from 'vitest';
import { en } from './messages/en.ts';
import { zh } from './messages/zh.ts';

const placesIn = (message: string): string[] =>
  [...new Set([...message.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? ''))].toSorted();

test('no language lacks a message of the other', () => {
  expect(Object.keys(zh).toSorted()).toEqual(Object.keys(en).toSorted());
});

test('no message is empty', () => {
  expect([...Object.values(en), ...Object.values(zh)].filter((message) => message.trim() === '')).toEqual([]);
});

test('no language has a place to fill in that the other lacks', () => {
  const differing = (Object.keys(en) as (keyof typeof en)[]).filter((key) =>
    en[key].split('|').some((form) => placesIn(form).some((place) => !placesIn(zh[key]).includes(place))),
  );
  expect(differing).toEqual([]);
});
