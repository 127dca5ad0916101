/** A table's rows are carried in slices while it is written, switched at once, and can be put back. */
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import t from 'tap';
import { now } from '../../runtime/clock.ts';
import { HitlessError, Table } from '../../runtime/index.ts';
import { coreOf, makeStrict } from '../../runtime/state/table.ts';
import { TableMigration } from '../../runtime/state/table-migration.ts';

interface Old {
  cost: number;
}
interface New {
  metric: number;
  key: unknown;
}
const carry = (row: Old, key: unknown): New => ({ metric: row.cost * 10, key });

function tableOf(rows: number): Table<number, Old> {
  return new Table(Array.from({ length: rows }, (_, i) => [i, { cost: i }]));
}

/** The rows of another version are typed by who reads them. */
function rows(table: Table<number, Old>): Map<number, unknown> {
  return new Map<number, unknown>(table);
}

function carried(before: ReadonlyMap<number, unknown>): Map<number, unknown> {
  return new Map([...before].map(([key, row]) => [key, carry(row as Old, key)]));
}

t.test('rows are carried some at a time, until the clock says that the slice is over', async (t) => {
  const table = tableOf(1000);
  const migration = new TableMigration(table, 'routes', carry);
  t.equal(migration.left, 1000);
  t.notOk(migration.step(0), 'the time is over, but a few rows are carried');
  t.ok(migration.left < 1000 && migration.left > 900, `${migration.left} are left`);
  t.same(rows(table), rows(tableOf(1000)), 'the table shows its old rows');
  t.ok(migration.step(Number.POSITIVE_INFINITY));
  t.equal(migration.left, 0);
  t.equal(migration.rounds, 1);
  const before = rows(table);
  migration.flip();
  t.same(rows(table), carried(before));
});

t.test('a slow row handler is looked after row by row', async (t) => {
  const table = tableOf(100);
  const slow = (row: Old, key: unknown) => {
    const end = now() + 1;
    while (now() < end);
    return carry(row, key);
  };
  const migration = new TableMigration(table, 'routes', slow);
  migration.step(0);
  const before = migration.left;
  migration.step(0);
  t.equal(before - migration.left, 1);
});

t.test('what is written meanwhile is carried again, and only that', async (t) => {
  const table = tableOf(1000);
  let calls = 0;
  const migration = new TableMigration(table, 'routes', (row, key) => {
    calls++;
    return carry(row, key);
  });
  migration.step(Number.POSITIVE_INFINITY);
  t.equal(calls, 1000);
  table.set(3, { cost: 33 });
  table.set(3, { cost: 34 });
  table.update(4, (row) => {
    row.cost = 44;
  });
  table.delete(5);
  table.set(5, { cost: 55 });
  table.delete(6);
  table.set(2000, { cost: 1 });
  t.equal(migration.left, 4, '3, 4, 5 and 2000');
  t.throws(() => migration.flip(), /4 rows are not carried/);
  migration.step(Number.POSITIVE_INFINITY);
  t.equal(calls, 1004);
  t.equal(migration.rounds, 2);
  const before = rows(table);
  migration.flip();
  t.same(rows(table), carried(before));
  t.notOk(table.has(6));
});

t.test('after clear it starts again with the rows that came since', async (t) => {
  const table = tableOf(100);
  const migration = new TableMigration(table, 'routes', carry);
  migration.step(0);
  table.clear();
  t.equal(migration.left, 0);
  table.set(1, { cost: 5 });
  t.equal(migration.left, 1);
  migration.step(Number.POSITIVE_INFINITY);
  migration.flip();
  t.same([...table], [[1, { metric: 50, key: 1 }]]);
});

t.test('an abandoned migration leaves the table as it is, and can be swept', async (t) => {
  const table = tableOf(100);
  const migration = new TableMigration(table, 'routes', carry);
  migration.step(0);
  table.set(3, { cost: 33 });
  const before = rows(table);
  migration.abandon();
  t.same(rows(table), before);
  t.ok(migration.sweep(Number.POSITIVE_INFINITY));
  for (const cell of coreOf(table).cells.values())
    t.equal([cell.a, cell.b, cell.c].filter(Boolean).length, 1);
  const again = new TableMigration(table, 'routes', carry);
  again.step(Number.POSITIVE_INFINITY);
  again.flip();
  t.same(rows(table), carried(before));
});

t.test(
  'a row handler that throws is an error with table and key, and the row can be tried again',
  async (t) => {
    const table = new Table<string, Old>([
      ['10.0.0.0/8', { cost: 1 }],
      ['10.1.0.0/16', { cost: 2 }],
    ]);
    let broken = true;
    const migration = new TableMigration(table, 'routes', (row: Old, key) => {
      if (broken && row.cost === 1) throw new Error('no cost');
      return carry(row, key);
    });
    t.throws(() => migration.step(Number.POSITIVE_INFINITY), {
      code: 'HOOK_THREW',
      message: 'table "routes", key "10.0.0.0/8": its row handler threw Error: no cost',
    });
    t.equal(migration.left, 2);
    broken = false;
    t.ok(migration.step(Number.POSITIVE_INFINITY), 'also the row that the pass had left behind');
    t.equal(migration.left, 0);
  },
);

