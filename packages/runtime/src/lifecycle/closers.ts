/** Collects what was opened, and closes it in reverse order. */
export type Closers = {
  add(name: string, close: () => void | Promise<void>): void;
  /** Closes everything once; later calls wait for the first. All closers run even when one fails. */
  close(): Promise<void>;
};

export function createClosers(onError: (name: string, error: unknown) => void): Closers {
  const opened: { name: string; close: () => void | Promise<void> }[] = [];
  let closing: Promise<void> | undefined;
  const closeAll = async (): Promise<void> => {
    for (let last = opened.pop(); last !== undefined; last = opened.pop()) {
      try {
        await last.close();
      } catch (error) {
        onError(last.name, error);
      }
    }
  };
  return {
    add: (name, close) => {
      opened.push({ name, close });
    },
    close: () => {
      closing ??= closeAll();
      return closing;
    },
  };
}
