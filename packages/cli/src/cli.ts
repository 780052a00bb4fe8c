import { type Api, createApi } from './api/api.ts';
import type { Settings } from './config.ts';
import type { Paint } from './output/paint.ts';
import type { StatusLine } from './output/status-line.ts';
import type { TableStyle } from './output/table.ts';
import { resolveSession } from './session/resolve-session.ts';
import { columnsOf, type Io } from './terminal/io.ts';

/** What every command works with; made once for each run of the program. */
export type Cli = {
  readonly io: Io;
  readonly settings: Settings;
  /** True with `--json`: results are documents, and nothing else goes to standard output. */
  readonly json: boolean;
  readonly signal: AbortSignal;
  readonly paint: Paint;
  readonly status: StatusLine;
  readonly nowMs: () => number;
};

/** The master that the user is signed in to. */
export async function signedIn(cli: Cli): Promise<Api> {
  const session = await resolveSession(cli.settings);
  return createApi({ ...session, signal: cli.signal });
}

/** How tables look: cut to the width of a terminal, whole anywhere else. */
export const tableStyle = ({ io, paint }: Cli): TableStyle => ({
  width: io.stdout.isTTY === true ? columnsOf(io.stdout) : null,
  title: paint.dim,
});
