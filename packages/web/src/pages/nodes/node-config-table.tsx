import { type ConfigSetting, type Node, nodes } from '@longshore/protocol';
import { Alert, Group, Skeleton, Stack, Switch, Text } from '@mantine/core';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { describeSettings } from '../../language/describe-settings.ts';
import { currentLanguage, t } from '../../language/language.ts';
import { messageOf } from '../../language/told.ts';
import { Ago } from '../../ui/ago.tsx';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { Icon } from '../../ui/icons.tsx';
import { settingValue } from '../settings/setting-value.ts';
import { SettingsSection, type ShownSetting } from '../settings/settings-section.tsx';

const configQuery = (id: string) =>
  queryOptions({
    queryKey: ['node-config', id, currentLanguage()],
    queryFn: async ({ signal }) => {
      const config = await call(nodes.showNodeConfig, { params: { id } }, { signal });
      return { ...config, settings: await describeSettings('slave', config.settings) };
    },
    staleTime: 0,
  });

/** Every setting that is in force on a node, asked of it now, with where it comes from. */
export function NodeConfigTable({ node }: { node: Node }) {
  const { data, error, refetch } = useQuery(configQuery(node.id));
  const [onlySet, setOnlySet] = useState(false);
  if (error) return <ErrorAlert error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <Skeleton h={400} radius="lg" />;
  const { settings, refusedEdit } = data;
  const shown = settings.filter(
    ({ origin, pending }) => !onlySet || origin !== 'default' || pending !== null,
  );
  const sections = [...new Set(shown.map(({ section }) => section))];
  return (
    <Stack>
      <Group justify="space-between">
        <Text size="sm" c="dimmed" flex="1 1 280px">
          {t('config.text')}
        </Text>
        <Switch
          label={t('config.onlySet')}
          checked={onlySet}
          onChange={(event) => setOnlySet(event.currentTarget.checked)}
        />
      </Group>
      {refusedEdit !== null && (
        <Alert color="red" variant="light" icon={<Icon name="alert" />} title={t('config.refused')}>
          <Text size="sm" className="breakable">
            {messageOf({ code: 'CONFIG_INVALID', message: refusedEdit.reason })}
          </Text>
          <Text size="xs" c="dimmed">
            <Ago atMs={refusedEdit.atMs} />
          </Text>
        </Alert>
      )}
      {sections.map((section) => (
        <SettingsSection
          key={section}
          section={section}
          settings={shown.filter((setting) => setting.section === section).map(withNote)}
        />
      ))}
    </Stack>
  );
}

const withNote = ({ pending, ...setting }: ConfigSetting): ShownSetting =>
  pending === null
    ? setting
    : {
        ...setting,
        note: { text: t('config.pending', { value: pendingText(setting, pending.value) }), color: 'orange' },
      };

const pendingText = ({ unit }: ShownSetting, value: string | null): string =>
  settingValue({ value, unit }) ?? t('settings.unset');
