/**
 * The board `virt` in its first days: its configuration is not understood and is mended on the serial line; then an image
 * is pushed over that line, into the other slot, with a power cut in between.
 */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { SlotsView } from '../../firmware/console/host.ts';
import { built, copyOf } from './built.ts';
import { ANSWER, areEqual, BOOT, build, Machine, mtools, unavailable } from './machine.ts';
import { CONFIG } from './site.ts';
import { PATIENT, Slots } from './slots.ts';

const skip = unavailable('virt');
const folder = mkdtempSync(join(tmpdir(), 'hitless-update-'));
const medium = join(folder, 'medium.img');
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

/** In the configuration that the image brings. */
const FIRST = 'router: { id: 10.0.1.1 }\n';
const WRONG = 'router: { id: nonsense }\n';

const options = { board: 'virt', image: medium, folder, atOnce: true };

t.test('the same inputs give the same bytes', { skip }, async (t) => {
  const next = join(folder, 'next.img');
  const config = join(folder, 'router.yaml');
  writeFileSync(config, CONFIG);
  build('virt', next, '--config', config);
  t.ok(areEqual(built('virt', CONFIG).path, next));
  writeFileSync(config, WRONG);
  t.throws(() => build('virt', medium, '--config', config), /CONFIG_INVALID/, 'no image is built with it');
  renameSync(next, medium);
  new Slots(medium, folder).rebuildApp([FIRST, WRONG]);
  t.notOk(areEqual(built('virt', CONFIG).path, medium), 'control: other inputs give others');
});

t.test('from a wrong configuration to a new image', { skip }, async (t) => {
  // With an app layer that neither slot has.
  const image = join(folder, 'pushed.img');
  copyOf(built('virt', CONFIG), image);
  new Slots(image, folder).rebuildApp(...PATIENT);
  const machine = await Machine.on(t, options);

  await t.test('what is wrong is told on the serial line, and mended in a shell there', async (t) => {
    await machine.hears(/the router ended with 2 after .*; its last words:/, BOOT);
    await machine.hears(/router\.yaml:1:\d+: router\.id: found /, ANSWER);
    await machine.hears(/Enter opens a shell instead/, BOOT);
    await machine.type('');
    await machine.hears(/\/ # /, ANSWER);
    await machine.type(
      "echo '{ router: { realtime: 10, cpus: 0-1 }, timer: {}, console: { serial: { path: /dev/ttyAMA0 } } }' > /data/router.yaml; sync; exit",
    );
    await machine.hears(/Non-Stop Router, serial console/, BOOT);
    // With a real-time priority, for which the board has the programs: without them nothing would start.
    t.equal(await machine.version('TIMER'), '2.0.0');
  });

  await t.test('a power cut while an image comes leaves the running slot', async (t) => {
    const pushing = await machine.begin('push', image);
    let told = '';
    pushing.stderr!.on('data', (text) => (told += text));
    const died = new Promise((resolve) => pushing.once('close', resolve));
    while (!/app: [2-9]\d %/.test(told) && pushing.exitCode === null)
      await new Promise((resolve) => setTimeout(resolve, 20));
    await machine.cutPower();
    pushing.kill();
    await died;
    t.equal(pushing.signalCode ?? pushing.exitCode, 'SIGTERM', told);
    t.notMatch(mtools(medium, 'b', 'mdir', '-b', '::'), /contents\.txt/i, 'nobody takes it for whole');
  });

  await t.test('an image is pushed into the other slot', async (t) => {
    const after = await Machine.on(t, options);
    await after.boots('a');
    const pushed = await after.hitless('push', image);
    t.equal(pushed.status, 0, pushed.errors);
    t.match(pushed.errors, /app: /);
    t.notMatch(pushed.errors, /^(base|kernel): /m, 'layers that are there already are not sent');
    await after.hears(/supervisor: hitless on virt, slot b, /, BOOT);
    t.match(await after.ask<SlotsView>('show slots'), { running: 'b', chosen: 'b', confirmed: true });
    t.notMatch(
      mtools(medium, 'boot', 'mdir', '-b', '::'),
      /try/,
      'the mark is gone before the slot is booted',
    );
    await after.cutPower();
  });
});
