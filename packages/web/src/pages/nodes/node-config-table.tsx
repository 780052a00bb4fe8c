import { type ConfigSetting, type Node, nodes } from '@longshore/protocol';
import { Alert, Badge, Card, Code, Group, Skeleton, Stack, Switch, Table, Text, Title } from '@mantine/core';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { baseName } from '../../format/paths.ts';
import { describeSettings } from '../../language/describe-settings.ts';
import { currentLanguage, t } from '../../language/language.ts';
import { messageOf } from '../../language/told.ts';
import { Ago } from '../../ui/ago.tsx';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { Icon } from '../../ui/icons.tsx';
import { WithCode } from '../../ui/with-code.tsx';

const configQuery = (id: string) =>
  queryOptions({
    queryKey: ['node-config', id, currentLanguage()],
    queryFn: async ({ signal }) => {
      const config = await call(nodes.showNodeConfig, { params: { id } }, { signal });
      return { ...config, settings: await describeSettings('slave', config.settings) };
    },
    staleTime: 0,
  });

const originColors: Record<ConfigSetting['origin'], string> = {
  default: 'gray',
  file: 'harbor',
  environment: 'grape',
  flag: 'orange',
  master: 'teal',
};

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
        <Card key={section} withBorder radius="lg" padding="lg">
          <Title order={2} fz={15} mb="xs">
            [{section}]
          </Title>
          <Table.ScrollContainer minWidth={620}>
            <Table verticalSpacing="sm" layout="fixed">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th w="24%">{t('config.key')}</Table.Th>
                  <Table.Th w="26%">{t('config.value')}</Table.Th>
                  <Table.Th w="18%">{t('config.origin')}</Table.Th>
                  <Table.Th>{t('config.what')}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {shown
                  .filter((setting) => setting.section === section)
                  .map((setting) => (
                    <Table.Tr key={setting.key}>
                      <Table.Td fw={550} className="breakable">
                        {setting.key}
                      </Table.Td>
                      <Table.Td>
                        {setting.value === null ? (
                          <Text size="sm" c="dimmed">
                            —
                          </Text>
                        ) : (
                          <Code className="breakable">{setting.value}</Code>
                        )}
                        {setting.pending !== null && (
                          <Text size="xs" c="orange" className="breakable" title={setting.pending.place}>
                            {t('config.pending', { value: setting.pending.value ?? '—' })}
                          </Text>
                        )}
                      </Table.Td>
                      <Table.Td>
                        <Badge
                          variant="light"
                          tt="none"
                          radius="sm"
                          color={originColors[setting.origin]}
                          title={setting.place}
                        >
                          {baseName(setting.place)}
                        </Badge>
                      </Table.Td>
                      <Table.Td>
                        <Text size="xs" c="dimmed">
                          <WithCode text={setting.description} />
                        </Text>
                      </Table.Td>
                    </Table.Tr>
                  ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        </Card>
      ))}
    </Stack>
  );
}
