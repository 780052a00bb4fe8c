export type Labels<Name extends string> = Readonly<Record<Name, string>>;
export type Sample<Name extends string> = { readonly labels: Labels<Name>; readonly value: number };

type Description<Name extends string> = {
  /** Prometheus' rules for names: lower case, with the base unit and for counters `_total` at the end. */
  readonly name: string;
  readonly help: string;
  readonly labels: readonly Name[];
};

export type Counter<Name extends string> = { add(labels: Labels<Name>, amount?: number): void };
export type Histogram<Name extends string> = { observe(labels: Labels<Name>, value: number): void };

/** What a program counts about itself, to be read by Prometheus. */
export type Metrics = {
  counter<Name extends string = never>(description: Description<Name>): Counter<Name>;
  /** `buckets` are upper bounds, ascending; the last, infinite one comes by itself. */
  histogram<Name extends string = never>(
    description: Description<Name> & { readonly buckets: readonly number[] },
  ): Histogram<Name>;
  /** Values that are looked up when somebody asks. */
  gauge<Name extends string = never>(
    description: Description<Name> & { read(): readonly Sample<Name>[] | Promise<readonly Sample<Name>[]> },
  ): void;
  /** Like a gauge, for what only ever grows. */
  readCounter<Name extends string = never>(
    description: Description<Name> & { read(): readonly Sample<Name>[] | Promise<readonly Sample<Name>[]> },
  ): void;
  /** Everything in the text format 0.0.4. */
  render(): Promise<string>;
};

export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8';

/** From a millisecond to a minute, for requests and transactions. */
export const secondsBuckets = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60] as const;
/** From ten milliseconds to a day, for what waits. */
export const waitBuckets = [0.01, 0.1, 1, 10, 60, 300, 1800, 7200, 86_400] as const;

export function createMetrics(): Metrics {
  const families = new Map<string, () => Promise<string>>();

  function addFamily(
    { name, help }: Description<string>,
    type: 'counter' | 'gauge' | 'histogram',
    lines: () => readonly string[] | Promise<readonly string[]>,
  ): void {
    if (families.has(name)) throw new RangeError(`there is a metric ${name} already`);
    const head = `# HELP ${name} ${help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}\n# TYPE ${name} ${type}`;
    families.set(name, async () => [head, ...(await lines())].join('\n'));
  }

  const read = <Name extends string>(
    description: Description<Name> & { read(): readonly Sample<Name>[] | Promise<readonly Sample<Name>[]> },
    type: 'counter' | 'gauge',
  ): void =>
    addFamily(description, type, async () =>
      (await description.read()).map(
        ({ labels, value }) =>
          `${description.name}${written(description.labels.map((name) => [name, labels[name]]))} ${number(value)}`,
      ),
    );

  return {
    counter: (description) => {
      const { name, labels: names } = description;
      const series = new Map<string, { labels: string; value: number }>();
      addFamily(description, 'counter', () =>
        [...series.values()].map((one) => `${name}${one.labels} ${number(one.value)}`),
      );
      return {
        add: (labels, amount = 1) => {
          const key = keyOf(names, labels);
          const one = series.get(key);
          if (one === undefined) series.set(key, { labels: written(pairs(names, labels)), value: amount });
          else one.value += amount;
        },
      };
    },
    histogram: (description) => {
      const { name, labels: names, buckets } = description;
      type Series = { labels: Labels<(typeof names)[number]>; counts: number[]; sum: number };
      const series = new Map<string, Series>();
      addFamily(description, 'histogram', () =>
        [...series.values()].flatMap(({ labels, counts, sum }) => {
          const own = pairs(names, labels);
          let total = 0;
          const lines = counts.map((count, at) => {
            total += count;
            const bound = buckets[at] === undefined ? '+Inf' : number(buckets[at]);
            return `${name}_bucket${written([...own, ['le', bound]])} ${total}`;
          });
          return [
            ...lines,
            `${name}_sum${written(own)} ${number(sum)}`,
            `${name}_count${written(own)} ${total}`,
          ];
        }),
      );
      return {
        observe: (labels, value) => {
          const key = keyOf(names, labels);
          let one = series.get(key);
          if (one === undefined) {
            one = { labels, counts: new Array<number>(buckets.length + 1).fill(0), sum: 0 };
            series.set(key, one);
          }
          let at = 0;
          while (at < buckets.length && value > (buckets[at] ?? 0)) at += 1;
          one.counts[at] = (one.counts[at] ?? 0) + 1;
          one.sum += value;
        },
      };
    },
    gauge: (description) => read(description, 'gauge'),
    readCounter: (description) => read(description, 'counter'),
    render: async () =>
      `${(await Promise.all([...families.values()].map((render) => render()))).join('\n')}\n`,
  };
}

const keyOf = <Name extends string>(names: readonly Name[], labels: Labels<Name>): string => {
  let key = '';
  for (const name of names) key += `${labels[name]}\0`;
  return key;
};

const pairs = <Name extends string>(names: readonly Name[], labels: Labels<Name>): [string, string][] =>
  names.map((name) => [name, labels[name]]);

const escapes: Record<string, string> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };

function written(labels: readonly (readonly [string, string])[]): string {
  if (labels.length === 0) return '';
  const texts = labels.map(
    ([name, value]) => `${name}="${value.replace(/[\\"\n]/g, (character) => escapes[character] ?? '')}"`,
  );
  return `{${texts.join(',')}}`;
}

const number = (value: number): string => {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
};
