import type { FileEntry } from '@longshore/protocol';
import { isArchive } from '../../format/paths.ts';
import type { IconName } from '../../ui/icons.tsx';

type Look = { icon: IconName; color: string };

const byEnding: readonly [RegExp, Look][] = [
  [/\.(jpe?g|png|gif|webp|avif|heic|svg|bmp|tiff?|raw|cr2|nef)$/i, { icon: 'image', color: 'grape' }],
  [/\.(mp4|mkv|mov|webm|avi|m4v)$/i, { icon: 'film', color: 'pink' }],
  [/\.(mp3|flac|ogg|m4a|wav|opus)$/i, { icon: 'music', color: 'orange' }],
  [/\.(txt|md|pdf|docx?|odt|rtf|csv|xlsx?|log)$/i, { icon: 'text', color: 'blue' }],
  [
    /\.(js|ts|tsx|py|go|rs|c|h|cpp|java|sh|json|ya?ml|toml|html|css|xml|ini)$/i,
    { icon: 'code', color: 'teal' },
  ],
];

/** The picture of an entry, by what its name says it is. */
export function fileLook(entry: Pick<FileEntry, 'kind' | 'name'>): Look {
  if (entry.kind === 'folder') return { icon: 'folder', color: 'harbor' };
  if (isArchive(entry.name)) return { icon: 'archive', color: 'yellow' };
  return byEnding.find(([ending]) => ending.test(entry.name))?.[1] ?? { icon: 'file', color: 'gray' };
}
