import { Breadcrumbs, Button, Group, NavLink, Paper, ScrollArea, Skeleton, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { pathSteps } from '../../format/paths.ts';
import { t } from '../../language/language.ts';
import { subfoldersQuery } from '../../queries/file-queries.ts';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { Icon } from '../../ui/icons.tsx';

type Picker = {
  value: string;
  onChange: (path: string) => void;
  /** Paths that cannot be entered. */
  except?: readonly string[];
  label: string;
};

/** Chooses a folder by walking to it. With `folded` it is a line until somebody wants another folder. */
export function FolderPicker({ folded = false, ...picker }: Picker & { folded?: boolean }) {
  const [opened, setOpened] = useState(!folded);
  const labelId = useId();
  return (
    <Stack gap={6} role="group" aria-labelledby={labelId}>
      <Text size="sm" fw={500} id={labelId}>
        {picker.label}
      </Text>
      <Paper withBorder radius="md">
        {opened ? (
          <Walk {...picker} />
        ) : (
          <Group px="sm" py={6} gap="xs" wrap="nowrap">
            <Icon name="folder" size={16} style={{ flex: 'none' }} />
            <Text size="sm" truncate flex={1} title={picker.value}>
              {picker.value === '/' ? t('files.root') : picker.value}
            </Text>
            <Button size="compact-sm" variant="subtle" onClick={() => setOpened(true)}>
              {t('files.pickFolder')}
            </Button>
          </Group>
        )}
      </Paper>
    </Stack>
  );
}

function Walk({ value, onChange, except = [] }: Picker) {
  const { data, error, refetch } = useQuery(subfoldersQuery(value));
  return (
    <>
      <Breadcrumbs separatorMargin={2} px="xs" py={6} separator={<Icon name="right" size={12} />}>
        {[{ name: t('files.root'), path: '/' }, ...pathSteps(value)].map((step) => (
          <Button
            key={step.path}
            size="compact-sm"
            variant="subtle"
            maw={160}
            onClick={() => onChange(step.path)}
          >
            {step.name}
          </Button>
        ))}
      </Breadcrumbs>
      <ScrollArea h={170} px={4} pb={4}>
        {error && <ErrorAlert error={error} onRetry={() => void refetch()} />}
        {data === undefined && !error && <Skeleton h={28} m="xs" />}
        {data?.length === 0 && (
          <Text size="sm" c="dimmed" p="sm">
            {t('files.noFolders')}
          </Text>
        )}
        {data?.map((folder) => (
          <NavLink
            key={folder.path}
            component="button"
            type="button"
            py={6}
            label={folder.name}
            leftSection={<Icon name="folder" size={16} />}
            disabled={except.includes(folder.path)}
            onClick={() => onChange(folder.path)}
          />
        ))}
      </ScrollArea>
    </>
  );
}
