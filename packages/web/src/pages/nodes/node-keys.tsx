import { type EndpointOutput, type Node, nodes } from '@longshore/protocol';
import { Alert, Button, Card, Group, Radio, Stack, Text, Title } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { t } from '../../language/language.ts';
import { Ago } from '../../ui/ago.tsx';
import { confirm } from '../../ui/confirm.tsx';
import { CopyText } from '../../ui/copy-text.tsx';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { Icon } from '../../ui/icons.tsx';
import { notifyDone, notifyError } from '../../ui/notify.tsx';
import { ConfIni } from './conf-ini.tsx';

/** How long the old secret is accepted beside the new one, in seconds; null until the node has used the new one. */
const overlaps = { 'until-used': null, day: 86_400, none: 0 } as const;
type Overlap = keyof typeof overlaps;

/** The secret of a node: which ones are accepted now, and a new one without an interruption. */
export function NodeKeys({ node }: { node: Node }) {
  const client = useQueryClient();
  const revoke = (): void => {
    call(nodes.revokeOldKey, { params: { id: node.id } })
      .then(() => notifyDone(t('keys.revoked')))
      .catch(notifyError)
      .finally(() => void client.invalidateQueries({ queryKey: ['nodes'] }));
  };
  return (
    <Card withBorder radius="lg" padding="lg">
      <Title order={2} fz={17} mb="xs">
        {t('keys.title')}
      </Title>
      <Stack>
        <Text size="sm" c="dimmed">
          {t('keys.text')}
        </Text>
        {node.oldKey !== null && (
          <Alert color="orange" icon={<Icon name="key" />} title={t('keys.two')}>
            <Stack gap="xs" align="flex-start">
              <Text size="sm">
                {node.oldKey.untilMs === null ? t('keys.untilUsed') : t('keys.untilTime')}{' '}
                {node.oldKey.untilMs !== null && <Ago atMs={node.oldKey.untilMs} />}
              </Text>
              <Button
                size="xs"
                variant="light"
                color="orange"
                onClick={() =>
                  confirm({
                    title: t('keys.revoke'),
                    text: t('keys.revokeText', { name: node.name }),
                    confirm: t('keys.revoke'),
                    run: revoke,
                  })
                }
              >
                {t('keys.revoke')}
              </Button>
            </Stack>
          </Alert>
        )}
        <Group>
          <Button
            variant="default"
            leftSection={<Icon name="key" size={16} />}
            onClick={() =>
              modals.open({
                title: t('keys.rotate'),
                size: 'lg',
                closeButtonProps: { 'aria-label': t('common.close') },
                children: <Rotate node={node} />,
              })
            }
          >
            {t('keys.rotate')}
          </Button>
        </Group>
      </Stack>
    </Card>
  );
}

function Rotate({ node }: { node: Node }) {
  const client = useQueryClient();
  const [overlap, setOverlap] = useState<Overlap>('until-used');
  const rotate = useMutation({
    mutationFn: () =>
      call(nodes.rotateKey, { params: { id: node.id }, body: { overlapSeconds: overlaps[overlap] } }),
    onSuccess: () => void client.invalidateQueries({ queryKey: ['nodes'] }),
  });
  if (rotate.data) return <NewKey rotated={rotate.data} />;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        rotate.mutate();
      }}
    >
      <Stack>
        {rotate.error && <ErrorAlert error={rotate.error} />}
        <Radio.Group
          label={t('keys.overlap')}
          value={overlap}
          onChange={(value) => setOverlap(value as Overlap)}
        >
          <Stack gap="sm" mt="xs">
            {(Object.keys(overlaps) as Overlap[]).map((value) => (
              <Radio
                key={value}
                value={value}
                label={t(`keys.overlap.${value}`)}
                description={t(`keys.overlap.${value}.text`)}
              />
            ))}
          </Stack>
        </Radio.Group>
        <Group justify="flex-end">
          <Button type="submit" loading={rotate.isPending}>
            {t('keys.rotate')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function NewKey({ rotated }: { rotated: EndpointOutput<typeof nodes.rotateKey> }) {
  const line = `Secret = ${rotated.secret}`;
  return (
    <Stack>
      <Text size="sm">{t('keys.replace')}</Text>
      <Group gap="xs" wrap="nowrap">
        <Text ff="monospace" size="xs" className="breakable" flex={1} data-testid="secret-line">
          {line}
        </Text>
        <CopyText text={line} />
      </Group>
      <Text size="sm" c="dimmed">
        {t('keys.orWhole')}
      </Text>
      <ConfIni text={rotated.confIni} />
    </Stack>
  );
}
