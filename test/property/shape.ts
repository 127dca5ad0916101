/** The state of the tested modules in each state version, and the one form in which all versions are compared. */

import { type EndedTables, Table } from '../../runtime/index.ts';

/** The contents of the state, whatever its version. */
export interface Facts {
  /** Inputs handled. */
  handled: number;
  /** A chain of hashes over the tokens of what was handled, in order. */
  digest: number;
  /** By sender: messages handled. */
  got: Map<string, number>;
  table: Map<string, number>;
}

export interface Shape {
  initial(): unknown;
  got(state: never, from: string, token: number): void;
  put(state: never, key: string, value: number): void;
  drop(state: never, key: string): void;
  /** @throws when the state is not of this version */
  facts(state: unknown): Facts;
}

interface First {
  handled: number;
  digest: number;
  got: Record<string, number>;
  table: Record<string, number>;
}

interface Second {
  handled: number;
  digest: number;
  got: Map<string, number>;
  table: Map<string, number>;
}

interface Third {
  inputs: { count: number; digest: number; senders: { name: string; count: number }[] };
  table: Map<string, number>;
}

export function chain(digest: number, token: number): number {
  return (Math.imul(digest, 31) + token) | 0;
}

function must(good: boolean): void {
  if (!good) throw new Error('the state of another version');
}

const first: Shape = {
  initial: (): First => ({ handled: 0, digest: 0, got: {}, table: {} }),
  got(state: First, from, token) {
    state.handled++;
    state.digest = chain(state.digest, token);
    state.got[from] = (state.got[from] ?? 0) + 1;
  },
  put(state: First, key, value) {
    state.table[key] = value;
  },
  drop(state: First, key) {
    delete state.table[key];
  },
  facts(state) {
    const { handled, digest, got, table } = state as First;
    must(Object.getPrototypeOf(got) === Object.prototype && !(table instanceof Map));
    return { handled, digest, got: new Map(Object.entries(got)), table: new Map(Object.entries(table)) };
  },
};

const second: Shape = {
  initial: (): Second => ({ handled: 0, digest: 0, got: new Map(), table: new Map() }),
  got(state: Second, from, token) {
    state.handled++;
    state.digest = chain(state.digest, token);
    state.got.set(from, (state.got.get(from) ?? 0) + 1);
  },
  put(state: Second, key, value) {
    state.table.set(key, value);
  },
  drop(state: Second, key) {
    state.table.delete(key);
  },
  facts(state) {
    const { handled, digest, got, table } = state as Second;
    must(got instanceof Map && table instanceof Map);
    return { handled, digest, got, table };
  },
};

const third: Shape = {
  initial: (): Third => ({ inputs: { count: 0, digest: 0, senders: [] }, table: new Map() }),
  got(state: Third, from, token) {
    const { inputs } = state;
    inputs.count++;
    inputs.digest = chain(inputs.digest, token);
    const sender = inputs.senders.find(({ name }) => name === from);
    if (sender === undefined) inputs.senders.push({ name: from, count: 1 });
    else sender.count++;
  },
  put(state: Third, key, value) {
    state.table.set(key, value);
  },
  drop(state: Third, key) {
    state.table.delete(key);
  },
  facts(state) {
    const { inputs, table } = state as Third;
    must(Array.isArray(inputs.senders) && table instanceof Map);
    return {
      handled: inputs.count,
      digest: inputs.digest,
      got: new Map(inputs.senders.map(({ name, count }) => [name, count])),
      table,
    };
  },
};

/** Rows of each state version that has them. */
type Row = Record<string, unknown>;
const ROWS: Readonly<Record<number, { make(value: number): Row; read(row: Row): unknown }>> = {
  4: { make: (value) => ({ value }), read: ({ value }) => value },
  5: { make: (worth) => ({ worth: [worth] }), read: ({ worth }) => (worth as number[])[0] },
  6: { make: (price) => ({ price: -price }), read: ({ price }) => -(price as number) },
};

