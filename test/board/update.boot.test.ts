/**
 * The board `virt` in its first days: its configuration is not understood and is mended on the serial line; then whole
 * images are pushed over that line, into the other slot, and the power is cut in between.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { SlotsView } from '../../firmware/console/host.ts';
import { built } from './built.ts';
import { ANSWER, areEqual, BOOT, build, buildUnseen, Machine, mtools, unavailable } from './machine.ts';
import { CONFIG } from './site.ts';

const skip = unavailable('virt');
const folder = mkdtempSync(join(tmpdir(), 'hitless-update-'));
const medium = join(folder, 'medium.img');
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

const options = { board: 'virt', image: medium, folder };

t.test('the same inputs give the same bytes', { skip }, async (t) => {
  const next = join(folder, 'next.img');
  build('virt', next);
  t.ok(areEqual(built('virt').path, next));
  const config = join(folder, 'router.yaml');
  writeFileSync(config, 'router: { id: nonsense }\n');
  t.throws(() => build('virt', medium, '--config', config), /CONFIG_INVALID/, 'no image is built with it');
  buildUnseen('virt', medium, config);
  t.notOk(areEqual(medium, next), 'control: other inputs give others');
});

t.test('from a wrong configuration to a new image', { skip }, async (t) => {
  const machine = await Machine.on(t, options);

  await t.test('what is wrong is told on the serial line, and mended in a shell there', async (t) => {
    await machine.hears(/the router ended with 2 after .*; its last words:/, BOOT);
    await machine.hears(/router\.yaml:1:\d+: router\.id: found /, ANSWER);
    await machine.hears(/Enter opens a shell instead/, ANSWER);
    await machine.type('');
    await machine.hears(/\/ # /, ANSWER);
    await machine.type(
      "echo '{ router: { realtime: 10, cpus: 0-1 }, console: { serial: { path: /dev/ttyAMA0 } } }' > /data/router.yaml; sync; exit",
    );
    await machine.hears(/Non-Stop Router, serial console/, BOOT);
    // With a real-time priority, for which the board has the programs: without them nothing would start.
    t.equal(await machine.version('TIMER'), '2.0.0');
  });

  await t.test('an image is pushed into the other slot', async (t) => {
    const pushed = await machine.hitless('push', built('virt').path);
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
  });

  await t.test('a power cut while another comes leaves the running slot', async (t) => {
    // With a layer that neither slot has.
    const other = built('virt', CONFIG).path;
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
  });
});
