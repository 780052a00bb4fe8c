import { TestStep } from '@longshore/protocol';
import { Alert, Button, Group, Stack, Text, Timeline } from '@mantine/core';
import { formatSpan } from '../../format/format-times.ts';
import { t } from '../../language/language.ts';
import { evidenceOf, hintOf } from '../../language/told.ts';
import { CopyText } from '../../ui/copy-text.tsx';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { Icon } from '../../ui/icons.tsx';
import { type UnsavedNodeInput, useNodeTest } from './use-node-test.ts';

type StepName = TestStep['step'];
const stepNames = TestStep.shape.step.options;
const colors = { ok: 'teal', warning: 'orange', failed: 'red', skipped: 'gray' } as const;
const icons = { ok: 'check', warning: 'alert', failed: 'cross', skipped: 'minus' } as const;

/** Examines the way to a node and back, and tells what is wrong and what to do. */
export function NodeTestPanel({ node }: { node: string | UnsavedNodeInput }) {
  const test = useNodeTest(node);
  const { steps, isRunning } = test;
  const failed = steps.find((step) => step.status === 'failed');
  const isOver = !isRunning && steps.length > 0;
  // A step may come several times, once for each address; those that are still to come have a line already.
  const lines = stepNames.flatMap((name): { name: StepName; step: TestStep | undefined; key: string }[] => {
    const known = steps.filter((step) => step.step === name);
    if (known.length === 0) return [{ name, step: undefined, key: `${name} 0` }];
    return known.map((step, index) => ({ name, step, key: `${name} ${index}` }));
  });
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
          {lines.map(({ name, step, key }) => (
            <Timeline.Item key={key} {...bulletOf(step)} title={<StepTitle name={name} step={step} />}>
              <StepEvidence step={step} />
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

function StepTitle({ name, step }: { name: StepName; step: TestStep | undefined }) {
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
      <Text
        size="xs"
        c={step.status === 'failed' ? 'red' : step.status === 'warning' ? 'orange' : 'dimmed'}
        className="breakable"
      >
        {step.error ? `${step.error.code}: ` : ''}
        {evidenceOf(step)}
      </Text>
      {step.error && (
        <Text size="sm" mt={4}>
          {hintOf(step.error)}
        </Text>
      )}
    </>
  );
}
