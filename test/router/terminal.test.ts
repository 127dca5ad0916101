import { mkdtempSync, rmSync } from 'node:fs';
import t from 'tap';
import { Pty } from '../console/fixtures/pty.ts';
import { labUnavailable } from '../lab/lab-under-test.ts';
import { HITLESS } from './router-lab.ts';

const skip = labUnavailable();

for (const [how, keys] of [
  ['quit', 'quit\r'],
  ['Ctrl-C', '\x03'],
] as const) {
  t.test(`at its own terminal a person replaces a module, and ${how} ends the lab`, { skip }, async (t) => {
    const directory = mkdtempSync('/tmp/hitless-test-');
    t.teardown(() => rmSync(directory, { recursive: true, force: true }));
    const command = [
      process.execPath,
      HITLESS,
      'lab',
      '--no-install',
      '--console',
      `${directory}/console.sock`,
      '--timing',
      'period=500,advert=50',
    ];
    const pty = new Pty(t, 100, command);
    await pty.until('there is a prompt', (_, output) => output.includes('hitless> '));
    pty.type('replace ip ip@2');
    // A terminal reads what is written in pieces: the row is looked for until the piece that ends with it is there.
    const screen = await pty.until(
      'log lines come meanwhile, and below them stands what was typed',
      ({ seen }, output) =>
        output.split('got msg').length > 10 && seen.at(-1)?.startsWith('hitless> replace') === true,
    );
    t.equal(screen.seen.at(-1), 'hitless> replace ip ip@2', 'what was typed is still there');
    pty.type('.0.0\r');
    await pty.until(
      'the module is replaced',
      (_, output) => output.includes('transaction 2 committed') && output.includes('from IP V2'),
    );
    pty.type(keys);
    const ended = await Promise.race([
      pty.exited,
      new Promise((resolve) => setTimeout(resolve, 8000, 'still there after 8 s')),
    ]);
    t.equal(ended, 0);
    t.match(pty.output, /IP monitor \(left\): \d+ packets from 10\.0\.1\.1, no gap/);
  });
}
