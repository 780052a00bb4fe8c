import type { GroupLimits } from '@longshore/protocol';
import { Group, Stack, Text, Tooltip } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { t } from '../../language/language.ts';
import { useMe } from '../../queries/account-queries.ts';
import { settingsQuery } from '../../queries/audit-queries.ts';
import { formatLimit, limitNames, withoutLimit } from './limits.ts';

/** What somebody may use, in words. `onlySet` leaves out what is not limited. */
export function LimitList({ limits, onlySet = false }: { limits: GroupLimits; onlySet?: boolean }) {
  const me = useMe();
  const { data: settings } = useQuery({ ...settingsQuery(), enabled: !onlySet && me.role === 'admin' });
  const names = limitNames.filter((name) => !onlySet || limits[name] !== null);
  return (
    <Stack gap={6} component="dl" m={0}>
      {names.map((name) => (
        <Group key={name} justify="space-between" wrap="nowrap" gap="md">
          <Tooltip label={t(`limits.${name}.hint`)}>
            <Text component="dt" size="sm" c="dimmed">
              {t(`limits.${name}`)}
            </Text>
          </Tooltip>
          <Text
            component="dd"
            m={0}
            size="sm"
            className="tabular"
            ta="right"
            {...(limits[name] === null ? { c: 'dimmed' } : { fw: 550 })}
          >
            {limits[name] === null ? withoutLimit(name, settings) : formatLimit(name, limits[name])}
          </Text>
        </Group>
      ))}
    </Stack>
  );
}
