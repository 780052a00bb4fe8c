import { accounts, type TokenAccess } from '@longshore/protocol';
import {
  ActionIcon,
  Alert,
  Badge,
  Button,
  Group,
  Select,
  Skeleton,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { t } from '../../language/language.ts';
import { tokensQuery } from '../../queries/account-queries.ts';
import { Ago } from '../../ui/ago.tsx';
import { confirm } from '../../ui/confirm.tsx';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { Icon } from '../../ui/icons.tsx';
import { notifyError } from '../../ui/notify.tsx';
import { SecretText } from '../../ui/secret-text.tsx';
import { SectionCard } from '../../ui/section-card.tsx';

const dayS = 86_400;
const lives = [30, 90, 365] as const;

/** Tokens by which programs act in one's name. */
export function TokensCard() {
  const client = useQueryClient();
  const { data: tokens, error } = useQuery(tokensQuery);
  const [name, setName] = useState('');
  const [access, setAccess] = useState<TokenAccess>('read');
  const [days, setDays] = useState<string | null>('90');
  const refresh = (): void => void client.invalidateQueries({ queryKey: ['tokens'] });
  const create = useMutation({
    mutationFn: () =>
      call(accounts.createToken, {
        body: { name, access, expiresInSeconds: days === null || days === '' ? null : Number(days) * dayS },
      }),
    onSuccess: () => {
      setName('');
      refresh();
    },
  });
  const remove = (id: NonNullable<typeof tokens>[number]['id']): void => {
    call(accounts.deleteToken, { params: { id } }).catch(notifyError).finally(refresh);
  };
  return (
    <SectionCard title={t('tokens.title')} text={t('tokens.text')}>
      <Stack>
        {(error ?? create.error) && <ErrorAlert error={error ?? create.error} />}
        {create.data && (
          <Alert color="teal" title={t('tokens.created')}>
            <SecretText text={create.data.token} />
          </Alert>
        )}
        {tokens === undefined && !error && <Skeleton h={36} />}
        {tokens?.map((token) => (
          <Group key={token.id} justify="space-between" wrap="nowrap">
            <div style={{ minWidth: 0 }}>
              <Group gap="xs">
                <Text size="sm" fw={550} className="breakable">
                  {token.name}
                </Text>
                <Badge
                  size="sm"
                  color={token.access === 'read' ? 'gray' : 'orange'}
                  variant="light"
                  tt="none"
                  radius="sm"
                >
                  {t(`tokens.access.${token.access}`)}
                </Badge>
              </Group>
              <Text size="xs" c="dimmed">
                {token.lastUsedAtMs === null ? (
                  t('tokens.neverUsed')
                ) : (
                  <>
                    {t('tokens.used')} <Ago atMs={token.lastUsedAtMs} />
                  </>
                )}
                {token.expiresAtMs !== null && (
                  <>
                    {' '}
                    · {t('tokens.expires')} <Ago atMs={token.expiresAtMs} />
                  </>
                )}
              </Text>
            </div>
            <ActionIcon
              variant="subtle"
              color="red"
              aria-label={t('tokens.delete', { name: token.name })}
              onClick={() =>
                confirm({
                  title: t('tokens.delete', { name: token.name }),
                  text: t('tokens.deleteText'),
                  confirm: t('common.delete'),
                  run: () => remove(token.id),
                })
              }
            >
              <Icon name="trash" size={16} />
            </ActionIcon>
          </Group>
        ))}
        <form
          onSubmit={(event) => {
            event.preventDefault();
            create.mutate();
          }}
        >
          <Group align="flex-end" gap="xs">
            <TextInput
              flex={1}
              miw={140}
              label={t('tokens.name')}
              maxLength={64}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <Select
              w={140}
              label={t('tokens.access')}
              value={access}
              onChange={(value) => setAccess(value ?? 'read')}
              allowDeselect={false}
              data={(['read', 'full'] as const).map((value) => ({
                value,
                label: t(`tokens.access.${value}`),
              }))}
            />
            <Select
              w={130}
              label={t('tokens.life')}
              value={days ?? ''}
              onChange={setDays}
              allowDeselect={false}
              data={[
                ...lives.map((count) => ({ value: String(count), label: t('tokens.days', { count }) })),
                { value: '', label: t('tokens.forever') },
              ]}
            />
            <Button type="submit" disabled={name.trim() === ''} loading={create.isPending}>
              {t('common.create')}
            </Button>
          </Group>
        </form>
      </Stack>
    </SectionCard>
  );
}
