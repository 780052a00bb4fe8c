import { type EndpointOutput, type Node, nodes } from '@longshore/protocol';
import { Badge, Button, Card, Code, Container, Group, Stack, Stepper, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { t } from '../../language/language.ts';
import { nodesQuery } from '../../queries/node-queries.ts';
import { CopyText } from '../../ui/copy-text.tsx';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { Icon } from '../../ui/icons.tsx';
import { LinkAnchor, LinkButton } from '../../ui/links.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { usePhone } from '../../ui/use-phone.ts';
import { ConfIni } from './conf-ini.tsx';
import { NodeFields, type NodeFormValues, nodeFormValidation } from './node-fields.tsx';
import { nodeStatus, statusColors } from './node-look.ts';
import { NodeTestPanel } from './node-test-panel.tsx';
import type { UnsavedNodeInput } from './use-node-test.ts';

type Created = EndpointOutput<typeof nodes.createNode>;

/** Three steps to a node: what it is, its configuration on its machine, and whether the two reach each other. */
export function NewNodePage() {
  const [created, setCreated] = useState<Created | null>(null);
  const [step, setStep] = useState(0);
  const isPhone = usePhone();
  // On a phone there is room for the words of one step.
  const label = (index: number, text: string) =>
    isPhone && index !== step ? { 'aria-label': `${index + 1}. ${text}` } : { label: text };
  return (
    <Container py="lg">
      <LinkAnchor to="/admin/nodes" size="sm" c="dimmed">
        <Group gap={4} component="span">
          <Icon name="left" size={14} />
          {t('nav.nodes')}
        </Group>
      </LinkAnchor>
      <PageHeader title={t('nav.newNode')} description={t('newNode.description')} />
      <Stepper maw={760} active={step} allowNextStepsSelect={false} size="sm">
        <Stepper.Step {...label(0, t('newNode.describe'))} allowStepSelect={false}>
          <Describe
            onCreated={(answer) => {
              setCreated(answer);
              setStep(1);
            }}
          />
        </Stepper.Step>
        <Stepper.Step {...label(1, t('newNode.install'))} allowStepSelect={created !== null}>
          {created && <Install created={created} onNext={() => setStep(2)} />}
        </Stepper.Step>
        <Stepper.Step {...label(2, t('newNode.test'))} allowStepSelect={created !== null}>
          {created && <TestIt node={created.node} onBack={() => setStep(1)} />}
        </Stepper.Step>
      </Stepper>
    </Container>
  );
}

function Describe({ onCreated }: { onCreated: (created: Created) => void }) {
  const client = useQueryClient();
  const form = useForm<NodeFormValues>({
    initialValues: {
      name: '',
      url: '',
      internalUrl: '',
      weight: 1,
      capabilities: ['create-archive', 'extract-archive'],
    },
    validate: nodeFormValidation(false),
  });
  const [probed, setProbed] = useState<UnsavedNodeInput | null>(null);
  const probe = (): void => {
    const { url, capabilities } = form.getValues();
    if (!form.validateField('url').hasError) setProbed({ url, capabilities });
  };
  const create = useMutation({
    mutationFn: ({ internalUrl, ...values }: NodeFormValues) =>
      call(nodes.createNode, { body: { ...values, internalUrl: internalUrl === '' ? null : internalUrl } }),
    onSuccess: (created) => {
      void client.invalidateQueries({ queryKey: ['nodes'] });
      onCreated(created);
    },
  });
  return (
    <Card withBorder radius="lg" padding="lg" mt="md">
      <form onSubmit={form.onSubmit((values) => create.mutate(values))}>
        <Stack>
          {create.error && <ErrorAlert error={create.error} />}
          <NodeFields form={form} isEmbedded={false} />
          <Group justify="flex-end">
            {!probed && (
              <Button variant="default" onClick={probe}>
                {t('newNode.probe')}
              </Button>
            )}
            <Button type="submit" loading={create.isPending}>
              {t('newNode.create')}
            </Button>
          </Group>
          {probed && (
            <>
              <Text size="sm" c="dimmed">
                {t('newNode.probeText', { url: probed.url })}
              </Text>
              <NodeTestPanel key={probed.url} node={probed} />
            </>
          )}
        </Stack>
      </form>
    </Card>
  );
}

function Install({ created, onNext }: { created: Created; onNext: () => void }) {
  return (
    <Card withBorder radius="lg" padding="lg" mt="md">
      <Stack>
        <Text size="sm">{t('newNode.installText')}</Text>
        <ConfIni text={created.confIni} />
        <div>
          <Text size="sm" fw={600} mb={6}>
            {t('newNode.start')}
          </Text>
          <Group gap="xs" wrap="nowrap">
            <Code block flex={1} miw={0}>
              {created.startCommand}
            </Code>
            <CopyText text={created.startCommand} />
          </Group>
        </div>
        <Group justify="flex-end">
          <Button onClick={onNext}>{t('newNode.next')}</Button>
        </Group>
      </Stack>
    </Card>
  );
}

/** The last step: the node is saved, so it may be left without a passing test, and its address may be put right. */
function TestIt({ node, onBack }: { node: Node; onBack: () => void }) {
  const client = useQueryClient();
  const { data } = useQuery(nodesQuery);
  const present = data?.find(({ id }) => id === node.id) ?? node;
  const form = useForm({
    initialValues: { url: node.url ?? '' },
    validate: { url: nodeFormValidation(false).url },
  });
  const move = useMutation({
    mutationFn: ({ url }: { url: string }) =>
      call(nodes.updateNode, { params: { id: node.id }, body: { url, revision: present.revision } }),
    onSuccess: (moved) => {
      form.resetDirty({ url: moved.url ?? '' });
      return client.invalidateQueries({ queryKey: ['nodes'] });
    },
  });
  return (
    <Card withBorder radius="lg" padding="lg" mt="md">
      <Stack>
        <Group gap="xs" align="center">
          <Text size="sm" flex={1}>
            {t('newNode.testText')}
          </Text>
          <Badge variant="dot" tt="none" radius="sm" color={statusColors[nodeStatus(present)]}>
            {t(`health.${nodeStatus(present)}`)}
          </Badge>
        </Group>
        {move.error && <ErrorAlert error={move.error} />}
        <form onSubmit={form.onSubmit((values) => move.mutate(values))}>
          <Group align="flex-end" gap="xs">
            <TextInput label={t('node.url')} flex={1} {...form.getInputProps('url')} />
            {form.isDirty() && (
              <Button type="submit" variant="default" loading={move.isPending}>
                {t('newNode.move')}
              </Button>
            )}
          </Group>
        </form>
        <NodeTestPanel key={present.revision} node={node.id} />
        <Group justify="space-between">
          <Button variant="default" onClick={onBack}>
            {t('common.back')}
          </Button>
          <LinkButton to="/admin/nodes">{t('newNode.finish')}</LinkButton>
        </Group>
      </Stack>
    </Card>
  );
}
