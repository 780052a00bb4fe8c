import { Breadcrumbs, Button, NavLink, Paper, ScrollArea, Skeleton, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { pathSteps } from '../../format/paths.ts';
import { t } from '../../language/language.ts';
import { subfoldersQuery } from '../../queries/file-queries.ts';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { Icon } from '../../ui/icons.tsx';

/** Chooses a folder by walking to it. `except` are paths that cannot be entered. */
export function FolderPicker(picker: {
  value: string;
  onChange: (path: string) => void;
  except?: readonly string[];
  label?: string;
}) {
  const { value, onChange } = picker;
  const { data, error, refetch } = useQuery(subfoldersQuery(value));
  return (
    <Stack gap={6}>
      {picker.label && (
        <Text size="sm" fw={500}>
          {picker.label}
        </Text>
      )}
      <Paper withBorder radius="md">
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
              disabled={picker.except?.includes(folder.path) ?? false}
              onClick={() => onChange(folder.path)}
            />
          ))}
        </ScrollArea>
      </Paper>
    </Stack>
  );
}