interface Later extends Omit<Third, 'table'> {
  table: Table<string, Row>;
}

function later(version: number): Shape {
  const { make, read } = ROWS[version]!;
  return {
    initial: (): Later => ({ inputs: { count: 0, digest: 0, senders: [] }, table: new Table() }),
    got: third.got,
    put({ table }: Later, key, value) {
      // Both ways of writing a row.
      if (value % 2 === 0 || !table.update(key, (row) => void Object.assign(row, make(value))))
        table.set(key, make(value));
    },
    drop({ table }: Later, key) {
      table.delete(key);
    },
    facts(state) {
      const { inputs, table } = state as Later;
      must(Array.isArray(inputs.senders) && table instanceof Table);
      return {
        handled: inputs.count,
        digest: inputs.digest,
        got: new Map(inputs.senders.map(({ name, count }) => [name, count])),
        table: new Map([...table].map(([key, row]) => [key, read(row) as number])),
      };
    },
  };
}

/** A row of the next state version, or of the one before. */
export function carriedRow(way: 'up' | 'down', step: number, row: Row): Row {
  const [from, to] = way === 'up' ? [step, step + 1] : [step + 1, step];
  return ROWS[to]!.make(ROWS[from]!.read(row) as number);
}

export const SHAPES: Readonly<Record<number, Shape>> = {
  1: first,
  2: second,
  3: third,
  4: later(4),
  5: later(5),
  6: later(6),
};

/** `up[n]` makes state version n+1 out of n. */
export const UP: Readonly<Record<number, (state: never, ended: EndedTables) => unknown>> = {
  1: ({ handled, digest, got, table }: First): Second => ({
    handled,
    digest,
    got: new Map(Object.entries(got)),
    table: new Map(Object.entries(table)),
  }),
  2: ({ handled, digest, got, table }: Second): Third => ({
    inputs: { count: handled, digest, senders: [...got].map(([name, count]) => ({ name, count })) },
    table: new Map(table),
  }),
  3: ({ inputs, table }: Third) => ({
    inputs: structuredClone(inputs),
    table: new Table([...table].map(([key, value]) => [key, ROWS[4]!.make(value)])),
  }),
  // The rows of a Table are carried by themselves.
  4: ({ inputs }: Later) => ({ inputs: structuredClone(inputs) }),
  5: ({ inputs }: Later) => ({ inputs: structuredClone(inputs) }),
};

/** `down[n]` makes state version n out of n+1. */
export const DOWN: Readonly<Record<number, (state: never, ended: EndedTables) => unknown>> = {
  1: ({ handled, digest, got, table }: Second): First => ({
    handled,
    digest,
    got: Object.fromEntries(got),
    table: Object.fromEntries(table),
  }),
  2: ({ inputs, table }: Third): Second => ({
    handled: inputs.count,
    digest: inputs.digest,
    got: new Map(inputs.senders.map(({ name, count }) => [name, count])),
    table: new Map(table),
  }),
  3: ({ inputs }: Later, ended): Third => ({
    inputs: structuredClone(inputs),
    table: new Map([...ended.table!].map(([key, row]) => [String(key), ROWS[4]!.read(row as Row) as number])),
  }),
  4: ({ inputs }: Later) => ({ inputs: structuredClone(inputs) }),
  5: ({ inputs }: Later) => ({ inputs: structuredClone(inputs) }),
};

/** The same text for the same facts, in whatever version they are kept. */
export function normal({ handled, digest, got, table }: Facts): string {
  const sorted = (map: Map<string, number>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify({ handled, digest, got: sorted(got), table: sorted(table) });
}

/** Every byte that matters of a state of one version: all properties; the order of members and of a Table's rows is not kept. */
export function exact(state: unknown): string {
  const members = Object.entries(state as object).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(members, (_, value: unknown) => {
    if (value instanceof Table) return { rows: [...value].sort(([a], [b]) => (a < b ? -1 : 1)) };
    return value instanceof Map ? { map: [...value] } : value;
  });
}
