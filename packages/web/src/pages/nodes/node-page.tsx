import { type Node, nodes } from '@longshore/protocol';
import { Alert, Box, Button, Card, Container, Group, SimpleGrid, Stack, Switch, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { toApiError } from '../../api/api-error.ts';
import { call } from '../../api/call.ts';
import { t } from '../../language/language.ts';
import { nodesQuery } from '../../queries/node-queries.ts';
import { confirm } from '../../ui/confirm.tsx';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { Icon } from '../../ui/icons.tsx';
import { LinkAnchor } from '../../ui/links.tsx';
import { notifyDone, notifyError } from '../../ui/notify.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { PageSkeleton } from '../../ui/page-skeleton.tsx';
import { NodeCard } from './node-card.tsx';
import { NodeFields, type NodeFormValues, nodeFormValidation } from './node-fields.tsx';
import { sharesOf } from './node-look.ts';
import { NodeTestPanel } from './node-test-panel.tsx';

/** One node: how it is, what it may do, whether it is reached. */
export function NodePage() {
  const { nodeId } = useParams({ from: '/admin/nodes/$nodeId' });
  const { data, error, refetch } = useQuery(nodesQuery);
  const node = data?.find(({ id, name }) => id === nodeId || name === nodeId);
  if (error && !data) {
    return (
      <Box p="lg">
        <ErrorAlert error={error} onRetry={() => void refetch()} />
      </Box>
    );
  }
  if (data === undefined) return <PageSkeleton />;
  if (node === undefined) {
    return (
      <Box p="lg">
        <Alert color="orange" title={t('node.gone')} />
      </Box>
    );
  }
  return (
    <Container size="lg" py="lg">
      <LinkAnchor to="/admin/nodes" size="sm" c="dimmed">
        {t('nav.nodes')}
      </LinkAnchor>
      <PageHeader title={node.name}>
        <Switches node={node} />
      </PageHeader>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Stack>
          <NodeCard node={node} share={sharesOf(data).get(node.id) ?? 0} />
          <Card withBorder radius="lg" padding="lg">
            <Title order={2} fz={17} mb="md">
              {t('test.title')}
            </Title>
            <NodeTestPanel node={node.name} />
          </Card>
        </Stack>
        <Card withBorder radius="lg" padding="lg">
          <Title order={2} fz={17} mb="md">
            {t('node.edit')}
          </Title>
          <EditForm key={node.id} node={node} />
        </Card>
      </SimpleGrid>
    </Container>
  );
}

function Switches({ node }: { node: Node }) {
  const client = useQueryClient();
  const change = (body: { enabled?: boolean; draining?: boolean }): void => {
    call(nodes.updateNode, { params: { id: node.id }, body })
      .catch(notifyError)
      .finally(() => void client.invalidateQueries({ queryKey: ['nodes'] }));
  };
  return (
    <Group gap="lg">
      <Switch
        label={t('node.enabled')}
        checked={node.enabled}
        onChange={(event) => change({ enabled: event.currentTarget.checked })}
      />
      <Switch
        label={t('node.drain')}
        checked={node.draining}
        onChange={(event) => change({ draining: event.currentTarget.checked })}
      />
    </Group>
  );
}

function EditForm({ node }: { node: Node }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const isEmbedded = node.type === 'embedded';
  const form = useForm<NodeFormValues & { revision: number }>({
    initialValues: valuesOf(node),
    validate: nodeFormValidation(isEmbedded),
  });
  const save = useMutation({
    mutationFn: ({ url, internalUrl, ...values }: NodeFormValues & { revision: number }) =>
      call(nodes.updateNode, {
        params: { id: node.id },
        body: {
          ...values,
          ...(isEmbedded ? {} : { url, internalUrl: internalUrl === '' ? null : internalUrl }),
        },
      }),
    onSuccess: async (saved) => {
      await client.invalidateQueries({ queryKey: ['nodes'] });
      form.setValues(valuesOf(saved));
      notifyDone(t('node.saved'));
      if (saved.name !== node.name) {
        await navigate({ to: '/admin/nodes/$nodeId', params: { nodeId: saved.name }, replace: true });
      }
    },
  });
  const isStale = save.error !== null && toApiError(save.error).code === 'NODE_CHANGED';
  const loadTheirs = (): void => {
    form.setValues(valuesOf(node));
    save.reset();
  };
  const remove = (): void => {
    call(nodes.deleteNode, { params: { id: node.id } })
      .then(() => navigate({ to: '/admin/nodes' }))
      .catch(notifyError)
      .finally(() => void client.invalidateQueries({ queryKey: ['nodes'] }));
  };
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
      <Stack>
        {isStale ? (
          <Alert color="orange" icon={<Icon name="alert" />} title={t('node.changed')}>
            <Stack gap="xs" align="flex-start">
              {t('node.changedText')}
              <Button size="xs" variant="light" color="orange" onClick={loadTheirs}>
                {t('node.loadTheirs')}
              </Button>
            </Stack>
          </Alert>
        ) : (
          save.error && <ErrorAlert error={save.error} />
        )}
        <NodeFields form={form as never} isEmbedded={isEmbedded} />
        <Group justify="space-between">
          {isEmbedded ? (
            <span />
          ) : (
            <Button
              variant="light"
              color="red"
              onClick={() =>
                confirm({
                  title: t('node.delete.title', { name: node.name }),
                  text: t('node.delete.text'),
                  confirm: t('common.delete'),
                  run: remove,
                })
              }
            >
              {t('common.delete')}
            </Button>
          )}
          <Button type="submit" loading={save.isPending}>
            {t('common.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

const valuesOf = (node: Node) => ({
  name: node.name,
  url: node.url ?? '',
  internalUrl: node.internalUrl ?? '',
  weight: node.weight,
  capabilities: node.capabilities,
  revision: node.revision,
});
