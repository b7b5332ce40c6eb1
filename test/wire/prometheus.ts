/**
 * Reads Prometheus' text format, version 0.0.4, as strictly as it is described.
 *
 * @module
 */

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Exposition {
  readonly types: ReadonlyMap<string, string>;
  readonly samples: readonly Sample[];
  /** The sum of the samples that have these labels, perhaps with others; undefined when there are none. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
}

/** @throws Error for a line that is none, a metric without HELP and TYPE or with them twice, and a sample told twice. */
export function parseExposition(text: string): Exposition {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const types = new Map<string, string>();
  const helps = new Set<string>();
  const samples: Sample[] = [];
  const seen = new Set<string>();
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const help = /^# HELP ([a-z_:][a-z0-9_:]*) (\S.*)$/.exec(line);
    const type = /^# TYPE ([a-z_:][a-z0-9_:]*) (counter|gauge|histogram|summary|untyped)$/.exec(line);
    const sample = /^([a-z_:][a-z0-9_:]*)(?:\{(.*)\})? (-?[0-9.e+-]+|NaN|[+-]Inf)$/.exec(line);
    if (help !== null) {
      if (helps.has(help[1] ?? "")) throw new Error(`HELP twice: ${line}`);
      helps.add(help[1] ?? "");
    } else if (type !== null) {
      const [, name = "", kind = ""] = type;
      if (types.has(name)) throw new Error(`TYPE twice: ${line}`);
      if ((kind === "counter") !== name.endsWith("_total")) throw new Error(`a counter ends in _total: ${line}`);
      types.set(name, kind);
    } else if (sample !== null) {
      const [, name = "", inside = "", value] = sample;
      if (!types.has(name) || !helps.has(name)) throw new Error(`neither HELP nor TYPE: ${line}`);
      const labels = parseLabels(inside);
      const key = JSON.stringify([name, Object.entries(labels).sort()]);
      if (seen.has(key)) throw new Error(`told twice: ${line}`);
      seen.add(key);
      samples.push({ name, labels, value: Number(value) });
    } else throw new Error(`neither a comment nor a sample: ${line}`);
  }
  return {
    types,
    samples,
    value(name, labels = {}) {
      const wanted = samples.filter(
        (sample) =>
          sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
      );
      return wanted.length === 0 ? undefined : wanted.reduce((sum, { value }) => sum + value, 0);
    },
  };
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let rest = text;
  while (rest !== "") {
    const match = /^([a-z_][a-z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/.exec(rest);
    if (match === null) throw new Error(`no labels: ${text}`);
    labels[match[1] ?? ""] = JSON.parse(`"${match[2]}"`);
    rest = rest.slice(match[0].length);
  }
  return labels;
}
