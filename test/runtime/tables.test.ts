/** Modules with Tables are swapped while messages write their rows: each row is carried once, with its last value. */
import v8 from 'node:v8';
import vm from 'node:vm';
import t, { type Test } from 'tap';
import { Table, type TransactionReport } from '../../runtime/index.ts';
import { type Source, sleep, turns, Workshop } from './workshop.ts';

const BY = { command: 'rollback', by: 'test' };
const MODES = [
  ['development', true],
  ['production', false],
] as const;

type Rows = Map<string, unknown>;
/** A row as a message makes it in version 1; later versions wrap the value, to show who wrote it. */
type Write = ['put' | 'change', key: string, value: number] | ['drop', key: string] | ['clear'];

/** How a version writes and shows a value. */
const ROW = { 1: `{ v: value }`, 2: `{ two: [value] }`, 3: `{ three: { of: value } }` } as const;
const UP = { 1: `(row) => ({ two: [row.v] })`, 2: `(row) => ({ three: { of: row.two[0] } })` } as const;
const DOWN = { 1: `(row) => ({ v: row.two[0] })`, 2: `(row) => ({ two: [row.three.of] })` } as const;

const HANDLERS = (row: string, names: string[]) => `
  #table(name) { return this.state[name ?? '${names[0]}']; }
  onPut({ body: [key, value, name] }) { this.#table(name).set(key, ${row}); }
  onChange({ body: [key, value, name] }) { this.#table(name).update(key, () => (${row})); }
  onDrop({ body: [key, , name] }) { this.#table(name).delete(key); }
  onClear({ body: [, , name] }) { this.#table(name).clear(); }
  onAnother({ body }) { this.state.rows = new Table([...this.state.rows]); if (body) this.state.rows.delete(body); }
  onAll({ body }) { return [...(this.state[body ?? '${names[0]}'] ?? [])]; }
  onState() { return { ...this.state }; }`;

interface Shape {
  /** The tables, each with members of its manifest. */
  tables?: Record<string, string>;
  state?: string;
  methods?: string;
}

/** One version of T; `rows` is its table of values unless told. */
function version(number: 1 | 2 | 3, shape: Shape = {}, patch = 0): Source {
  const { tables = { rows: '' }, state = '', methods = '' } = shape;
  const named = Object.entries(tables).map(([name, members]) => `${name}: {${members}}`);
  return {
    name: 'T',
    version: `${number}.0.${patch}`,
    manifest: `mailbox: 1000000, accepts: { put: [1], change: [1], drop: [1], clear: [1], another: [1], all: [1], state: [1] },
      state: { version: ${number}, tables: { ${named.join(', ')} }, ${state} }`,
    head: `const { Table } = require('hitless/runtime');
      globalThis.carriedRows ??= 0;
      const burn = (us) => { const end = process.hrtime.bigint() + BigInt(us * 1000); while (process.hrtime.bigint() < end); };`,
    methods: `initial(config) { return { ${Object.keys(tables).map((name) => `${name}: new Table(config?.${name} ?? [])`)} }; }
      ${HANDLERS(ROW[number], Object.keys(tables))} ${methods}`,
  };
}

const up = (step: 1 | 2) => `up: { ${step}: ${UP[step]} }`;
const both = (step: 1 | 2) => `${up(step)}, down: { ${step}: ${DOWN[step]} }`;
const two = (members: string, more: Shape = {}, patch = 0) =>
  version(2, { tables: { rows: members }, ...more }, patch);

/** Rows as version 1 has them. */
function entries(count: number): [string, { v: number }][] {
  return Array.from({ length: count }, (_, i) => [`k${i}`, { v: i }]);
}

async function started(t: Test, count: number, development: boolean, shape?: Shape): Promise<Workshop> {
  const shop = new Workshop(t, { development });
  await shop.add('T', shop.bundle(version(1, shape)), { rows: entries(count), more: entries(count) });
  return shop;
}

const all = async (shop: Workshop, table?: string): Promise<Rows> =>
  new Map(await shop.runtime.ask<[string, unknown][]>('T', 'all', table));
