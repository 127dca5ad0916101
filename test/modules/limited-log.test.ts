/** Lines that packets can cause: said once, again ever more rarely, again after it had been well, and bounded. */
import t from 'tap';
import {
  FIRST_WAIT_MS,
  forgetSources,
  LINE_EVERY_MS,
  type LimitedLog,
  LONGEST_WAIT_MS,
  leftOutText,
  lineDue,
  MOST_LINES_AT_ONCE,
  MOST_SOURCES,
  noteAllWell,
  noteWell,
} from '../../firmware/modules/limited-log.ts';
import { notPlain } from '../../runtime/state/plain.ts';

/** A log with a clock; `at` is the time in ms, and each line is written down with it. */
function limited() {
  const log: LimitedLog = new Map();
  const lines: string[] = [];
  const happens = (source: string, at: number, kind = 'mask') => {
    const due = lineDue(log, kind, source, at);
    if (due !== undefined) lines.push(`${at} ${source}${leftOutText(due)}`);
    return due !== undefined;
  };
  return { log, lines, happens };
}

t.test(
  'the first is said at once, the next after a wait that doubles, with how many were left out',
  async (t) => {
    const { lines, happens } = limited();
    for (let at = 0; at <= 70_000; at += 1000) happens('r0 10.0.0.2', at);
    t.same(lines, [
      '0 r0 10.0.0.2',
      '10000 r0 10.0.0.2 (9 more since the last line)',
      '30000 r0 10.0.0.2 (19 more since the last line)',
      '70000 r0 10.0.0.2 (39 more since the last line)',
    ]);
    for (let at = 71_000; at < 70_000 + 240 * LONGEST_WAIT_MS; at += 60_000) happens('r0 10.0.0.2', at);
    t.ok(lines.length > 240 && lines.length < 260, `${lines.length}: one an hour in the end`);
  },
);

t.test('each source and each kind is said by itself', async (t) => {
  const { lines, happens } = limited();
  happens('a', 0);
  happens('b', 0);
  happens('a', 0, 'deadInterval');
  happens('a', 0);
  t.same(lines, ['0 a', '0 b', '0 a']);
});

t.test('what was well for a while is said again at once', async (t) => {
  const { log, lines, happens } = limited();
  happens('a', 0);
  noteWell(log, 'mask', 'a', 2000);
  noteWell(log, 'mask', 'a', 8000);
  t.notOk(happens('a', 9000), 'it was not well for long');
  noteWell(log, 'deadInterval', 'a', 9500);
  noteAllWell(log, 'a', 10_000);
  t.ok(happens('a', 10_000 + FIRST_WAIT_MS));
  t.same(lines.at(-1), '20000 a (1 more since the last line)');
});

t.test('what goes to and fro is not said each time', async (t) => {
  const { log, lines, happens } = limited();
  for (let at = 0; at < LONGEST_WAIT_MS; at += 100) {
    happens('a', at);
    noteAllWell(log, 'a', at + 50);
  }
  t.ok(lines.length >= 5 && lines.length <= 10, `${lines.length} lines in an hour`);
});

t.test(
  'made-up sources write a few lines and cost a counter; the kind tells how many there were',
  async (t) => {
    const { log, lines, happens } = limited();
    for (let i = 0; i < 100_000; i++) happens(`made up ${i}`, i / 10);
    t.equal(lines.length, MOST_LINES_AT_ONCE);
    t.equal(log.get('mask')?.told.size, MOST_LINES_AT_ONCE);
    happens('real', 10_000 + LINE_EVERY_MS);
    t.equal(lines.at(-1), `40000 real (${100_000 - MOST_LINES_AT_ONCE} of other sources left out)`);
    t.ok(happens('real', 10_000, 'deadInterval'), 'another kind has lines of its own');
  },
);

t.test('sources that are well now and then spend from the same few lines', async (t) => {
  const { log, lines, happens } = limited();
  const minutes = 60;
  for (let at = 0; at < minutes * 60_000; at += 2 * FIRST_WAIT_MS) {
    for (let i = 0; i < MOST_SOURCES; i++) {
      happens(`s${i}`, at);
      noteAllWell(log, `s${i}`, at + 1);
    }
  }
  const most = MOST_LINES_AT_ONCE + (minutes * 60_000) / LINE_EVERY_MS;
  // Beside the few lines, each that was told goes on waiting twice as long each time: 10 s, 20 s, … 40 min.
  t.ok(lines.length <= most + MOST_SOURCES * 9, `${lines.length} lines of 11,520`);
});

t.test('a source may have some lines at once, and again when nothing happened for its wait', async (t) => {
  const { log, lines } = limited();
  const changes = (at: number) => {
    const due = lineDue(log, 'state', 'a', at, 3);
    if (due !== undefined) lines.push(`${at}${leftOutText(due)}`);
    noteWell(log, 'state', 'a', at);
  };
  for (let at = 0; at < 10_000; at += 1000) changes(at);
  t.same(lines.splice(0), ['0', '1000', '2000']);
  for (const at of [20_000, 21_000, 22_000, 23_000]) changes(at);
  t.same(lines, ['20000 (7 more since the last line)', '21000', '22000']);
});

t.test('a known source is not silenced by made-up ones', async (t) => {
  const { log, lines, happens } = limited();
  happens('real', 0);
  noteWell(log, 'mask', 'real', 1);
  for (let i = 0; i < 1000; i++) happens(`made up ${i}`, 60_000);
  lines.length = 0;
  t.ok(happens('real', 60_000), 'no line is to spare, but it has waited');
  t.notOk(happens('real', 61_000));
});

t.test('what is configured no more is forgotten, and what comes back is said as of a new one', async (t) => {
  const { log, happens } = limited();
  const others = ['r0', 'r0/1 10.0.0.2', 'r10 10.0.0.2'];
  for (const source of ['r1', 'r1 10.0.0.2', ...others]) t.ok(happens(source, 0));
  t.ok(happens('r1 10.0.0.2', 0, 'area'));
  forgetSources(log, 'r1');
  t.same([...log.get('mask')!.told.keys()], others);
  t.equal(log.get('area')!.told.size, 0);
  t.same(
    [...['r1', 'r1 10.0.0.2'], ...others].map((source) => happens(source, 1)),
    [true, true, false, false, false],
  );
});

t.test('no more sources are kept than is said, and all of it is plain data', async (t) => {
  const { log, lines, happens } = limited();
  for (let i = 0; i < 3 * MOST_SOURCES; i++) happens(`s${i}`, i * LINE_EVERY_MS);
  t.equal(lines.length, 3 * MOST_SOURCES);
  t.equal(log.get('mask')?.told.size, MOST_SOURCES);
  t.ok(log.get('mask')?.told.has(`s${3 * MOST_SOURCES - 1}`), 'the latest are kept');
  t.equal(notPlain(log), undefined);
  t.same(structuredClone(log), log);
});

t.test('a state of another boot, whose clock was ahead, silences nobody', async (t) => {
  const { happens } = limited();
  happens('a', 5_000_000);
  t.ok(happens('a', 1000));
});
