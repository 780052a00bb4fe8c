import { GrantableCapability, NodeName, NodeUrl } from '@longshore/protocol';
import { Checkbox, Group, NumberInput, Stack, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { t } from '../../language/language.ts';

export type NodeFormValues = {
  name: string;
  url: string;
  internalUrl: string;
  weight: number;
  capabilities: GrantableCapability[];
};

export const nodeFormValidation = (isEmbedded: boolean) => ({
  name: (value: string) => (NodeName.safeParse(value).success ? null : t('node.nameRule')),
  url: (value: string) => (isEmbedded || NodeUrl.safeParse(value).success ? null : t('node.urlRule')),
  internalUrl: (value: string) =>
    value === '' || NodeUrl.safeParse(value).success ? null : t('node.urlRule'),
  capabilities: (value: GrantableCapability[]) => (value.length > 0 ? null : t('node.capabilitiesRule')),
});

/** What is said of a node when it is made and when it is edited. */
export function NodeFields({
  form,
  isEmbedded,
}: {
  form: UseFormReturnType<NodeFormValues>;
  isEmbedded: boolean;
}) {
  return (
    <Stack>
      <TextInput label={t('node.name')} description={t('node.nameHint')} {...form.getInputProps('name')} />
      {!isEmbedded && (
        <>
          <TextInput
            label={t('node.url')}
            description={t('node.urlHint')}
            placeholder="http://10.0.0.5:5213"
            {...form.getInputProps('url')}
          />
          <TextInput
            label={t('node.internalUrl')}
            description={t('node.internalUrlHint')}
            {...form.getInputProps('internalUrl')}
          />
        </>
      )}
      <NumberInput
        label={t('node.weight')}
        description={t('node.weightHint')}
        min={1}
        max={1000}
        allowDecimal={false}
        styles={{ wrapper: { width: 140 } }}
        {...form.getInputProps('weight')}
      />
      <Checkbox.Group
        label={t('node.capabilities')}
        description={t('node.capabilitiesHint')}
        {...form.getInputProps('capabilities')}
      >
        <Group mt="xs">
          {GrantableCapability.options.map((capability) => (
            <Checkbox key={capability} value={capability} label={t(`capability.${capability}`)} />
          ))}
        </Group>
      </Checkbox.Group>
    </Stack>
  );
}
