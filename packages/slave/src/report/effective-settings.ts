import type { ConfigSetting, Hello } from '@longshore/protocol';
import type { SettingInForce } from '../reload/config-changes.ts';

/** The settings in force as one master may see them: its own words, no secret, and nothing of other masters. */
export function effectiveSettings(
  entries: readonly SettingInForce[],
  hello: Hello | undefined,
): ConfigSetting[] {
  const own = entries.map(({ section, key, value, origin, place, description, unit, pending }) => ({
    section,
    key,
    value,
    origin,
    place,
    description,
    unit,
    pending,
  }));
  return hello === undefined ? own : [...own, ...toldBy(hello)];
}

function toldBy(hello: Hello): ConfigSetting[] {
  const setting = (
    key: string,
    value: string,
    description: string,
    unit: ConfigSetting['unit'] = null,
  ): ConfigSetting => ({
    section: 'Master',
    key,
    value,
    origin: 'master',
    place: hello.masterId,
    description,
    unit,
    pending: null,
  });
  return [
    setting('NodeName', hello.nodeName, 'What this node is called.'),
    setting(
      'Urls',
      hello.masterUrls.join(', '),
      'Where this node reaches its master, the best address first.',
    ),
    setting(
      'HeartbeatInterval',
      String(hello.heartbeatMs / 1000),
      'How often this node sends heartbeats.',
      'seconds',
    ),
  ];
}
