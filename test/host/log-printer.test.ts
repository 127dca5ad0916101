import { PassThrough } from 'node:stream';
import t from 'tap';
import { LogPrinter } from '../../firmware/host/log-printer.ts';
import type { LogRecord } from '../../runtime/index.ts';
import { Text } from '../console/fixtures/text.ts';

const AT = Date.UTC(2024, 0, 2, 3, 4, 5);
const record = (more: Partial<LogRecord>): LogRecord => ({
  at: AT,
  level: 'info',
  module: 'IP',
  version: '1.0.0',
  text: ': disable..',
  ...more,
});

t.test('text is one line a record, with its time', async (t) => {
  const output = new Text();
  const printer = new LogPrinter(output, 'info');
  printer.print(record({}));
  printer.print(record({ level: 'warn', text: 'two\nlines \u001b[2J', data: { id: 1 } }));
  t.equal(
    output.text,
    '2024-01-02T03:04:05.000Z IP V1: disable..\n2024-01-02T03:04:05.000Z warning: IP V1 two / lines \\u001b[2J\n',
  );
});

t.test('json is one object a line, with the same facts and the report of a transaction', async (t) => {
  const output = new Text();
  const printer = new LogPrinter(output, 'info', { format: 'json' });
  printer.print(record({ transaction: 2 }));
  printer.print(record({ level: 'error', module: '', version: '', text: 'two\nlines\u2028' }));
  printer.print(
    record({ transaction: 2, text: 'committed', data: { id: 2, n: 1n, votes: new Map([['IP', 'YES']]) } }),
  );
  const lines = output.text.split('\n');
  t.equal(lines.pop(), '');
  t.same(
    lines.map((line) => JSON.parse(line)),
    [
      { at: AT, level: 'info', module: 'IP', version: '1.0.0', transaction: 2, text: ': disable..' },
      { at: AT, level: 'error', module: '', version: '', text: 'two\nlines\u2028' },
      {
        at: AT,
        level: 'info',
        module: 'IP',
        version: '1.0.0',
        transaction: 2,
        text: 'committed',
        data: { id: 2, n: '1', votes: { IP: 'YES' } },
      },
    ],
  );
});

t.test('what is below the level asked for is not printed', async (t) => {
  for (const format of ['text', 'json'] as const) {
    const output = new Text();
    const printer = new LogPrinter(output, 'warn', { format });
    printer.print(record({}));
    t.equal(output.text, '', format);
    printer.print(record({ level: 'warn' }));
    t.match(output.text, /disable/, format);
  }
});

t.test('a reader that is behind loses lines, and is told how many in the same format', async (t) => {
  for (const format of ['text', 'json'] as const) {
    const output = new PassThrough();
    // One line a second: the log's rate is no matter here.
    let now = 0;
    const printer = new LogPrinter(output, 'info', { format, now: () => (now += 1000) });
    for (let i = 0; i < 30_000; i++) printer.print(record({ text: 'x'.repeat(100) }));
    t.ok(output.writableLength < 1.2e6, `${output.writableLength} bytes wait`);
    let text = '';
    output.on('data', (chunk) => {
      text += chunk;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    const kept = text.split('\n').length - 1;
    printer.print(record({ text: 'last' }));
    await new Promise((resolve) => setTimeout(resolve, 20));
    const lines = text.split('\n');
    t.equal(lines.length, kept + 3, format);
    t.match(lines[kept], new RegExp(`${30_000 - kept} lines were lost`), format);
    t.match(lines[kept + 1], /last/, format);
    if (format === 'json') t.match(JSON.parse(lines[kept]!), { level: 'warn', module: '', at: AT });
  }
});

t.test('a reader that is gone is no reason to fail', async (t) => {
  const output = new PassThrough();
  const printer = new LogPrinter(output, 'info', { format: 'json' });
  output.destroy(new Error('EPIPE'));
  await new Promise((resolve) => setTimeout(resolve, 10));
  t.doesNotThrow(() => printer.print(record({})));
});
