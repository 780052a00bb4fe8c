import type { User } from '@longshore/protocol';
import { Box, Card, CloseButton, Group, SimpleGrid, Stack, Text, ThemeIcon, Title } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { t } from '../../language/language.ts';
import { useMe } from '../../queries/account-queries.ts';
import { nodesQuery } from '../../queries/node-queries.ts';
import { tasksQuery } from '../../queries/task-queries.ts';
import { Icon } from '../../ui/icons.tsx';
import { LinkAnchor } from '../../ui/links.tsx';

/** What to do on a new account, until all of it is done or nobody wants to see it any more. */
export function FirstSteps() {
  const me = useMe();
  const [isDismissed, setDismissed] = useLocalStorage({
    key: `longshore-first-steps-${me.id}`,
    defaultValue: false,
    getInitialValueInEffect: false,
  });
  return isDismissed ? null : <Steps me={me} onDismiss={() => setDismissed(true)} />;
}

function Steps({ me, onDismiss }: { me: User; onDismiss: () => void }) {
  const isAdmin = me.role === 'admin';
  const { data: tasks } = useInfiniteQuery(tasksQuery({ kind: ['create-archive', 'extract-archive'] }));
  const { data: nodes } = useQuery({ ...nodesQuery, enabled: isAdmin });
  if (tasks === undefined || (isAdmin && nodes === undefined)) return null;
  const hasTask = tasks.pages.some((page) => page.tasks.length > 0);
  const done = [me.usedBytes > 0 || hasTask, hasTask, !isAdmin || (nodes?.length ?? 0) > 1, me.twoFactor];
  if (done.every(Boolean)) return null;
  return (
    <Card
      withBorder
      radius="lg"
      padding="md"
      mx={{ base: 'md', sm: 'lg' }}
      mb="md"
      component="section"
      aria-labelledby="first-steps"
    >
      <Group justify="space-between" wrap="nowrap" mb="sm">
        <Title order={2} fz={16} id="first-steps">
          {t('firstSteps.title')}
        </Title>
        <CloseButton
          aria-label={t('firstSteps.dismiss')}
          title={t('firstSteps.dismiss')}
          onClick={onDismiss}
        />
      </Group>
      <SimpleGrid
        cols={{ base: 1, sm: 2, lg: isAdmin ? 4 : 3 }}
        spacing="md"
        component="ol"
        className="plain-list"
      >
        <Step isDone={done[0] === true} title={t('firstSteps.upload')} text={t('firstSteps.uploadText')} />
        <Step isDone={done[1] === true} title={t('firstSteps.work')} text={t('firstSteps.workText')} />
        {isAdmin && (
          <Step isDone={done[2] === true} title={t('firstSteps.node')} text={t('firstSteps.nodeText')}>
            <LinkAnchor to="/admin/nodes/new" size="sm">
              {t('nodes.add')}
            </LinkAnchor>
          </Step>
        )}
        <Step isDone={done[3] === true} title={t('firstSteps.secure')} text={t('firstSteps.secureText')}>
          <LinkAnchor to="/account" size="sm">
            {t('nav.account')}
          </LinkAnchor>
        </Step>
      </SimpleGrid>
    </Card>
  );
}

function Step(step: { isDone: boolean; title: string; text: string; children?: ReactNode }) {
  const { isDone, title, text, children } = step;
  return (
    <Group
      component="li"
      align="flex-start"
      gap="sm"
      wrap="nowrap"
      // On a phone the files below need the room.
      {...(isDone && { visibleFrom: 'sm' })}
    >
      <ThemeIcon
        size={24}
        radius="xl"
        variant={isDone ? 'filled' : 'default'}
        color="teal"
        role="img"
        aria-label={t(isDone ? 'firstSteps.done' : 'firstSteps.open')}
      >
        {isDone && <Icon name="check" size={14} />}
      </ThemeIcon>
      <Stack gap={2}>
        <Text size="sm" fw={600}>
          {title}
        </Text>
        {!isDone && (
          <>
            <Text size="sm" c="dimmed">
              {text}
            </Text>
            <Box>{children}</Box>
          </>
        )}
      </Stack>
    </Group>
  );
}
