/** Rounds of measurements: who takes turns, what is believed, and what is named as missing. */
import t from 'tap';
import { gatesOf, measureInRounds, type Series, type Taken } from '../../bench/series.ts';

function series(side: string, measure: () => Taken | { unavailable: string }): Series {
  return { case: 'c', title: 'title', side, metrics: { each: 'µs' }, measure: async () => measure() };
}

const taken = (...each: number[]): Taken => ({ values: { each }, messages: each.length });

t.test('the sides take turns in every round, and in who begins', async (t) => {
  const order: string[] = [];
  const sides = ['a', 'b', 'c'].map((side) =>
    series(side, () => {
      order.push(side);
      return taken(order.length);
    }),
  );
  const { measurements } = await measureInRounds(sides, 2, () => {});
  t.equal(order.join(''), 'abccba');
  t.match(measurements, [
    { side: 'a', samples: 2, messages: 2, rounds: [1, 6] },
    { side: 'b', rounds: [2, 5] },
    { side: 'c', rounds: [3, 4] },
  ]);
});

t.test('a side that cannot be measured is asked once, and named with its reason', async (t) => {
  let asked = 0;
  const missing = series('missing', () => {
    asked++;
    return { unavailable: 'it is not installed' };
  });
  const found = await measureInRounds([series('there', () => taken(1, 2)), missing], 3, () => {});
  t.equal(asked, 1);
  t.strictSame(found.absent, [{ case: 'c', title: 'title', side: 'missing', reason: 'it is not installed' }]);
  t.strictSame(
    found.measurements.map(({ side }) => side),
    ['there'],
  );
  const [gate] = gatesOf(
    [
      {
        name: 'g',
        statistic: 'median',
        of: ['c', 'there', 'each'],
        by: ['c', 'missing', 'each'],
        atMost: 1,
      },
    ],
    found,
  );
  t.match(gate, { ratio: undefined, held: undefined, reason: 'it is not installed', of: 'there / missing' });
});

t.test('a goal without another side is about the figure itself', async (t) => {
  const found = await measureInRounds([series('there', () => taken(3, 3))], 1, () => {});
  const goal = (side: string, atMost: number) =>
    gatesOf([{ name: 'g', statistic: 'median', of: ['c', side, 'each'], atMost }], found)[0];
  t.match(goal('there', 4), { ratio: 3, held: true, of: 'there' });
  t.match(goal('there', 2), { ratio: 3, held: false });
  t.match(goal('absent', 2), { ratio: undefined, held: undefined, reason: 'not measured' });
});

t.test('a measurement without samples, or of no message, is an error and no figure', async (t) => {
  const refused = (measure: () => Taken) =>
    t.rejects(
      measureInRounds([series('a', measure)], 1, () => {}),
      { code: 'MEASURED_NOTHING' },
    );
  await refused(() => taken());
  await refused(() => ({ values: {}, messages: 1 }));
  await refused(() => ({ values: { each: [1] }, messages: 0 }));
  await refused(() => taken(1, Number.NaN));
});
