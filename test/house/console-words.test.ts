import { expect, test } from 'vitest';
import { masterConfigSpec } from '../../packages/master/src/config.ts';
import { slaveConfigSpec } from '../../packages/slave/src/config.ts';
import {
  freeSections,
  masterSettings,
  slaveSettings,
} from '../../packages/web/src/language/messages/zh/settings.ts';

const specs = [
  { program: 'master', spec: masterConfigSpec, words: masterSettings },
  { program: 'slave', spec: slaveConfigSpec, words: slaveSettings },
];

test.each(specs)('every setting of the $program is described in Chinese too', ({ spec, words }) => {
  const lacking = Object.entries(spec).flatMap(([section, of]) =>
    'keys' in of
      ? Object.keys(of.keys).filter((key) => words[`${section}.${key}`] === undefined)
      : section in freeSections
        ? []
        : [section],
  );
  expect(lacking).toEqual([]);
});

test.each(specs)('Chinese describes no setting that the $program does not have', ({ spec, words }) => {
  const known = Object.entries(spec).flatMap(([section, of]) =>
    'keys' in of ? Object.keys(of.keys).map((key) => `${section}.${key}`) : [],
  );
  // What a master tells its slave stands in no file.
  const told = ['Master.NodeName', 'Master.Urls', 'Master.HeartbeatInterval'];
  expect(Object.keys(words).filter((name) => !known.includes(name) && !told.includes(name))).toEqual([]);
});
