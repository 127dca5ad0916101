import t from 'tap';
import { differenceOf, isSame } from '../../firmware/modules/difference.ts';

t.test('names that came, went and changed are told apart, in the order of their configuration', async (t) => {
  const cost = (number: number, ...addresses: string[]) => ({ cost: number, addresses });
  t.same(
    differenceOf(
      { eth3: cost(1), eth2: cost(1, '10.0.0.1'), eth1: cost(1), eth0: cost(1) },
      { eth9: cost(1), eth0: cost(1), eth2: cost(1, '10.0.0.2'), eth1: cost(2), eth8: cost(1) },
    ),
    {
      added: ['eth9', 'eth8'],
      stayed: ['eth0', 'eth2', 'eth1'],
      changed: ['eth2', 'eth1'],
      removed: ['eth3'],
    },
  );
  t.same(differenceOf({}, {}), { added: [], stayed: [], changed: [], removed: [] });
  t.same(differenceOf({ constructor: 1 }, { toString: 1 }), {
    added: ['toString'],
    stayed: [],
    changed: [],
    removed: ['constructor'],
  });
});

t.test('values are the same when they say the same', async (t) => {
  const same: [unknown, unknown][] = [
    [
      { a: 1, b: ['x', { c: true }] },
      { b: ['x', { c: true }], a: 1 },
    ],
    [{ a: 1, b: undefined }, { a: 1 }],
    [[], []],
    ['x', 'x'],
    [null, null],
  ];
  for (const [one, other] of same) t.ok(isSame(one, other), JSON.stringify([one, other]));
  const others: [unknown, unknown][] = [
    [{ a: 1 }, { a: '1' }],
    [{ a: 1 }, {}],
    [{}, { a: 1 }],
    [
      ['a', 'b'],
      ['b', 'a'],
    ],
    [['a'], ['a', 'a']],
    [[], {}],
    [null, {}],
    [0, false],
  ];
  for (const [one, other] of others) t.notOk(isSame(one, other), JSON.stringify([one, other]));
});
