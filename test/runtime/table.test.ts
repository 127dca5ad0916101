/** A Table works as a Map does; in development a row cannot be written in place. */
import { inspect, isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import t from 'tap';
import { Table } from '../../runtime/index.ts';
import * as library from '../../runtime/library.ts';
import { makeStrict } from '../../runtime/state/table.ts';

interface Route {
  cost: number;
  via: string[];
  seen?: Map<string, number>;
}

const routes = () =>
  new Table<string, Route>([
    ['10.0.0.0/8', { cost: 1, via: ['r0'], seen: new Map([['a', 1]]) }],
    ['10.1.0.0/16', { cost: 2, via: ['r1', 'r2'] }],
  ]);

t.test('a Table is made of entries, and says what is in it', async (t) => {
  const table = routes();
  t.equal(table.size, 2);
  t.equal(table.get('10.1.0.0/16')?.cost, 2);
  t.equal(table.get('none'), undefined);
  t.ok(table.has('10.0.0.0/8'));
  t.notOk(table.has('none'));
  t.strictSame([...table.keys()], ['10.0.0.0/8', '10.1.0.0/16']);
  t.strictSame(
    [...table.values()].map(({ cost }) => cost),
    [1, 2],
  );
  t.strictSame([...table], [...table.entries()]);
  const met: unknown[] = [];
  table.forEach((row, key, whole) => {
    met.push([key, row.cost, whole === table]);
  });
  t.strictSame(met, [
    ['10.0.0.0/8', 1, true],
    ['10.1.0.0/16', 2, true],
  ]);
  t.equal(new Table().size, 0);
  t.equal(new Table(null).size, 0);
});

t.test('update changes a row in place or puts another, and says whether there was one', async (t) => {
  const table = routes();
  t.ok(
    table.update('10.0.0.0/8', (row) => {
      row.cost = 7;
    }),
  );
  t.equal(table.get('10.0.0.0/8')?.cost, 7);
  t.ok(table.update('10.0.0.0/8', (row) => ({ ...row, cost: row.cost + 1 })));
  t.equal(table.get('10.0.0.0/8')?.cost, 8);
  t.notOk(
    table.update('none', () => {
      t.fail('there is no row to change');
    }),
  );
  t.equal(table.size, 2);
});

t.test('bundles are given the same Table as the host', async (t) => {
  t.equal(library.Table, Table);
});

t.test('console.log shows the rows', async (t) => {
  t.match(inspect(routes()), /^Table\(2\) {\s+'10\.0\.0\.0\/8' => { cost: 1/);
});

/** Acts that a Table and a Map have in common. */
const writes = fc.array(
  fc.record({
    what: fc.constantFrom('set', 'update', 'delete', 'clear', 'walk'),
    key: fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom('a', 'b', 3n)),
    row: fc.integer(),
  }),
  { maxLength: 40 },
);

t.test('a Table holds what a Map holds, in the same order, whatever is done to both', async (_t) => {
  fc.assert(
    fc.property(writes, fc.boolean(), (list, strict) => {
      const table = new Table<number | string | bigint, { n: number }>();
      if (strict) makeStrict(table);
      const map = new Map<number | string | bigint, { n: number }>();
      for (const { what, key, row } of list) {
        if (what === 'set') {
          table.set(key, { n: row });
          map.set(key, { n: row });
        } else if (what === 'update') {
          table.update(key, (held) => {
            held.n += row;
          });
          const held = map.get(key);
          if (held !== undefined) held.n += row;
        } else if (what === 'delete') {
          if (table.delete(key) !== map.delete(key)) throw new Error('delete answers otherwise');
        } else if (what === 'clear' && row % 5 === 0) {
          table.clear();
          map.clear();
        } else {
          // Deleting and adding while walking.
          const met: unknown[][] = [[], []];
          for (const [i, each] of [table, map].entries()) {
            let left = 30;
            for (const [at, { n }] of each) {
              met[i]!.push([at, n]);
              if (left-- > 0 && n % 3 === 0) each.delete(at) && each.set(at, { n: n + 1 });
            }
          }
          if (!isDeepStrictEqual(met[0], met[1])) throw new Error('a walk meets other rows');
        }
        if (JSON.stringify(show(table)) !== JSON.stringify(show(map))) throw new Error('differs');
        if (table.size !== map.size) throw new Error('size differs');
      }
    }),
    { numRuns: 300 },
  );
});

function show(entries: Iterable<[unknown, unknown]>): unknown[] {
  return [...entries].map(([key, row]) => [String(key), row]);
}

t.test('in development a row that was handed out cannot be written', async (t) => {
  const table = routes();
  makeStrict(table);
  const writing: [string, (row: Route) => void][] = [
    [
      'a member',
      (row) => {
        row.cost = 9;
      },
    ],
    ['a list', (row) => row.via.push('r9')],
    ['a Map', (row) => row.seen?.set('b', 2)],
  ];
  for (const [what, write] of writing) {
    t.throws(() => write(table.get('10.0.0.0/8') as Route), TypeError, `${what}, from get`);
    t.throws(() => write([...table.values()][0] as Route), TypeError, `${what}, from values`);
    t.throws(() => write([...table][0]![1] as Route), TypeError, `${what}, from the iteration`);
    const each = (row: Readonly<Route>) => {
      write(row as Route);
    };
    t.throws(() => table.forEach(each), TypeError, `${what}, from forEach`);
  }
  t.throws(() => (table.get('10.0.0.0/8') as Route).seen?.clear(), /read only: rows of a Table are changed/);
  t.same([...table], [...routes()], 'nothing was written');
});

t.test('in development update still writes in place, and set takes a copy', async (t) => {
  const table = routes();
  makeStrict(table);
  table.update('10.0.0.0/8', (row) => {
    row.via.push('r9');
    row.seen?.set('b', 2);
  });
  t.same(table.get('10.0.0.0/8'), { cost: 1, via: ['r0', 'r9'], seen: new Map([['a', 1], ['b', 2]]) }); // biome-ignore format: one line
  const mine = { cost: 3, via: ['r3'] };
  table.set('x', mine);
  mine.cost = 4;
  t.equal(table.get('x')?.cost, 3, 'a write that the table cannot know of has no effect');
  t.throws(() => {
    (table.get('x') as Route).cost = 5;
  }, TypeError);
});

t.test('outside of development rows are kept as they are, at no cost', async (t) => {
  const row = { cost: 1, via: [] };
  const table = new Table([['x', row]]);
  t.equal(table.get('x'), row);
});
