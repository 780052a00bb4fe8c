/** One event as it came over the wire. */
export type WireEvent = { id: string | undefined; event: string; data: unknown };

/** An event stream that collects what it is sent. */
export type EventReader = {
  readonly status: number;
  readonly events: WireEvent[];
  /** How many comments have come: the heartbeats. */
  readonly comments: () => number;
  /** Resolves when the server has ended the stream. */
  readonly ended: Promise<void>;
  /** The events of a type so far. */
  of(type: string): WireEvent[];
  close(): void;
};

export async function readEvents(url: string, headers: Record<string, string>): Promise<EventReader> {
  const leaving = new AbortController();
  const answer = await fetch(url, { headers, signal: leaving.signal });
  const events: WireEvent[] = [];
  let comments = 0;
  const read = async (): Promise<void> => {
    let text = '';
    for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const blocks = (text + chunk).split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        if (block.startsWith(':')) comments += 1;
        else if (answer.status === 200) events.push(parse(block));
      }
    }
  };
  const ended = read().catch(() => undefined);
  return {
    status: answer.status,
    events,
    comments: () => comments,
    ended,
    of: (type) => events.filter(({ event }) => event === type),
    close: () => leaving.abort(),
  };
}

function parse(block: string): WireEvent {
  const fields = new Map(
    block.split('\n').map((line) => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)] as const;
    }),
  );
  return {
    id: fields.get('id'),
    event: fields.get('event') ?? 'message',
    data: JSON.parse(fields.get('data') ?? 'null'),
  };
}
