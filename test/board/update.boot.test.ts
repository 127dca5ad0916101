/** A whole image is pushed to the board `virt` over the serial line, into the other slot; the power is cut in between. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { SlotsView } from '../../firmware/console/host.ts';
import { BOOT, build, Machine, mtools, unavailable } from './machine.ts';

const skip = unavailable('virt');
const folder = mkdtempSync(join(tmpdir(), 'hitless-update-'));
const medium = join(folder, 'medium.img');
const next = join(folder, 'next.img');
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

const options = { board: 'virt', image: medium, folder };

t.test('the same inputs give the same bytes', { skip }, async (t) => {
  build('virt', medium);
  build('virt', next);
  t.ok(readFileSync(medium).equals(readFileSync(next)));
  const config = join(folder, 'router.yaml');
  writeFileSync(config, '# Another first configuration: the app layer is another one.\nconsole: {}\n');
  build('virt', next, '--config', config);
  t.notOk(readFileSync(medium).equals(readFileSync(next)), 'control: other inputs give others');
});

t.test(
  'an image is pushed over the serial line, and a power cut while another comes leaves the running slot',
  { skip },
  async (t) => {
    const machine = await Machine.on(t, options);
    await machine.boots('a');
    const pushed = await machine.hitless('push', next);
    t.equal(pushed.status, 0, pushed.errors);
    t.match(pushed.errors, /app: /);
    t.notMatch(pushed.errors, /^(base|kernel): /m, 'layers that are there already are not sent');
    await machine.hears(/supervisor: hitless on virt, slot b, /, BOOT);
    t.match(await machine.ask<SlotsView>('show slots'), { running: 'b', chosen: 'b', confirmed: true });
    t.notMatch(
      mtools(medium, 'boot', 'mdir', '-b', '::'),
      /try/,
      'the mark is gone before the slot is booted',
    );

    // With a layer that neither slot has.
    const other = join(folder, 'other.img');
    const config = join(folder, 'router.yaml');
    writeFileSync(config, '# A third one.\nconsole: {}\n');
    build('virt', other, '--config', config);
    const pushing = await machine.begin('push', other);
    let told = '';
    pushing.stderr!.on('data', (text) => (told += text));
    const died = new Promise((resolve) => pushing.once('close', resolve));
    while (!/app: [2-9]\d %/.test(told) && pushing.exitCode === null)
      await new Promise((resolve) => setTimeout(resolve, 20));
    await machine.cutPower();
    pushing.kill();
    await died;
    t.equal(pushing.signalCode ?? pushing.exitCode, 'SIGTERM', told);
    t.notMatch(mtools(medium, 'a', 'mdir', '-b', '::'), /contents\.txt/i, 'nobody takes it for whole');

    const after = await Machine.on(t, options);
    await after.boots('b');
    const again = await after.hitless('push', other);
    t.equal(again.status, 0, again.errors);
    await after.hears(/supervisor: hitless on virt, slot a, /, BOOT);
    t.match(await after.ask<SlotsView>('show slots'), { running: 'a', confirmed: true });
    await after.cutPower();
  },
);
