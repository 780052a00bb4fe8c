import { GroupName, groups, type Group as UserGroup } from '@longshore/protocol';
import {
  Button,
  Divider,
  Group,
  MultiSelect,
  NumberInput,
  SegmentedControl,
  SimpleGrid,
  Stack,
  Switch,
  Text,
  TextInput,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { modals } from '@mantine/modals';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { call } from '../../api/call.ts';
import { t } from '../../language/language.ts';
import { settingsQuery } from '../../queries/audit-queries.ts';
import { nodesQuery } from '../../queries/node-queries.ts';
import { BytesInput } from '../../ui/bytes-input.tsx';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { type LimitName, limitNames, limitUnits, withoutLimit } from './limits.ts';

/** Makes a group, or edits one. */
export function openGroupDialog(group: UserGroup | null): void {
  const id = modals.open({
    title: group === null ? t('groups.add') : t('groups.edit', { name: group.name }),
    size: 'lg',
    closeButtonProps: { 'aria-label': t('common.close') },
    children: <GroupForm group={group} onDone={() => modals.close(id)} />,
  });
}

type Values = {
  name: string;
  limits: UserGroup['limits'];
  mayChooseNode: boolean;
  onlySome: boolean;
  nodes: string[];
};

const unlimited = Object.fromEntries(limitNames.map((name) => [name, null])) as UserGroup['limits'];

function GroupForm({ group, onDone }: { group: UserGroup | null; onDone: () => void }) {
  const client = useQueryClient();
  const { data: nodes } = useQuery(nodesQuery);
  const { data: settings } = useQuery(settingsQuery());
  const form = useForm<Values>({
    initialValues: {
      name: group?.name ?? '',
      limits: group?.limits ?? unlimited,
      mayChooseNode: group?.mayChooseNode ?? true,
      onlySome: group !== null && group.allowedNodes !== null,
      nodes: group?.allowedNodes?.map(({ id }) => id) ?? [],
    },
    validate: {
      name: (name) => (GroupName.safeParse(name).success ? null : t('groups.nameRule')),
      nodes: (chosen, { onlySome }) => (onlySome && chosen.length === 0 ? t('groups.nodesRule') : null),
    },
  });
  const save = useMutation({
    mutationFn: ({ name, limits, mayChooseNode, onlySome, nodes: chosen }: Values) => {
      const body = { name, limits, mayChooseNode, allowedNodes: onlySome ? chosen : null };
      return group === null
        ? call(groups.createGroup, { body })
        : call(groups.updateGroup, { params: { id: group.id }, body });
    },
    onSuccess: () => {
      // Limits of users are those of their groups.
      for (const key of ['groups', 'users', 'me']) void client.invalidateQueries({ queryKey: [key] });
      onDone();
    },
  });
  const limit = (name: LimitName) => ({
    label: t(`limits.${name}`),
    description: t(`limits.${name}.hint`),
    placeholder: withoutLimit(name, settings),
    value: form.values.limits[name],
    onChange: (value: number | null) => form.setFieldValue(`limits.${name}`, value),
  });
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
      <Stack>
        {save.error && <ErrorAlert error={save.error} />}
        <TextInput label={t('groups.name')} data-autofocus {...form.getInputProps('name')} />
        <Divider label={t('groups.limits')} labelPosition="left" />
        <Text size="sm" c="dimmed" mt={-8}>
          {t('groups.limitsHint')}
        </Text>
        <SimpleGrid cols={{ base: 1, sm: 2 }} verticalSpacing="sm">
          {limitNames.map((name) =>
            limitUnits[name] === 'bytes' ? (
              <BytesInput key={name} {...limit(name)} />
            ) : (
              <CountInput key={name} {...limit(name)} />
            ),
          )}
        </SimpleGrid>
        <Divider label={t('nav.nodes')} labelPosition="left" />
        <SegmentedControl
          aria-label={t('groups.nodes')}
          data={[
            { value: 'all', label: t('groups.allNodes') },
            { value: 'some', label: t('groups.someNodes') },
          ]}
          value={form.values.onlySome ? 'some' : 'all'}
          onChange={(value) => form.setFieldValue('onlySome', value === 'some')}
        />
        {form.values.onlySome && (
          <MultiSelect
            label={t('groups.allowedNodes')}
            description={t('groups.allowedNodesHint')}
            data={(nodes ?? []).map(({ id, name }) => ({ value: id, label: name }))}
            {...form.getInputProps('nodes')}
          />
        )}
        <Switch
          label={t('groups.mayChoose')}
          description={t('groups.mayChooseHint')}
          {...form.getInputProps('mayChooseNode', { type: 'checkbox' })}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onDone}>
            {t('common.cancel')}
          </Button>
          <Button type="submit" loading={save.isPending}>
            {t(group === null ? 'common.create' : 'common.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function CountInput({
  value,
  onChange,
  ...rest
}: {
  label: string;
  description: string;
  placeholder: string;
  value: number | null;
  onChange: (value: number | null) => void;
}) {
  return (
    <NumberInput
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      min={1}
      allowDecimal={false}
      allowNegative={false}
      thousandSeparator=" "
      value={value ?? ''}
      onChange={(next) => onChange(next === '' ? null : Number(next))}
      {...rest}
    />
  );
}
