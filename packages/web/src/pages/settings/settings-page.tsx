import type { Setting } from '@longshore/protocol';
import { Button, Container, EmptyState, Group, Skeleton, Stack, Switch, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { t } from '../../language/language.ts';
import { settingsQuery } from '../../queries/audit-queries.ts';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { Icon } from '../../ui/icons.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { SearchInput } from '../../ui/search-input.tsx';
import { AboutCard } from './about-card.tsx';
import { QueuesCard } from './queues-card.tsx';
import { SettingsSection, type ShownSetting } from './settings-section.tsx';

/** What this installation is made of: every setting as it is in force, and where it comes from. */
export function SettingsPage() {
  const { q, changed } = useSearch({ from: '/admin/settings' });
  const navigate = useNavigate({ from: '/admin/settings' });
  const { data, error, refetch } = useQuery(settingsQuery());
  const word = q?.toLowerCase() ?? '';
  const shown = data?.filter(
    (setting) =>
      (changed !== true || setting.origin !== 'default') &&
      [setting.section, setting.key, setting.value ?? '', setting.description].some((text) =>
        text.toLowerCase().includes(word),
      ),
  );
  const sections = [...new Set(shown?.map(({ section }) => section))];
  return (
    <Container py="lg">
      <PageHeader title={t('nav.settings')} description={t('settings.description')} />
      <Stack>
        <AboutCard />
        <Group gap="md" mt="sm">
          <SearchInput
            label={t('settings.search')}
            flex="1 1 220px"
            maw={360}
            value={q}
            onSearch={(next) => void navigate({ search: (old) => ({ ...old, q: next }), replace: true })}
          />
          <Switch
            label={t('settings.changedOnly')}
            checked={changed === true}
            onChange={(event) => {
              const next = event.currentTarget.checked ? true : undefined;
              void navigate({ search: (old) => ({ ...old, changed: next }) });
            }}
          />
          {shown && data && (
            <Text size="sm" c="dimmed" aria-live="polite">
              {t('settings.count', { count: shown.length, all: data.length })}
            </Text>
          )}
        </Group>
        {error && !data && <ErrorAlert error={error} onRetry={() => void refetch()} />}
        {!data && !error && ['a', 'b', 'c'].map((key) => <Skeleton key={key} h={180} radius="lg" />)}
        {shown?.length === 0 && (
          <EmptyState icon={<Icon name="search" size={26} />} variant="light" title={t('settings.none')}>
            <EmptyState.Actions>
              <Button variant="default" onClick={() => void navigate({ search: {} })}>
                {t('filter.clear')}
              </Button>
            </EmptyState.Actions>
          </EmptyState>
        )}
        {sections.map((section) => (
          <SettingsSection
            key={section}
            section={section}
            settings={(shown ?? []).filter((setting) => setting.section === section).map(withNote)}
          />
        ))}
        {word === '' && <QueuesCard />}
      </Stack>
    </Container>
  );
}

/** Most settings need a restart, and the page says so once. */
const withNote = (setting: Setting): ShownSetting =>
  setting.needsRestart ? setting : { ...setting, note: { text: t('settings.live'), color: 'dimmed' } };
