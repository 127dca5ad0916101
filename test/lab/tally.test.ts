import t from 'tap';
import { Tally } from '../../firmware/lab/tally.ts';

t.test('packets in their rhythm are no gap, a little late neither', async (t) => {
  const tally = new Tally(1_000);
  for (const at of [0, 1_000, 2_400, 3_000, 4_500]) tally.saw('10.0.1.1', 'hello', at);
  t.same(tally.sources(), [{ from: '10.0.1.1', packets: 5, gaps: 0, longest: 1_500, last: 'hello' }]);
});

t.test('one missing packet is a gap', async (t) => {
  const tally = new Tally(1_000);
  for (const at of [0, 1_000, 3_000, 4_000]) tally.saw('10.0.1.1', 'hello', at);
  t.match(tally.sources(), [{ packets: 4, gaps: 1, longest: 2_000 }]);
});

t.test('a silence counts once, while it lasts and after it', async (t) => {
  const tally = new Tally(1_000);
  t.same(tally.saw('10.0.1.1', 'hello', 0), ['10.0.1.1 hello']);
  t.same(tally.look(1_400), []);
  t.same(tally.look(1_600), ['nothing from 10.0.1.1 for 1.6 s']);
  t.same(tally.look(2_600), [], 'said once');
  t.match(tally.sources(), [{ gaps: 1, longest: 2_600 }], 'and the silence is as long as it lasts');
  t.same(tally.saw('10.0.1.1', 'hello', 3_000), ['10.0.1.1 is back after 3.0 s']);
  t.match(tally.sources(), [{ packets: 2, gaps: 1, longest: 3_000 }]);
  tally.look(4_600);
  t.match(tally.sources(), [{ gaps: 2 }], 'the next silence is another gap');
});

t.test('each sender is counted for itself, and told when it says something new', async (t) => {
  const tally = new Tally(1_000);
  tally.saw('10.0.1.1', 'priority 200', 0);
  t.same(tally.saw('10.0.1.2', 'priority 100', 500), ['10.0.1.2 priority 100']);
  t.same(tally.saw('10.0.1.1', 'priority 200', 1_000), []);
  t.same(tally.saw('10.0.1.1', 'priority 0', 2_000), ['10.0.1.1 priority 0']);
  t.match(tally.sources(), [
    { from: '10.0.1.1', packets: 3, last: 'priority 0' },
    { from: '10.0.1.2', packets: 1 },
  ]);
});
