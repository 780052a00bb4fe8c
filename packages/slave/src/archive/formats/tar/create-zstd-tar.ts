import { AppError } from '@longshore/protocol';
import type { CreateRequest } from '../../archive-format.ts';
import { createArchiveOutput } from '../../archive-output.ts';
import { createOrderedLane } from '../../ordered-lane.ts';
import type { EncodedTarGroup } from './encode-tar-group.ts';
import { type TarGroup, tarGroups } from './tar-groups.ts';

/**
 * Makes a tar.zst (RFC 8878): groups of members are read, laid out and compressed on the threads side by side, each as a
 * frame of its own with a checksum.
 */
export async function createZstdTar(request: CreateRequest): Promise<void> {
  const { threads, signal, level, meter, onLost } = request;
  const output = createArchiveOutput(request);
  const share = threads.share();
  const lane = createOrderedLane(threads.size + 2);

  const finish = async (group: TarGroup, { bytes, lost }: EncodedTarGroup): Promise<void> => {
    let lostBytes = 0;
    for (const { position, code, message } of lost) {
      const member = group.files.get(position);
      if (member === undefined) continue;
      lostBytes += member.source.sizeBytes;
      onLost(member, new AppError(code, message, { details: { entry: member.path } }));
    }
    meter.read(group.fileBytes - lostBytes);
    meter.entries(group.entries - lost.length);
    await output.write(bytes);
  };

  for await (const group of tarGroups(request)) {
    const { pieces, literal } = group;
    const transfer = [literal.buffer as ArrayBuffer];
    await lane.push(
      () => share.run('encodeTarGroup', { pieces, literal, level }, { signal, transfer }),
      (encoded) => finish(group, encoded),
    );
  }
  await lane.drain();
  output.end();
}
