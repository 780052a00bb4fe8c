import { type Passkey, passkeys } from '@longshore/protocol';
import { ActionIcon, Button, Group, PasswordInput, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { t } from '../../language/language.ts';
import { passkeysQuery } from '../../queries/security-queries.ts';
import { describeAgent } from '../../session/describe-agent.ts';
import { knowsPasskeys, registerPasskey } from '../../session/web-authn.ts';
import { Ago } from '../../ui/ago.tsx';
import { confirm } from '../../ui/confirm.tsx';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { Icon } from '../../ui/icons.tsx';
import { notifyDone, notifyError } from '../../ui/notify.tsx';
import { SectionCard } from '../../ui/section-card.tsx';

/** Signing in with a finger, a face or a key. */
export function PasskeysCard() {
  const { data, error, refetch } = useQuery(passkeysQuery);
  const isPossible = knowsPasskeys();
  return (
    <SectionCard title={t('passkeys.title')} text={t('passkeys.text')}>
      <Stack gap="sm">
        {error && !data && <ErrorAlert error={error} onRetry={() => void refetch()} />}
        {!data && !error && <Skeleton h={36} />}
        {data?.map((passkey) => (
          <PasskeyRow key={passkey.id} passkey={passkey} />
        ))}
        {!isPossible && (
          <Text size="sm" c="dimmed">
            {t('passkeys.impossible')}
          </Text>
        )}
        {data && isPossible && (
          <Group>
            <Button variant={data.length === 0 ? 'filled' : 'default'} onClick={openNewPasskey}>
              {t('passkeys.add')}
            </Button>
          </Group>
        )}
      </Stack>
    </SectionCard>
  );
}

function PasskeyRow({ passkey }: { passkey: Passkey }) {
  const client = useQueryClient();
  const remove = (): void => {
    call(passkeys.deletePasskey, { params: { id: passkey.id } })
      .catch(notifyError)
      .finally(() => void client.invalidateQueries({ queryKey: ['passkeys'] }));
  };
  return (
    <Group justify="space-between" wrap="nowrap">
      <div style={{ minWidth: 0 }}>
        <Text size="sm" fw={550} className="breakable">
          {passkey.name}
        </Text>
        <Text size="xs" c="dimmed">
          {t('passkeys.added')} <Ago atMs={passkey.createdAtMs} /> ·{' '}
          {passkey.lastUsedAtMs === null ? (
            t('tokens.neverUsed')
          ) : (
            <>
              {t('tokens.used')} <Ago atMs={passkey.lastUsedAtMs} />
            </>
          )}
        </Text>
      </div>
      <ActionIcon
        variant="subtle"
        color="red"
        aria-label={t('passkeys.remove', { name: passkey.name })}
        onClick={() =>
          confirm({
            title: t('passkeys.remove', { name: passkey.name }),
            text: t('passkeys.removeText'),
            confirm: t('common.delete'),
            run: remove,
          })
        }
      >
        <Icon name="trash" size={16} />
      </ActionIcon>
    </Group>
  );
}

function openNewPasskey(): void {
  const id = modals.open({
    title: t('passkeys.add'),
    closeButtonProps: { 'aria-label': t('common.close') },
    children: <NewPasskey onDone={() => modals.close(id)} />,
  });
}

function NewPasskey({ onDone }: { onDone: () => void }) {
  const client = useQueryClient();
  const [wish, setWish] = useState({ name: describeAgent(navigator.userAgent), password: '' });
  const add = useMutation({
    mutationFn: registerPasskey,
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['passkeys'] });
      onDone();
      notifyDone(t('passkeys.isAdded'));
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate(wish);
      }}
    >
      <Stack>
        {add.error && <ErrorAlert error={add.error} />}
        <TextInput
          label={t('passkeys.name')}
          description={t('passkeys.nameHint')}
          maxLength={64}
          required
          withAsterisk={false}
          value={wish.name}
          onChange={(event) => setWish({ ...wish, name: event.currentTarget.value })}
        />
        <PasswordInput
          label={t('password.current')}
          autoComplete="current-password"
          data-autofocus
          required
          withAsterisk={false}
          value={wish.password}
          onChange={(event) => setWish({ ...wish, password: event.currentTarget.value })}
        />
        <Button type="submit" loading={add.isPending}>
          {t('passkeys.add')}
        </Button>
      </Stack>
    </form>
  );
}
