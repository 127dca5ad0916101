/** What a measuring program writes down is believed only if it proves that it measured. */
import t from 'tap';
import { gate, verdict } from '../../bench/gate.ts';
import { summarize } from '../../bench/statistics.ts';
import type { SwapJob } from '../../bench/swap/job.ts';
import { Record } from '../../bench/swap/record.ts';

const job: SwapJob = {
  kind: 'swap',
  servers: 1,
  entries: 0,
  migrate: false,
  code: 0,
  hot: false,
  abort: false,
  load: 'before',
  first: 'waiting',
  swaps: 2,
  warmup: 0,
  rate: 0,
  flood: 0,
  observe: 0,
  observations: 0,
};

/** Two swaps of one server; the new versions handle their first messages 10 and 30 µs after the disable. */
const sound = [
  'handled 1 1 0 0 100000',
  'swap 150000 200000 215000',
  'handled 1 2 1 1 210000',
  'handled 1 3 1 1 290000',
  'swap 295000 300000 335000',
  'handled 1 4 2 2 330000',
  'sent 1 4',
  'total 1 4',
  'state 1 4',
];

/** The record with some lines replaced; undefined drops one. */
function changed(changes: { [line: string]: string | undefined }): string {
  return sound.flatMap((line) => (line in changes ? (changes[line] ?? []) : line)).join('\n');
}

t.test('windows are reckoned from the disable to the first message of each version', async (t) => {
  const record = new Record('test', job, sound.join('\n'));
  t.strictSame(record.windows, [10, 30]);
  t.equal(record.firstWindow, 10);
  t.equal(record.messages, 4);
  t.strictSame(new Record('test', { ...job, swaps: 1, warmup: 1 }, sound.join('\n')).windows, [30]);
});

t.test('of several servers the longest window counts', async (t) => {
  const second = sound
    .filter((line) => !line.startsWith('swap'))
    .map((line) => line.replace(/^(\w+) 1/, '$1 2').replace('210000', '250000'));
  const record = new Record('test', { ...job, servers: 2 }, [...sound, ...second].join('\n'));
  t.strictSame(record.windows, [50, 30]);
});

t.test('a gap counts when it touches what is observed', async (t) => {
  const stream = { ...job, rate: 1000, observations: 1 };
  const gaps = (from: number, until: number) =>
    new Record('test', stream, `${sound.join('\n')}\nobserve ${from} ${until}`).gaps;
  t.strictSame(gaps(150_000, 220_000), [110]);
  t.strictSame(gaps(220_000, 280_000), [80]);
  t.strictSame(gaps(291_000, 400_000), [40]);
});

t.test('after an abort, the window ends with the next message of the old version', async (t) => {
  const text = [
    'handled 1 1 0 0 100000',
    'swap 150000 200000 235000',
    'handled 1 2 0 0 240000',
    'sent 1 2',
    'total 1 2',
    'state 1 2',
  ].join('\n');
  const aborted = { ...job, abort: true, swaps: 1 };
  t.strictSame(new Record('test', aborted, text).windows, [40]);
  t.throws(
    () => new Record('test', aborted, text.replace('handled 1 2 0 0', 'handled 1 2 1 1')),
    /served with 2 versions instead of 1/,
  );
  t.throws(() => new Record('test', { ...aborted, abort: false }, text), /with 1 versions instead of 2/);
});

t.test('a time line is that of the observed swap with the middle gap, from its command on', async (t) => {
  const stream = { ...job, flood: 1, observations: 2 };
  const observed = ['observe 150000 220000', 'observe 295000 400000'];
  const record = new Record('test', stream, [...sound, ...observed].join('\n'));
  t.strictSame(record.gaps, [110, 40]);
  t.strictSame(record.timeline(0.06), { handled: [-0.05, 0.06, 0.14], ended: 0.065 });
});

t.test('a record that does not prove what it claims is refused', async (t) => {
  const refused = (text: string, message: string | RegExp, changedJob = job) =>
    t.throws(() => new Record('who', changedJob, text), { code: 'MEASURED_NOTHING', message });
  refused(changed({ 'handled 1 3 1 1 290000': undefined }), 'server 1 has message 4 after 2');
  refused(changed({ 'handled 1 3 1 1 290000': 'handled 1 3 1 1 0' }), 'server 1 never handled message 3');
  refused(changed({ 'handled 1 3 1 1 290000': 'handled 1 3 1 1 205000' }), 'handled message 3 too early');
  refused(changed({ 'total 1 4': 'total 1 5' }), 'was sent 4 messages, but "total" counts 5');
  refused(changed({ 'state 1 4': 'state 1 3' }), 'was sent 4 messages, but "state" counts 3');
  refused(
    changed({ 'sent 1 4': 'sent 1 5', 'total 1 4': 'total 1 5', 'state 1 4': 'state 1 5' }),
    'was sent 5, and handled 4',
  );
  refused(
    changed({ 'handled 1 4 2 2 330000': 'handled 1 4 1 1 330000' }),
    'served with 2 versions instead of 3',
  );
  refused(changed({ 'handled 1 4 2 2 330000': 'handled 1 4 2 1 330000' }), 'with state 2 and code 1');
  refused(changed({ 'swap 295000 300000 335000': undefined }), '1 swaps instead of 2');
  refused(changed({ 'total 1 4': 'nonsense' }), 'its record has the line "nonsense"');
  refused('', '0 swaps instead of 2');
  refused(sound.join('\n'), '0 observations instead of 3', { ...job, rate: 1, observations: 3 });
});

t.test('a blackout that the handlers do not bear out is refused', async (t) => {
  const many = { ...job, swaps: 40 };
  const record = (blackout: number) => {
    const lines = ['handled 1 1 0 0 100000'];
    for (let swap = 1; swap <= 40; swap++) {
      const at = swap * 1_000_000;
      lines.push(`swap ${at} ${at} ${at}`, `blackout ${swap} 1 ${blackout}`);
      lines.push(`handled 1 ${swap + 1} ${swap} ${swap} ${at + 20_000}`);
    }
    return [...lines, 'sent 1 41', 'total 1 41', 'state 1 41'].join('\n');
  };
  t.strictSame(new Set(new Record('who', many, record(21_000)).windows), new Set([21]));
  t.throws(() => new Record('who', many, record(5_000)), /40 of 40 reported blackouts do not agree/);
  t.throws(() => new Record('who', many, record(5_000_000)), /reported blackouts do not agree/);
});

t.test('medians and p99 are those of the sorted samples', async (t) => {
  t.match(summarize([3, 1, 2]), { samples: 3, median: 2, p99: 2.98 });
  t.strictSame(summarize([4, 1, 2, 3]).median, 2.5);
  t.equal(summarize(Array.from({ length: 101 }, (_, i) => 100 - i)).p99, 99);
  t.throws(() => summarize([]), RangeError);
});

t.test('a gate tells by how much it is missed, and is neither when a side is not there', async (t) => {
  t.equal(verdict(gate('', '', 1, 4, 0.5)), 'held, 0.25 of at most 0.5');
  t.equal(verdict(gate('', '', 3, 4, 0.5)), 'MISSED, 0.75 of at most 0.5: 1.50 times too much');
  t.match(gate('', '', undefined, 4, 0.5, 'no Table'), { ratio: undefined, held: undefined });
  t.equal(verdict(gate('', '', undefined, 4, 0.5, 'no Table')), 'not available: no Table');
});