/** Values by key, whoever wrote them. */
const values = (rows: Rows) =>
  new Map(
    [...rows].map(([key, row]) => {
      const { v, two, three } = row as { v?: number; two?: number[]; three?: { of: number } };
      return [key, v ?? two?.[0] ?? three?.of];
    }),
  );
const sameRows = (t: Test, found: Rows, wanted: ReadonlyMap<string, unknown>, what: string) =>
  t.same([...found].sort(byKey), [...wanted].sort(byKey), what);
const byKey = (a: readonly [string, unknown], b: readonly [string, unknown]) => (a[0] < b[0] ? -1 : 1);

/** Writes as a module does, and remembers what must come of it. */
class Writer {
  readonly model: Map<string, number>;
  readonly #shop: Workshop;
  #seed: number;
  #next = 1_000_000;

  constructor(shop: Workshop, count: number, seed = 1) {
    this.#shop = shop;
    this.#seed = seed;
    this.model = new Map(entries(count).map(([key, { v }]) => [key, v]));
  }

  #random(below: number): number {
    this.#seed = (this.#seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((this.#seed / 2_147_483_648) * below);
  }

  write([type, key = '', value]: Write): void {
    const sent = this.#shop.runtime.send('T', type, [key, value]);
    if (sent !== 'queued') throw new Error(`${type} ${key} was ${sent}`);
    if (type === 'put') this.model.set(key, value!);
    else if (type === 'change' && this.model.has(key)) this.model.set(key, value!);
    else if (type === 'drop') this.model.delete(key);
    else if (type === 'clear') this.model.clear();
  }

  /** Some writes of all kinds: to old keys and to new ones. */
  some(count: number): void {
    for (let i = 0; i < count; i++) {
      const key = `k${this.#random(this.model.size + 20)}`;
      const value = this.#next++;
      const kind = this.#random(4);
      this.write(
        kind === 0 ? ['drop', key] : kind === 1 ? ['change', key, value] : (['put', key, value] as const),
      );
    }
  }

  /** Writes some in every turn of the loop until it is done. */
  async during(work: Promise<TransactionReport>, each = 5): Promise<TransactionReport> {
    let done = false;
    void work.finally(() => (done = true)).catch(() => {});
    while (!done) {
      this.some(each);
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.some(each);
    return work;
  }
}

/** Runs with every step of every transaction. */
function onStep(shop: Workshop, react: (step: string, nth: number) => void): void {
  const seen = new Map<string, number>();
  shop.runtime.faults!.onStep = (step) => {
    seen.set(step, (seen.get(step) ?? 0) + 1);
    react(step, seen.get(step)!);
  };
}

