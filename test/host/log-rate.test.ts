import t from 'tap';
import { LogPrinter } from '../../firmware/host/log-printer.ts';
import type { LogRecord } from '../../runtime/index.ts';
import { Text } from '../console/fixtures/text.ts';

const record = (more: Partial<LogRecord>): LogRecord => ({
  at: 0,
  level: 'warn',
  module: 'VRRP',
  version: '2.0.0',
  text: 'dropped a packet from 10.0.1.9: another interval '.repeat(3),
  ...more,
});

/** A log, and a clock that only this test moves. */
function log(format: 'text' | 'json' = 'text') {
  const output = new Text();
  let now = 0;
  const printer = new LogPrinter(output, 'info', { format, now: () => now });
  return {
    output,
    printer,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

t.test('a flood of any module is held to a rate, and what was left out is counted and told', async (t) => {
  for (const format of ['text', 'json'] as const) {
    const { output, printer, pass } = log(format);
    // 20,000 a second for 8 s.
    for (let ms = 0; ms < 8000; ms++) {
      for (let i = 0; i < 20; i++) printer.print(record({}));
      pass(1);
    }
    printer.close();
    t.ok(output.text.length < 600_000, `${output.text.length} bytes of some 30 MB`);
    const lines = output.text.trimEnd().split('\n');
    const last = lines.pop()!;
    const left = 160_000 - lines.length;
    t.match(
      last,
      `${left} lines were left out, ${left} warnings and 0 errors among them, ${left} of them from VRRP`,
    );
    if (format === 'json')
      t.match(JSON.parse(last).data, { leftOut: { lines: left, modules: { VRRP: left } } });
  }
});

t.test('in the long run it is a rate, whatever the flood', async (t) => {
  const { output, printer, pass } = log();
  const flood = (seconds: number) => {
    for (let s = 0; s < seconds; s++) {
      for (let i = 0; i < 500; i++) printer.print(record({}));
      pass(1000);
    }
  };
  flood(100);
  const before = output.text.length;
  flood(1000);
  const bytes = (output.text.length - before) / 1000;
  t.ok(bytes > 4000 && bytes < 9000, `${bytes} bytes a second`);
  printer.close();
});

t.test('a quiet time after a flood gives the log its whole room back', async (t) => {
  const { output, printer, pass } = log();
  for (let i = 0; i < 10_000; i++) printer.print(record({}));
  const flooded = output.text.split('\n').length;
  pass(600_000);
  for (let i = 0; i < 10_000; i++) printer.print(record({}));
  t.equal(output.text.split('\n').length - 1, (flooded - 1) * 2);
  printer.close();
});

t.test(
  'errors and transactions go on in a flood, and the line that ends one is never left out',
  async (t) => {
    const { output, printer } = log();
    const flood = () => {
      for (let i = 0; i < 10_000; i++) printer.print(record({}));
    };
    flood();
    printer.print(record({ level: 'error', text: 'an error' }));
    printer.print(record({ level: 'info', transaction: 7, text: ': disable..' }));
    t.match(output.text, /error: VRRP V2 an error\n.*VRRP V2: disable\.\.\n$/);
    for (let i = 0; i < 100_000; i++) printer.print(record({ level: 'error' }));
    printer.print(record({ level: 'error', text: 'one error too many' }));
    t.notMatch(output.text, /one error too many/, 'they have a bound of their own');
    for (let id = 0; id < 50; id++) {
      flood();
      printer.print(
        record({ level: 'info', transaction: id, text: `transaction ${id} committed`, data: { id } }),
      );
    }
    t.equal(output.text.match(/transaction \d+ committed/g)?.length, 50);
    printer.close();
  },
);

t.test('a line without end is cut', async (t) => {
  const { output, printer } = log('json');
  printer.print(record({ text: 'x'.repeat(10_000_000) }));
  t.match(JSON.parse(output.text).text, /^x{8192}… \(9991808 characters more\)$/);
  printer.close();
});
