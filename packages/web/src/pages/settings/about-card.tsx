import { health } from '@longshore/protocol';
import { Code, DataList, Skeleton, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { call } from '../../api/call.ts';
import { t } from '../../language/language.ts';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { SectionCard } from '../../ui/section-card.tsx';

export function AboutCard() {
  const { data, error } = useQuery({ queryKey: ['health'], queryFn: () => call(health.healthz, {}) });
  return (
    <SectionCard title={t('settings.master')}>
      {error && <ErrorAlert error={error} />}
      {!data && !error && <Skeleton h={60} />}
      {data && (
        <DataList size="sm" orientation="horizontal" labelWidth={160}>
          <DataList.Item>
            <DataList.ItemLabel>{t('settings.version')}</DataList.ItemLabel>
            <DataList.ItemValue>{data.version}</DataList.ItemValue>
          </DataList.Item>
          <DataList.Item>
            <DataList.ItemLabel>{t('settings.address')}</DataList.ItemLabel>
            <DataList.ItemValue>{window.location.origin}</DataList.ItemValue>
          </DataList.Item>
        </DataList>
      )}
      <Text size="sm" c="dimmed" mt="md">
        {t('settings.file')} <Code>./master -c conf.ini --check</Code>
      </Text>
    </SectionCard>
  );
}