for (const [mode, development] of MODES) {
  t.test(`rows that messages write while they are carried have their last value (${mode})`, async (t) => {
    for (const seed of [1, 2, 3]) {
      const shop = await started(t, 2_000, development);
      const writer = new Writer(shop, 2_000, seed);
      let slices = 0;
      onStep(shop, (step) => step === 'migrate' && slices++);
      const handler = `up: { 1: (row) => { burn(5); return (${UP[1]})(row); } }`;
      const report = await writer.during(shop.replace('T', shop.bundle(two(handler))));
      t.equal(report.outcome, 'committed', report.reason);
      t.ok(slices > 3, `${slices} slices, so that there was something to write between`);
      const rows = await all(shop);
      t.same(
        [...rows.values()].filter((row) => !Array.isArray((row as { two?: unknown }).two)),
        [],
        'each row is of version 2',
      );
      sameRows(t, values(rows), writer.model, `seed ${seed}`);
    }
  });

  t.test(`a table that is emptied, or another in its place, while it is carried (${mode})`, async (t) => {
    for (const [what, at] of [
      ['clear', 'migrate'],
      ['another', 'migrate'],
      ['clear', 'wait'],
      ['another', 'wait'],
    ] as const) {
      const shop = await started(t, 500, development);
      const writer = new Writer(shop, 500);
      const handler = `up: { 1: (row) => { burn(20); return (${UP[1]})(row); } }`;
      onStep(shop, (step, nth) => {
        if (step !== at || nth !== (at === 'migrate' ? 2 : 1)) return;
        if (what === 'clear') writer.write(['clear']);
        else shop.runtime.send('T', 'another', 'k7');
        if (what === 'another') writer.model.delete('k7');
        writer.write(['put', 'late', -1]);
      });
      const report = await shop.replace('T', shop.bundle(two(handler)));
      t.equal(report.outcome, 'committed', report.reason);
      sameRows(t, values(await all(shop)), writer.model, `${what} while ${at}`);
      const again = await shop.runtime.rollback({ ...BY, checkpoint: true });
      t.equal(again.outcome, 'committed', again.reason);
      sameRows(t, values(await all(shop)), writer.model, 'and back');
      t.match([...(await all(shop)).values()], [{ v: /\d/ }]);
    }
  });

  const ABORTS: [string, Source, RegExp, ((shop: Workshop) => void)?][] = [
    [
      'a row handler throws for one key',
      two(
        `up: { 1: (row, key) => { if (key === 'odd') throw new Error('odd row'); return (${UP[1]})(row); } }`,
      ),
      /HOOK_THREW: table "rows", key "odd": its row handler threw Error: odd row/,
    ],
    [
      'a row handler spins for one key',
      two(`up: { 1: (row, key) => { if (key === 'odd') for (;;); return (${UP[1]})(row); } }`),
      /HOOK_CUT: T did not return from state and was cut/,
    ],
    [
      'a row handler gives nothing for one key',
      two(`up: { 1: (row, key) => key === 'odd' ? undefined : (${UP[1]})(row) }`),
      /key "odd": its row handler returned nothing/,
    ],
    [
      'a row handler throws for what is written last',
      two(
        `up: { 1: (row, key) => { if (key === 'last') throw new Error('odd row'); return (${UP[1]})(row); } }`,
      ),
      /key "last": its row handler threw/,
      (shop) => onStep(shop, (step) => void (step === 'wait' && shop.runtime.send('T', 'put', ['last', 5]))),
    ],
    [
      'a row handler spins for what is written last',
      two(`up: { 1: (row, key) => { if (key === 'last') for (;;); return (${UP[1]})(row); } }`),
      /HOOK_CUT: T did not return from state and was cut/,
      (shop) => onStep(shop, (step) => void (step === 'wait' && shop.runtime.send('T', 'put', ['last', 5]))),
    ],
    [
      'the handler of the rest throws',
      two(up(1), { state: `up: { 1: () => { throw new Error('no rest'); } }` }),
      /T voted NO: Error: no rest/,
    ],
    [
      'the handler of the rest spins',
      two(up(1), { state: `up: { 1: () => { for (;;); } }` }),
      /HOOK_CUT: T did not return from state and was cut/,
    ],
    [
      'it refuses in its vote',
      two(up(1)),
      /refuses on purpose/,
      (shop) => shop.runtime.faults!.set('T', 'refuse'),
    ],
    [
      'it is never quiescent',
      two(up(1)),
      /the deadline of 300 ms passed; T voted NO/,
      (shop) => shop.runtime.faults!.set('T', 'busy', {}),
    ],
    [
      'start throws after the flip, and has written rows',
      two(up(1), {
        methods: `start() { this.state.rows.delete('k1'); this.state.rows.set('k2', 0); this.state.rows.set('new', 0); this.state.rows.update('k3', () => 0); throw new Error('no start'); }`,
      }),
      /T voted NO: Error: no start/,
    ],
    [
      'start empties the table after the flip, and throws',
      two(up(1), {
        methods: `start() { this.state.rows.clear(); this.state.rows.set('k1', 1); throw new Error('no start'); }`,
      }),
      /T voted NO: Error: no start/,
    ],
    [
      'start puts another table in place, and throws',
      two(up(1), { methods: `start() { this.state.rows = new Table(); throw new Error('no start'); }` }),
      /T voted NO: Error: no start/,
    ],
    [
      'start spins after the flip',
      two(up(1), { methods: `start() { for (let i = 0; ; i++) this.state.rows.set('x' + i % 9, i); }` }),
      /HOOK_CUT: T did not return from start and was cut/,
    ],
  ];

  for (const [what, source, reason, prepare] of ABORTS) {
    t.test(`every row is as it was when ${what} (${mode})`, async (t) => {
      const shop = await started(t, 200, development);
      shop.runtime.preparation = 300;
      const writer = new Writer(shop, 200);
      writer.write(['put', 'odd', 7]);
      writer.some(50);
      prepare?.(shop);
      const bundle = shop.bundle(source);
      const report = await writer.during(shop.replace('T', bundle));
      t.equal(report.outcome, 'aborted');
      t.match(report.reason, reason);
      shop.runtime.faults!.onStep = undefined;
      t.match(shop.view('T'), { version: '1.0.0', service: 'service', errors: 0 });
      writer.some(50);
      if ((await all(shop)).has('last')) writer.model.set('last', 5);
      const rows = await all(shop);
      t.same(
        [...rows.values()].filter((row) => typeof (row as { v?: unknown }).v !== 'number'),
        [],
        'each row is of version 1',
      );
      sameRows(t, values(rows), writer.model, 'nothing is lost, and what came since is there');

      const good = shop.bundle(two(up(1), {}, 9));
      const again = await writer.during(shop.replace('T', good));
      t.equal(again.outcome, 'committed', again.reason);
      sameRows(t, values(await all(shop)), writer.model, 'and it can be carried after all');
    });
  }

  t.test(
    `a rollback carries rows back through their reverse handlers, written or not (${mode})`,
    async (t) => {
      const shop = await started(t, 1_000, development);
      const writer = new Writer(shop, 1_000);
      await writer.during(shop.replace('T', shop.bundle(two(both(1)))));
      writer.some(200);
      const report = await writer.during(shop.runtime.rollback(BY));
      t.equal(report.outcome, 'committed', report.reason);
      const rows = await all(shop);
      t.same(
        [...rows.values()].filter((row) => typeof (row as { v?: unknown }).v !== 'number'),
        [],
      );
      sameRows(t, values(rows), writer.model, 'nothing is lost');
      t.equal(shop.view('T').version, '1.0.0');
    },
  );

  t.test(`an aborted rollback leaves the new version its rows (${mode})`, async (t) => {
    const shop = await started(t, 100, development);
    const writer = new Writer(shop, 100);
    await shop.replace('T', shop.bundle(two(both(1))));
    for (const hook of ['vote', 'start', 'state'] as const) {
      writer.some(30);
      shop.runtime.faults!.set('T', hook === 'vote' ? 'refuse' : 'throw', hook === 'vote' ? {} : { hook });
      const report = await writer.during(shop.runtime.rollback(BY));
      t.equal(report.outcome, 'aborted', hook);
      t.equal(shop.view('T').version, '2.0.0');
      sameRows(t, values(await all(shop)), writer.model, hook);
      shop.runtime.faults!.set('T', hook === 'vote' ? 'refuse' : 'throw', hook === 'vote' ? {} : { hook });
      const taken = await writer.during(shop.runtime.rollback({ ...BY, checkpoint: true }));
      t.equal(taken.outcome, 'aborted', hook);
      sameRows(t, values(await all(shop)), writer.model, hook);
    }
    t.equal((await writer.during(shop.runtime.rollback(BY))).outcome, 'committed');
    sameRows(t, values(await all(shop)), writer.model, 'and back after all');
  });

  t.test(`without reverse handlers the rows of the swap come back, all of them (${mode})`, async (t) => {
    const shop = await started(t, 300, development);
    const writer = new Writer(shop, 300);
    writer.some(100);
    const atSwap = await all(shop);
    await shop.replace('T', shop.bundle(two(up(1))));
    await t.rejects(shop.runtime.rollback(BY), { code: 'STATE_NO_HANDLER', message: /rollback checkpoint/ });
    const keys = [...atSwap.keys()];
    writer.write(['drop', keys[0]!]);
    writer.write(['drop', keys[1]!]);
    writer.write(['put', keys[1]!, 1]);
    writer.write(['change', keys[2]!, 2]);
    writer.write(['put', 'new', 3]);
    writer.write(['put', 'gone', 3]);
    writer.write(['drop', 'gone']);
    writer.some(200);
    const report = await shop.runtime.rollback({ ...BY, checkpoint: true });
    t.equal(report.outcome, 'committed', report.reason);
    sameRows(t, await all(shop), atSwap, 'as at the swap');
    t.equal(shop.view('T').version, '1.0.0');
    shop.runtime.send('T', 'put', ['after', 1]);
    t.same((await all(shop)).get('after'), { v: 1 }, 'and it is written as before');
    const again = await shop.replace('T', 't@2.0.0');
    t.equal(again.outcome, 'committed', again.reason);
    t.equal((await all(shop)).size, atSwap.size + 1);
  });

  t.test(`a swap that is aborted later does not take the checkpoint away (${mode})`, async (t) => {
    for (const writes of [
      `table.clear(); table.set('k9', 9);`,
      `table.delete('k5'); table.set('k6', 0); table.set('odd', 0); table.update('k7', () => 0);`,
    ])
      for (const [tables, rest] of [
        [{ rows: up(2), more: '' }, {}],
        // A table that was carried at the first swap goes on as it is at the second.
        [{ rows: '', more: '' }, { state: `up: { 2: (old) => ({ ...old }) }` }],
      ] as const) {
        const shop = await started(t, 100, development, { tables: { rows: '', more: '' } });
        const [rows, more] = [await all(shop), await all(shop, 'more')];
        await shop.replace('T', shop.bundle(version(2, { tables: { rows: up(1), more: '' } })));
        const write = () => {
          for (const table of ['rows', 'more']) {
            shop.runtime.send('T', 'put', ['k1', -1, table]);
            shop.runtime.send('T', 'drop', ['k2', 0, table]);
            shop.runtime.send('T', 'put', ['new', -1, table]);
          }
        };
        write();
        const methods = `start() { for (const table of [this.state.rows, this.state.more]) { ${writes} } throw new Error('no start'); }`;
        const third = version(3, { tables, methods, ...rest });
        t.match(await shop.replace('T', shop.bundle(third)), { outcome: 'aborted', reason: /no start/ });
        t.equal((await all(shop)).size, 100);
        t.same((await all(shop)).get('k1'), { two: [-1] });
        t.equal((await all(shop, 'more')).size, 100, 'also of a table that goes on as it is');
        t.same((await all(shop, 'more')).get('k9'), { v: 9 });
        write();
        const report = await shop.runtime.rollback({ ...BY, checkpoint: true });
        t.equal(report.outcome, 'committed', report.reason);
        sameRows(t, await all(shop), rows, 'as at the swap');
        sameRows(t, await all(shop, 'more'), more, 'as at the swap, also those that go on as they are');
      }
  });

  t.test(`also of an emptied table, and of one that was replaced by another since (${mode})`, async (t) => {
    for (const what of ['clear', 'another'] as const) {
      const shop = await started(t, 100, development);
      const atSwap = await all(shop);
      await shop.replace('T', shop.bundle(two(up(1))));
      shop.runtime.send('T', what, what === 'clear' ? [] : 'k5');
      shop.runtime.send('T', 'put', ['k1', -1]);
      await turns();
      const report = await shop.runtime.rollback({ ...BY, checkpoint: true });
      t.equal(report.outcome, 'committed', report.reason);
      sameRows(t, await all(shop), atSwap, what);
    }
  });

  t.test(
    `a table without handlers goes on as it is, and its rows of the swap come back too (${mode})`,
    async (t) => {
      const tables = { rows: '', more: '' };
      const shop = await started(t, 50, development, { tables });
      const inside = () => (shop.runtime.names.resolve('T')!.state as { more: unknown }).more;
      const table = inside();
      const atSwap = await all(shop, 'more');
      const next = version(2, { tables: { rows: up(1), more: '' } });
      await shop.replace('T', shop.bundle(next));
      t.equal(inside(), table, 'the very table');
      sameRows(t, await all(shop, 'more'), atSwap, 'with its rows');
      shop.runtime.send('T', 'put', ['k1', -1, 'more']);
      shop.runtime.send('T', 'change', ['k2', -2, 'more']);
      shop.runtime.send('T', 'drop', ['k3', 0, 'more']);
      shop.runtime.send('T', 'put', ['new', -3, 'more']);
      t.same((await all(shop, 'more')).get('k1'), { two: [-1] });
      const report = await shop.runtime.rollback({ ...BY, checkpoint: true });
      t.equal(report.outcome, 'committed', report.reason);
      sameRows(t, await all(shop, 'more'), atSwap, 'as at the swap');
    },
  );

  t.test(
    `a table that ends can be read by the handler, and comes back with the swap's checkpoint (${mode})`,
    async (t) => {
      const shop = await started(t, 50, development, { tables: { rows: '', more: '' } });
      const atSwap = await all(shop, 'more');
      const next = version(2, {
        tables: { rows: up(1) },
        state: `up: { 1: (old, ended) => ({ sum: [...ended.more.values()].reduce((sum, { v }) => sum + v, 0) }) }`,
      });
      await shop.replace('T', shop.bundle(next));
      const state = await shop.runtime.ask<Record<string, unknown>>('T', 'state');
      t.strictSame(Object.keys(state).sort(), ['rows', 'sum']);
      t.equal(state.sum, (49 * 50) / 2);
      const report = await shop.runtime.rollback({ ...BY, checkpoint: true });
      t.equal(report.outcome, 'committed', report.reason);
      sameRows(t, await all(shop, 'more'), atSwap, 'as at the swap');
      t.ok((await shop.runtime.ask<Record<string, unknown>>('T', 'state')).more instanceof Table);
    },
  );

  t.test(`three versions in a row, one step or two at a time, and back (${mode})`, async (t) => {
    const shop = await started(t, 200, development);
    const writer = new Writer(shop, 200);
    const third = version(3, {
      tables: { rows: `up: { 1: ${UP[1]}, 2: ${UP[2]} }, down: { 1: ${DOWN[1]}, 2: ${DOWN[2]} }` },
    });
    shop.bundle(two(both(1)));
    shop.bundle(third);
    const shown = { '1': 'v', '2': 'two', '3': 'three' } as const;
    for (const to of ['2', '3', '2', '1', '3', '1', '2', '3', '1'] as const) {
      const report = await writer.during(shop.replace('T', `t@${to}.0.0`));
      t.equal(report.outcome, 'committed', report.reason);
      const rows = await all(shop);
      t.same(
        [...rows.values()].filter((row) => Object.keys(row as object).join() !== shown[to]),
        [],
      );
      sameRows(t, values(rows), writer.model, `to ${to}`);
    }
    for (const [from, to] of [
      ['1', '3'],
      ['3', '2'],
      ['2', '1'],
    ]) {
      await writer.during(shop.replace('T', `t@${to}.0.0`));
      const report = await writer.during(shop.runtime.rollback(BY));
      t.equal(report.outcome, 'committed', report.reason);
      t.equal(shop.view('T').version, `${from}.0.0`);
      sameRows(t, values(await all(shop)), writer.model, `from ${to} back to ${from}`);
      await writer.during(shop.replace('T', `t@${to}.0.0`));
    }
  });
}

