import { type OwnSession, security } from '@longshore/protocol';
import { Badge, Button, Group, Skeleton, Stack, Text, Tooltip } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { call } from '../../api/call.ts';
import { t } from '../../language/language.ts';
import { sessionsQuery } from '../../queries/security-queries.ts';
import { describeAgent } from '../../session/describe-agent.ts';
import { Ago } from '../../ui/ago.tsx';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { notifyDone, notifyError } from '../../ui/notify.tsx';
import { SectionCard } from '../../ui/section-card.tsx';

/** Where this account is signed in. */
export function SessionsCard() {
  const { data, error, refetch } = useQuery(sessionsQuery);
  const client = useQueryClient();
  const endOthers = useMutation({
    mutationFn: () => call(security.endOtherSessions, {}),
    onSuccess: ({ ended }) => notifyDone(t('sessions.ended', { count: ended })),
    onError: notifyError,
    onSettled: () => client.invalidateQueries({ queryKey: ['sessions'] }),
  });
  return (
    <SectionCard title={t('sessions.title')} text={t('sessions.text')}>
      <Stack gap="sm">
        {error && !data && <ErrorAlert error={error} onRetry={() => void refetch()} />}
        {!data && !error && <Skeleton h={80} />}
        {data?.map((session) => (
          <SessionRow key={session.id} session={session} />
        ))}
        {data && data.length > 1 && (
          <Group>
            <Button
              variant="light"
              color="red"
              loading={endOthers.isPending}
              onClick={() => endOthers.mutate()}
            >
              {t('sessions.endOthers')}
            </Button>
          </Group>
        )}
      </Stack>
    </SectionCard>
  );
}

function SessionRow({ session }: { session: OwnSession }) {
  const client = useQueryClient();
  const end = useMutation({
    mutationFn: () => call(security.endSession, { params: { id: session.id } }),
    onError: notifyError,
    onSettled: () => client.invalidateQueries({ queryKey: ['sessions'] }),
  });
  const name = describeAgent(session.userAgent);
  return (
    <Group justify="space-between" wrap="nowrap">
      <div style={{ minWidth: 0 }}>
        <Group gap="xs">
          <Tooltip label={session.userAgent || name}>
            <Text size="sm" fw={550}>
              {name}
            </Text>
          </Tooltip>
          {session.current && (
            <Badge size="sm" color="teal" variant="light" tt="none" radius="sm">
              {t('sessions.current')}
            </Badge>
          )}
        </Group>
        <Text size="xs" c="dimmed">
          {session.address} · {t('tokens.used')} <Ago atMs={session.lastUsedAtMs} />
        </Text>
      </div>
      {!session.current && (
        <Button
          size="compact-sm"
          variant="subtle"
          color="red"
          loading={end.isPending}
          aria-label={t('sessions.endOf', { name })}
          onClick={() => end.mutate()}
        >
          {t('sessions.end')}
        </Button>
      )}
    </Group>
  );
}
