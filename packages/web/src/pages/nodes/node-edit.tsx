import { GrantableCapability, type Node, nodes } from '@longshore/protocol';
import { Alert, Button, Card, Group, Stack, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { toApiError } from '../../api/api-error.ts';
import { call } from '../../api/call.ts';
import { t } from '../../language/language.ts';
import { confirm } from '../../ui/confirm.tsx';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { Icon } from '../../ui/icons.tsx';
import { notifyDone, notifyError } from '../../ui/notify.tsx';
import { NodeFields, type NodeFormValues, nodeFormValidation } from './node-fields.tsx';

type Values = NodeFormValues & { revision: number };

/** What an administrator has decided about a node. An edit of somebody else in between is told, not overwritten. */
export function NodeEdit({ node }: { node: Node }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const isEmbedded = node.type === 'embedded';
  const form = useForm<Values>({
    initialValues: valuesOf(node),
    validate: nodeFormValidation(isEmbedded),
  });
  const load = (from: Node): void => {
    form.setValues(valuesOf(from));
    form.resetDirty(valuesOf(from));
  };
  const save = useMutation({
    mutationFn: ({ url, internalUrl, ...values }: Values) =>
      call(nodes.updateNode, {
        params: { id: node.id },
        body: {
          ...values,
          ...(isEmbedded ? {} : { url, internalUrl: internalUrl === '' ? null : internalUrl }),
        },
      }),
    onSuccess: async (saved) => {
      load(saved);
      await client.invalidateQueries({ queryKey: ['nodes'] });
      notifyDone(t('node.saved'));
      if (saved.name !== node.name) {
        await navigate({
          to: '/admin/nodes/$nodeId',
          params: { nodeId: saved.name },
          search: { tab: 'edit' },
          replace: true,
        });
      }
    },
    onError: () => void client.invalidateQueries({ queryKey: ['nodes'] }),
  });
  const isRefused = save.error !== null && toApiError(save.error).code === 'NODE_CHANGED';
  const isBehind = node.revision > form.values.revision && !save.isPending;
  const isUntouched = !form.isDirty();
  useEffect(() => {
    if (isBehind && isUntouched) load(node);
  }, [isBehind, isUntouched, node.revision]);
  const remove = (): void => {
    call(nodes.deleteNode, { params: { id: node.id } })
      .then(() => navigate({ to: '/admin/nodes' }))
      .catch(notifyError)
      .finally(() => void client.invalidateQueries({ queryKey: ['nodes'] }));
  };
  return (
    <Card withBorder radius="lg" padding="lg">
      <Title order={2} fz={17} mb="md">
        {t('node.edit')}
      </Title>
      <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
        <Stack>
          {isRefused || (isBehind && !isUntouched) ? (
            <Alert color="orange" icon={<Icon name="alert" />} title={t('node.changed')} role="alert">
              <Stack gap="xs" align="flex-start">
                {t('node.changedText')}
                <Button
                  size="xs"
                  variant="light"
                  color="orange"
                  onClick={() => {
                    load(node);
                    save.reset();
                  }}
                >
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
    </Card>
  );
}

const valuesOf = (node: Node): Values => ({
  name: node.name,
  url: node.url ?? '',
  internalUrl: node.internalUrl ?? '',
  weight: node.weight,
  capabilities: GrantableCapability.options.filter((one) => node.capabilities.includes(one)),
  revision: node.revision,
});
