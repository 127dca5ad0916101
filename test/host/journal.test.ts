import { closeSync, fstatSync, openSync } from 'node:fs';
import t from 'tap';
import { isJournal, withPriority } from '../../firmware/host/journal.ts';
import { LogPrinter } from '../../firmware/host/log-printer.ts';
import type { LogLevel } from '../../runtime/index.ts';
import { Text } from '../console/fixtures/text.ts';

t.test('only the stream that JOURNAL_STREAM names is the journal', async (t) => {
  const file = openSync('/dev/null', 'w');
  const { dev, ino } = fstatSync(file);
  t.equal(isJournal(file, { JOURNAL_STREAM: `${dev}:${ino}` }), true);
  t.equal(isJournal(file, { JOURNAL_STREAM: `${dev}:${ino + 1}` }), false, 'a child with a file of its own');
  t.equal(isJournal(file, {}), false);
  closeSync(file);
  t.equal(isJournal(file, { JOURNAL_STREAM: `${dev}:${ino}` }), false, 'a closed one');
});

t.test('each line there begins with its priority, in both formats', async (t) => {
  for (const format of ['text', 'json'] as const) {
    const output = new Text();
    const printer = new LogPrinter(output, 'debug', { format, journal: true });
    for (const level of ['debug', 'info', 'warn', 'error'] as LogLevel[])
      printer.print({ at: 0, level, module: 'IP', version: '1.0.0', text: 'two\nlines' });
    printer.close();
    const lines = output.text.trimEnd().split('\n');
    t.same(
      lines.map((line) => line.slice(0, 3)),
      ['<7>', '<6>', '<4>', '<3>'],
    );
  }
  t.equal(withPriority('error', 'hitless: Error: x\n    at y\n'), '<3>hitless: Error: x\n<3>    at y\n');
});
