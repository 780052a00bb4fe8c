import type { TestStep } from '@longshore/protocol';
import { Alert, Button, Group, Stack, Text, Timeline } from '@mantine/core';
import { formatSpan } from '../../format/format-times.ts';
import { hintOf } from '../../language/error-hints.ts';
import { t } from '../../language/language.ts';
import { CopyText } from '../../ui/copy-text.tsx';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { Icon } from '../../ui/icons.tsx';
import { useNodeTest } from './use-node-test.ts';

const stepNames = [
  'resolve',
  'connect',
  'tls',
  'slave',
  'version',
  'clock',
  'signature',
  'callback',
  'temp',
] as const;
const colors = { ok: 'teal', failed: 'red', skipped: 'gray' } as const;
const icons = { ok: 'check', failed: 'cross', skipped: 'minus' } as const;

/** Examines the way to a node and back, and tells what is wrong and what to do. */
export function NodeTestPanel({ nodeName }: { nodeName: string }) {
  const test = useNodeTest(nodeName);
  const { steps, isRunning } = test;
  const failed = steps.find((step) => step.status === 'failed');
  const isOver = !isRunning && steps.length > 0;
  const report = steps.map((step) => `${step.step}: ${step.status} ${step.evidence}`).join('\n');
  return (
    <Stack>
      <Group>
        <Button
          onClick={test.run}
          loading={isRunning}
          leftSection={<Icon name="heart" size={16} />}
          variant={isOver ? 'default' : 'filled'}
        >
          {t(isOver ? 'test.again' : 'test.run')}
        </Button>
        {isOver && <CopyText text={report} label={t('test.copy')} />}
      </Group>
      {test.error && <ErrorAlert error={test.error} />}
      {isOver && !failed && !test.error && (
        <Alert color="teal" icon={<Icon name="check" />} title={t('test.passed')} role="status">
          {t('test.passedText')}
        </Alert>
      )}
      {(isRunning || steps.length > 0) && (
        <Timeline bulletSize={26} lineWidth={2} active={steps.length - 1} aria-live="polite">
          {stepNames.map((name) => (
            <Timeline.Item
              key={name}
              {...bulletOf(steps.find((step) => step.step === name))}
              title={<StepTitle name={name} step={steps.find((step) => step.step === name)} />}
            >
              <StepEvidence step={steps.find((step) => step.step === name)} />
            </Timeline.Item>
          ))}
        </Timeline>
      )}
    </Stack>
  );
}

const bulletOf = (step: TestStep | undefined) =>
  step === undefined
    ? { color: 'gray' }
    : { color: colors[step.status], bullet: <Icon name={icons[step.status]} size={14} /> };

function StepTitle({ name, step }: { name: (typeof stepNames)[number]; step: TestStep | undefined }) {
  return (
    <Group gap="xs" data-step={name} data-status={step?.status ?? 'waiting'}>
      <Text size="sm" fw={600} c={step === undefined ? 'dimmed' : undefined}>
        {t(`test.step.${name}`)}
      </Text>
      {step && step.status !== 'skipped' && (
        <Text size="xs" c="dimmed" className="tabular">
          {formatSpan(step.durationMs)}
        </Text>
      )}
    </Group>
  );
}

function StepEvidence({ step }: { step: TestStep | undefined }) {
  if (step === undefined) return null;
  return (
    <>
      <Text size="xs" c={step.status === 'failed' ? 'red' : 'dimmed'} className="breakable">
        {step.error ? `${step.error.code}: ` : ''}
        {step.evidence}
      </Text>
      {step.error && (
        <Text size="sm" mt={4}>
          {hintOf(step.error)}
        </Text>
      )}
    </>
  );
}