t.test('a row handler must return a row', async (t) => {
  for (const [what, answer] of [
    ['nothing', undefined],
    ['a promise', Promise.resolve({})],
  ] as const) {
    const migration = new TableMigration(tableOf(1), 'routes', () => answer);
    t.throws(() => migration.step(0), {
      code: 'STATE_KIND',
      message: new RegExp(`key 0: .* returned ${what}`),
    });
  }
});

t.test(
  'in development a row handler that writes its row, or gives a part of it away, is found out',
  async (t) => {
    const strict = () => {
      const table = new Table([['x', { via: ['r0'], at: { cost: 1 } }]]);
      makeStrict(table);
      return table;
    };
    const step = (handler: (row: { via: string[]; at: { cost: number } }) => unknown) =>
      new TableMigration(strict(), 'routes', handler).step(Number.POSITIVE_INFINITY);
    t.throws(() => step((row) => ({ n: row.via.push('r1') })), { code: 'HOOK_THREW', message: /key "x"/ });
    t.throws(() => step((row) => ({ ...row })), {
      code: 'STATE_SHARED',
      message: /table "routes", key "x": the new row\.via is the old row's own/,
    });
    t.throws(() => step((row) => row), { code: 'STATE_SHARED', message: /the new row is the old/ });
    t.throws(() => step((row) => ({ via: row.via.length, deep: [row.at] })), {
      message: /new row\.deep\[.?0/,
    });
    t.throws(() => step(() => ({ f: () => 1 })), {
      code: 'STATE_NOT_PLAIN',
      message: /key "x": the new row\.f is a function/,
    });
    t.ok(step((row) => ({ via: [...row.via], cost: row.at.cost })));
  },
);

t.test('a table is migrated once at a time, and nothing is done after the end', async (t) => {
  const table = tableOf(3);
  const migration = new TableMigration(table, 'routes', carry);
  t.throws(() => new TableMigration(table, 'routes', carry), /is being migrated already/);
  t.throws(() => migration.sweep(0), /still being migrated/);
  migration.step(Number.POSITIVE_INFINITY);
  migration.flip();
  t.throws(() => migration.step(0), /its migration is over/);
  t.throws(() => migration.flip(), /its migration is over/);
  migration.abandon();
  t.ok(migration.restorable, 'abandon after the flip does nothing');
  t.ok(migration.sweep(Number.POSITIVE_INFINITY));
  t.throws(() => migration.restore(), /cannot be restored any more/);
});

t.test('the way back through the reverse handler leaves the checkpoint to fall back on', async (t) => {
  const table = tableOf(50);
  const up = new TableMigration(table, 'routes', carry);
  up.step(Number.POSITIVE_INFINITY);
  up.flip();
  const newer = table as unknown as Table<number, New>;
  newer.set(1, { metric: -1, key: 1 });
  newer.delete(2);
  const down = new TableMigration(table, 'routes', (row: New) => {
    if (row.metric < 0) throw new Error('cannot');
    return { cost: row.metric / 10 };
  });
  t.throws(() => down.step(Number.POSITIVE_INFINITY), { code: 'HOOK_THREW' });
  newer.set(60, { metric: 1, key: 60 });
  t.notOk(up.restorable, 'first the other one has to end');
  down.abandon();
  up.restore();
  t.same(rows(table), rows(tableOf(50)));
  t.ok(up.sweep(Number.POSITIVE_INFINITY));
});

t.test('a later flip drops the earlier checkpoint', async (t) => {
  const table = tableOf(50);
  const up = new TableMigration(table, 'routes', carry);
  up.step(Number.POSITIVE_INFINITY);
  up.flip();
  const down = new TableMigration(table, 'routes', (row: New) => ({ cost: row.metric / 10 }));
  down.step(Number.POSITIVE_INFINITY);
  down.flip();
  t.notOk(up.restorable);
  t.same(rows(table), rows(tableOf(50)));
  down.restore();
  t.same(rows(table), carried(rows(tableOf(50))));
});

// --- against a plain Map

const step = fc.record({
  what: fc.constantFrom('set', 'set', 'update', 'delete', 'clear', 'step', 'step', 'step'),
  key: fc.integer({ min: 0, max: 79 }),
  cost: fc.integer({ min: 0, max: 1000 }),
});
const life = fc.record({
  start: fc.integer({ min: 0, max: 70 }),
  /** Between start and flip, between flip and the end. */
  before: fc.array(step, { maxLength: 40 }),
  after: fc.array(step, { maxLength: 40 }),
  end: fc.constantFrom('restore', 'sweep', 'keep', 'abandon', 'fail'),
});

const strictly = [false, true];
for (const strict of strictly) {
  t.test(
    `whatever is written between slices, flips and restores, rows are as in a Map${strict ? ' (development)' : ''}`,
    async (t) => {
      fc.assert(
        fc.property(fc.array(life, { minLength: 1, maxLength: 4 }), (lives) => live(lives, strict)),
        { numRuns: 400 },
      );
      t.pass();
    },
  );
}

/** One table through many migrations, beside a Map. Rows are `{ cost }` with the number of the generation. */
function live(lives: (typeof life extends fc.Arbitrary<infer T> ? T : never)[], strict: boolean): void {
  interface Row {
    cost: number;
    generation: number;
  }
  const table = new Table<number, Row>();
  if (strict) makeStrict(table);
  let model = new Map<number, Row>();
  let generation = 0;
  const sweeps: TableMigration[] = [];

  const write = ({ what, key, cost }: { what: string; key: number; cost: number }) => {
    const row = { cost, generation };
    if (what === 'set') {
      table.set(key, row);
      model.set(key, { ...row });
    } else if (what === 'update') {
      // Half of them in place.
      table.update(key, (held) => (cost % 2 ? { ...held, cost } : void (held.cost = cost)));
      if (model.has(key)) model.set(key, { cost, generation });
    } else if (what === 'delete') {
      table.delete(key);
      model.delete(key);
    } else if (what === 'clear' && cost % 4 === 0) {
      table.clear();
      model.clear();
    }
  };
  const check = (where: string, ordered = true) => {
    const [is, should] = [new Map<number, unknown>(table), model];
    const same = ordered
      ? isDeepStrictEqual([...is], [...should])
      : is.size === should.size && isDeepStrictEqual(is, should);
    if (!same) throw new Error(`${where}: ${JSON.stringify([...is])} is not ${JSON.stringify([...should])}`);
  };

  for (const { start, before, after, end } of lives) {
    for (let key = 0; key < start; key++) write({ what: 'set', key, cost: key });
    const migration = new TableMigration(table, 'routes', ({ cost }: Row) => ({
      cost: cost + 1,
      generation: generation + 1,
    }));
    for (const action of before) {
      if (action.what === 'step') migration.step(0);
      else write(action);
      for (const sweep of sweeps) sweep.sweep(0);
      check('while it is carried');
    }
    if (end === 'abandon') {
      migration.abandon();
      sweeps.push(migration);
      check('abandoned');
      continue;
    }
    migration.step(Number.POSITIVE_INFINITY);
    check('carried');
    migration.flip();
    const old = model;
    generation++;
    model = new Map([...model].map(([key, { cost }]) => [key, { cost: cost + 1, generation }]));
    check('flipped');
    const attempt =
      end === 'fail'
        ? new TableMigration(table, 'routes', (row: Row) => ({ ...row, generation: -1 }))
        : undefined;
    for (const action of after) {
      if (action.what !== 'step') write(action);
      else if (attempt !== undefined) attempt.step(0);
      else if (end === 'sweep') migration.sweep(0);
      for (const sweep of sweeps) sweep.sweep(0);
      check('after the flip');
    }
    const kept = new Map<number, unknown>(migration.oldRows() as Iterable<[number, unknown]>);
    if (migration.restorable && !isDeepStrictEqual(kept, old)) throw new Error('the old rows are others');
    if (attempt !== undefined) {
      attempt.abandon();
      sweeps.push(attempt);
      check('the attempt is abandoned');
    }
    if (end === 'restore' || end === 'fail') {
      migration.restore();
      sweeps.push(migration);
      generation--;
      model = old;
      check('restored', false);
      // The order by now is the table's to say.
      model = new Map([...table].map(([key, row]) => [key, { ...row }]));
    }
  }
}

t.test('the model finds a table that forgets a change', async (t) => {
  const table = tableOf(40);
  const migration = new TableMigration(table, 'routes', carry);
  migration.step(Number.POSITIVE_INFINITY);
  const { cells, side } = coreOf(table);
  // As if nobody had told the migration.
  (cells.get(3) as unknown as Record<string, unknown>)[['a', 'b', 'c'][side]!] = { cost: 99 };
  const before = rows(table);
  migration.flip();
  t.notSame(rows(table), carried(before));
});

t.test('errors are of the runtime', async (t) => {
  const migration = new TableMigration(tableOf(1), 'routes', () => undefined);
  try {
    migration.step(0);
    t.fail('it must throw');
  } catch (error) {
    t.ok(error instanceof HitlessError);
  }
});
