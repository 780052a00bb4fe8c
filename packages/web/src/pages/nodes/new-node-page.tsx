import { type EndpointOutput, nodes } from '@longshore/protocol';
import { Button, Card, Code, Container, Group, Stack, Stepper, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { t } from '../../language/language.ts';
import { CopyText } from '../../ui/copy-text.tsx';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { Icon } from '../../ui/icons.tsx';
import { LinkAnchor, LinkButton } from '../../ui/links.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { NodeFields, type NodeFormValues, nodeFormValidation } from './node-fields.tsx';
import { NodeTestPanel } from './node-test-panel.tsx';
import classes from './nodes.module.css';
import type { UnsavedNodeInput } from './use-node-test.ts';

type Created = EndpointOutput<typeof nodes.createNode>;

/** Three steps to a node: what it is, its configuration on its machine, and whether the two reach each other. */
export function NewNodePage() {
  const [created, setCreated] = useState<Created | null>(null);
  const [step, setStep] = useState(0);
  return (
    <Container size="md" py="lg">
      <LinkAnchor to="/admin/nodes" size="sm" c="dimmed">
        {t('nav.nodes')}
      </LinkAnchor>
      <PageHeader title={t('nav.newNode')} description={t('newNode.description')} />
      <Stepper active={step} allowNextStepsSelect={false} size="sm">
        <Stepper.Step label={t('newNode.describe')} allowStepSelect={false}>
          <Describe
            onCreated={(answer) => {
              setCreated(answer);
              setStep(1);
            }}
          />
        </Stepper.Step>
        <Stepper.Step label={t('newNode.install')} allowStepSelect={created !== null}>
          {created && <Install created={created} onNext={() => setStep(2)} />}
        </Stepper.Step>
        <Stepper.Step label={t('newNode.test')} allowStepSelect={created !== null}>
          {created && <TestIt name={created.node.name} onBack={() => setStep(1)} />}
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
        <div>
          <Group justify="space-between" mb={6}>
            <Text size="sm" fw={600}>
              conf.ini
            </Text>
            <Group gap="xs">
              <CopyText text={created.confIni} label={t('common.copy')} />
              <Button
                size="xs"
                variant="default"
                leftSection={<Icon name="download" size={16} />}
                onClick={() => save('conf.ini', created.confIni)}
              >
                {t('common.download')}
              </Button>
            </Group>
          </Group>
          <Code block className={classes.config} data-testid="conf-ini" tabIndex={0}>
            {created.confIni}
          </Code>
        </div>
        <Text size="xs" c="orange">
          {t('newNode.secretOnce')}
        </Text>
        <div>
          <Text size="sm" fw={600} mb={6}>
            {t('newNode.start')}
          </Text>
          <Group gap="xs">
            <Code block flex={1}>
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

function TestIt({ name, onBack }: { name: string; onBack: () => void }) {
  return (
    <Card withBorder radius="lg" padding="lg" mt="md">
      <Stack>
        <Text size="sm">{t('newNode.testText')}</Text>
        <NodeTestPanel node={name} />
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

/** Hands a text to the browser as a file. */
function save(name: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