// --- what is left for the window

for (const [what, tables] of [
  ['one is', { rows: '', more: '' }],
  ['the other is', { more: '', rows: '' }],
] as const) {
  t.test(`of two tables ${what} written all the time, and both are carried before the window`, async (t) => {
    const shop = new Workshop(t, { development: false });
    await shop.add('T', shop.bundle(version(1, { tables })), {
      rows: entries(50),
      more: entries(3_000),
    });
    const slow = `up: { 1: (row) => { globalThis.carriedRows++; burn(10); return (${UP[1]})(row); } }`;
    const carrying = Object.fromEntries(Object.keys(tables).map((name) => [name, slow]));
    let before = 0;
    onStep(shop, (step) => {
      if (step === 'disable') before = carriedRows();
    });
    const writer = new Writer(shop, 0);
    let done = false;
    const replaced = shop
      .replace('T', shop.bundle(version(2, { tables: carrying })))
      .finally(() => (done = true));
    while (!done) {
      for (let i = 0; i < 5; i++) shop.runtime.send('T', 'put', [`k${i}`, i, 'rows']);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const report = await replaced;
    t.equal(report.outcome, 'committed', report.reason);
    const inside = carriedRows() - before;
    t.ok(inside <= 100, `${inside} rows were carried inside the window`);
    t.equal((await all(shop, 'more')).size, 3_000);
    t.equal(writer.model.size, 0);
  });
}

t.test(
  'of two modules, one whose rows are written all the time does not keep the other from being carried',
  async (t) => {
    const shop = new Workshop(t, { development: false });
    const hot = (number: 1 | 2, members = '') => ({
      ...version(number, { tables: { rows: members } }),
      name: 'HOT',
    });
    await shop.add('HOT', shop.bundle(hot(1)), { rows: entries(2_000) });
    await shop.add('T', shop.bundle(version(1)), { rows: entries(3_000) });
    const slow = `up: { 1: (row) => { globalThis.carriedRows++; burn(10); return (${UP[1]})(row); } }`;
    let before = 0;
    onStep(shop, (step) => {
      if (step === 'disable') before = carriedRows();
    });
    shop.bundle(hot(2, `up: { 1: (row) => { globalThis.carriedRows++; return (${UP[1]})(row); } }`));
    let done = false;
    const replaced = shop
      .replace('HOT', 'hot@2.0.0', 'T', shop.bundle(two(slow)))
      .finally(() => (done = true));
    for (let n = 0; !done; n++) {
      for (let i = 0; i < 10; i++) shop.runtime.send('HOT', 'put', [`k${(n * 10 + i) % 2_000}`, i]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const report = await replaced;
    t.equal(report.outcome, 'committed', report.reason);
    const inside = carriedRows() - before;
    t.ok(inside <= 300, `${inside} rows were carried inside the window`);
  },
);

function carriedRows(): number {
  return (globalThis as unknown as { carriedRows: number }).carriedRows;
}

// --- memory

t.test('old rows are kept until the next transaction, and forgotten then', async (t) => {
  v8.setFlagsFromString('--expose-gc');
  const gc = vm.runInNewContext('gc') as () => void;
  for (const [what, next] of [
    ['another replace', (shop: Workshop) => shop.replace('T', shop.bundle(two(up(1), {}, 1)))],
    [
      'a change of another module',
      (shop: Workshop) => shop.add('OTHER', shop.bundle({ name: 'OTHER', version: '1.0.0' })),
    ],
    ['the rollback', (shop: Workshop) => shop.runtime.rollback({ ...BY, checkpoint: true })],
  ] as const) {
    const shop = await started(t, 100, false);
    const row = () =>
      new WeakRef(
        (shop.runtime.names.resolve('T')!.state as { rows: Table<string, object> }).rows.get('k9')!,
      );
    const old = row();
    const collected = async (ref: WeakRef<object>) => {
      for (let i = 0; i < 50 && ref.deref() !== undefined; i++) {
        await sleep(2);
        gc();
      }
      return ref.deref() === undefined;
    };
    await shop.replace('T', shop.bundle(two(up(1))));
    const newer = row();
    t.notOk(await collected(old), 'the rows of the swap are kept');
    t.equal((await next(shop)).outcome, 'committed');
    const rolledBack = what === 'the rollback';
    t.equal(await collected(rolledBack ? newer : old), true, `${what}: nobody keeps it any more`);
  }
});

t.test('rows that an aborted migration made are forgotten', async (t) => {
  const gc = vm.runInNewContext('gc') as () => void;
  const shop = await started(t, 100, false);
  const seen = globalThis as unknown as { madeRows: WeakRef<object>[] };
  seen.madeRows = [];
  const making = `up: { 1: (row) => { const made = (${UP[1]})(row); globalThis.madeRows.push(new WeakRef(made)); return made; } }`;
  shop.runtime.faults!.set('T', 'refuse');
  t.equal((await shop.replace('T', shop.bundle(two(making)))).outcome, 'aborted');
  t.ok(seen.madeRows.length >= 100);
  for (let i = 0; i < 50 && seen.madeRows.some((ref) => ref.deref() !== undefined); i++) {
    await sleep(2);
    gc();
  }
  t.equal(seen.madeRows.filter((ref) => ref.deref() !== undefined).length, 0);
});
