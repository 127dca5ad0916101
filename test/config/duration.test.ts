import t from 'tap';
import { formatDuration, parseDuration } from '../../firmware/config/duration.ts';

t.test('a time is a number and a unit, read as whole milliseconds', async (t) => {
  const rows: [string, number][] = [
    ['0s', 0],
    ['10ms', 10],
    ['1s', 1000],
    ['1.5s', 1500],
    ['40.95s', 40_950],
    ['0.01s', 10],
    ['30m', 1_800_000],
    ['1h', 3_600_000],
    ['30d', 2_592_000_000],
  ];
  for (const [text, ms] of rows) t.same(parseDuration(text), { ms }, text);
});

t.test('every hundredth of a second up to 40.95 s is read without a rounding error', async (t) => {
  const wrong = [];
  for (let centi = 1; centi <= 4095; centi++) {
    const read = parseDuration(`${(centi / 100).toFixed(2)}s`);
    if (!('ms' in read) || read.ms !== centi * 10) wrong.push(centi);
  }
  t.same(wrong, []);
});

t.test('a plain number is refused with how to write it', async (t) => {
  const read = parseDuration(10);
  t.match('wrong' in read && read.wrong, /10 seconds are written 10s, 10 milliseconds 10ms/);
});

t.test('anything else is refused', async (t) => {
  for (const value of ['', '10', 's', '-1s', '1 s', '1S', '1m30s', '1e3s', '1w', '1.s', null, true, [], {}]) {
    t.match(parseDuration(value), { wrong: /a time/ }, JSON.stringify(value));
  }
  t.match(parseDuration('0.5ms'), { wrong: /whole milliseconds/ });
});

t.test('a time is written in the largest unit that keeps it whole, else in seconds', async (t) => {
  const rows: [number, string][] = [
    [0, '0ms'],
    [10, '10ms'],
    [1000, '1s'],
    [1500, '1.5s'],
    [90_000, '90s'],
    [1_800_000, '30m'],
    [7_200_000, '2h'],
  ];
  for (const [ms, text] of rows) t.equal(formatDuration(ms), text);
});
