import { ActionIcon, Affix, Group, Paper, Progress, ScrollArea, Text, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef } from 'react';
import { formatBytes, formatRate } from '../format/format-bytes.ts';
import { formatSpan } from '../format/format-times.ts';
import { baseName, parentPath } from '../format/paths.ts';
import { t } from '../language/language.ts';
import { explain } from '../language/told.ts';
import { Facts } from '../ui/facts.tsx';
import { Icon, type IconName } from '../ui/icons.tsx';
import { type Upload, type UploadsSnapshot, uploadQueue, useUploads } from './upload-queue.ts';
import classes from './uploads.module.css';

const rowHeightPx = 56;

/** What this tab uploads, in a corner of every page. */
export function UploadsPanel() {
  const snapshot = useUploads();
  const [opened, { toggle }] = useDisclosure(true);
  if (snapshot.uploads.length === 0) return null;
  return (
    <Affix position={{ bottom: 16, right: 16 }} zIndex={150}>
      <Paper
        shadow="xl"
        radius="lg"
        withBorder
        w={400}
        maw="calc(100vw - 32px)"
        role="region"
        aria-label={t('uploads.title')}
      >
        <Header snapshot={snapshot} opened={opened} onToggle={toggle} />
        {opened && <UploadList snapshot={snapshot} />}
      </Paper>
    </Affix>
  );
}

function Header({
  snapshot,
  opened,
  onToggle,
}: {
  snapshot: UploadsSnapshot;
  opened: boolean;
  onToggle: () => void;
}) {
  const { active, done, failed, sentBytes, totalBytes, bytesPerSecond, uploads } = snapshot;
  const paused = uploads.some((upload) => upload.state === 'paused');
  const left = totalBytes - sentBytes;
  const title =
    active > 0
      ? t('uploads.active', { count: active })
      : failed > 0
        ? t('uploads.failed', { count: failed })
        : paused
          ? t('uploads.paused')
          : t('uploads.done', { count: done });
  return (
    <>
      <Group justify="space-between" wrap="nowrap" px="md" py="sm">
        <div>
          <Text size="sm" fw={600} aria-live="polite">
            {title}
          </Text>
          <Text size="xs" c="dimmed" className="tabular">
            {formatBytes(sentBytes)} / {formatBytes(totalBytes)}
            {active > 0 &&
              bytesPerSecond > 0 &&
              ` · ${formatRate(bytesPerSecond)} · ${formatSpan((left / bytesPerSecond) * 1000)}`}
          </Text>
        </div>
        <Group gap={2} wrap="nowrap">
          {failed > 0 && <Control icon="retry" label={t('uploads.retryAll')} run={uploadQueue.retryFailed} />}
          {active > 0 && <Control icon="pause" label={t('uploads.pauseAll')} run={uploadQueue.pauseAll} />}
          {paused && <Control icon="play" label={t('uploads.resumeAll')} run={uploadQueue.resumeAll} />}
          {active === 0 && !paused && (
            <Control icon="cross" label={t('uploads.clear')} run={uploadQueue.clear} />
          )}
          <Control
            icon={opened ? 'down' : 'up'}
            label={t(opened ? 'uploads.fold' : 'uploads.unfold')}
            run={onToggle}
          />
        </Group>
      </Group>
      <Progress
        value={totalBytes === 0 ? (active > 0 ? 0 : 100) : (sentBytes / totalBytes) * 100}
        size={4}
        radius={0}
        color={failed > 0 ? 'red' : 'harbor'}
        aria-label={title}
      />
    </>
  );
}

function UploadList({ snapshot }: { snapshot: UploadsSnapshot }) {
  const viewport = useRef<HTMLDivElement>(null);
  const { uploads } = snapshot;
  const virtual = useVirtualizer({
    count: uploads.length,
    getScrollElement: () => viewport.current,
    estimateSize: () => rowHeightPx,
    // An error is as high as its text.
    measureElement: (row) => row.getBoundingClientRect().height,
    getItemKey: (index) => uploads[index]?.id ?? index,
    overscan: 6,
  });
  const height = Math.min(virtual.getTotalSize(), 5 * rowHeightPx);
  return (
    <ScrollArea h={height} viewportRef={viewport}>
      <ul className={classes.list} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const upload = uploads[item.index];
          return (
            upload && (
              <li
                key={item.key}
                ref={virtual.measureElement}
                data-index={item.index}
                data-upload-state={upload.state}
                className={classes.row}
                style={{ top: item.start }}
              >
                <UploadRow upload={upload} />
              </li>
            )
          );
        })}
      </ul>
    </ScrollArea>
  );
}

function UploadRow({ upload }: { upload: Upload }) {
  const { id, state, file, sentBytes, error } = upload;
  const isSending = state === 'uploading' || (state === 'paused' && sentBytes > 0);
  const share = file.size === 0 ? 0 : (sentBytes / file.size) * 100;
  return (
    <>
      <Group gap="xs" wrap="nowrap">
        <div style={{ flex: 1, minWidth: 0 }}>
          <Text size="sm" truncate title={upload.path}>
            {baseName(upload.path)}
          </Text>
          <Text size="xs" c="dimmed" truncate className="tabular" title={parentPath(upload.path)}>
            <Facts of={factsOf(upload)} />
          </Text>
        </div>
        {state === 'uploading' && (
          <Control icon="pause" label={t('uploads.pause')} run={() => uploadQueue.pause(id)} />
        )}
        {state === 'paused' && (
          <Control icon="play" label={t('uploads.resume')} run={() => uploadQueue.resume(id)} />
        )}
        {state === 'failed' && (
          <Control icon="retry" label={t('common.retry')} run={() => uploadQueue.resume(id)} />
        )}
        {state === 'done' ? (
          <Icon name="check" size={18} color="var(--mantine-color-teal-6)" />
        ) : (
          <Control icon="cross" label={t('uploads.cancel')} run={() => uploadQueue.cancel(id)} />
        )}
      </Group>
      {isSending && (
        <Progress
          value={share}
          size={3}
          mt={4}
          color={state === 'paused' ? 'gray' : 'harbor'}
          aria-label={t('uploads.progressOf', { name: baseName(upload.path) })}
        />
      )}
      {error !== null && (
        <Text size="xs" c="red" className="breakable" role="alert">
          {error.code}: {explain(error)}
        </Text>
      )}
    </>
  );
}

/** How it stands, and while it is sent, how much of it, how fast and for how long. */
function factsOf({ state, file, sentBytes, speed }: Upload): string[] {
  const { bytesPerSecond } = speed;
  if (state !== 'uploading') return [t(`uploads.state.${state}`), formatBytes(file.size)];
  const sent = `${formatBytes(sentBytes)} / ${formatBytes(file.size)}`;
  if (bytesPerSecond === 0) return [sent];
  const leftMs = ((file.size - sentBytes) / bytesPerSecond) * 1000;
  return [sent, formatRate(bytesPerSecond), t('task.left', { span: formatSpan(Math.max(1_000, leftMs)) })];
}

function Control({ icon, label, run }: { icon: IconName; label: string; run: () => void }) {
  return (
    <Tooltip label={label}>
      <ActionIcon variant="subtle" color="gray" onClick={run} aria-label={label}>
        <Icon name={icon} size={16} />
      </ActionIcon>
    </Tooltip>
  );
}
