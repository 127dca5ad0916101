/**
 * Whole images on the board `virt`: an update over the serial line into the other slot, and what brings the board back
 * when that slot does not boot, is not healthy, or the power is cut.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { SlotsView } from '../../firmware/console/host.ts';
import { BOOT, build, Machine, mtools, unavailable } from './machine.ts';

const skip = unavailable('virt');
const folder = mkdtempSync(join(tmpdir(), 'hitless-slots-'));
const medium = join(folder, 'medium.img');
const next = join(folder, 'next.img');
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

const options = { board: 'virt', image: medium, folder };

/** What the next start tries, as the router marks it: while the power is off. */
function markTry(slot: 'a' | 'b'): void {
  const mark = join(folder, 'try');
  writeFileSync(mark, `slot=${slot}\n`);
  mtools(medium, 'boot', 'mcopy', '-o', mark, '::try');
}

function fileOf(slot: 'a' | 'b', name: string): Buffer {
  const to = join(folder, 'taken');
  mtools(medium, slot, 'mcopy', '-o', `::${name}`, to);
  return readFileSync(to);
}

function put(slot: 'a' | 'b', name: string, body: Buffer): void {
  const from = join(folder, 'put');
  writeFileSync(from, body);
  mtools(medium, slot, 'mcopy', '-o', from, `::${name}`);
}

/** The app layer with some of its bytes changed for as many others. */
function changed(layer: Buffer, ...changes: [from: string, to: string][]): Buffer {
  let archive = decompressed(layer).toString('latin1');
  for (const [from, to] of changes) {
    if (!archive.includes(from)) throw new Error(`the layer has no ${from}`);
    archive = archive.replaceAll(from, to.padEnd(from.length));
  }
  return execFileSync('zstd', ['-cq'], { input: Buffer.from(archive, 'latin1'), maxBuffer: 1 << 28 });
}

/** A layer ends on a multiple of four bytes; what was added for that is no part of it. */
function decompressed(layer: Buffer): Buffer {
  for (let padding = 0; padding < 4; padding++) {
    const input = layer.subarray(0, layer.length - padding);
    const { status, stdout } = spawnSync('zstd', ['-dcq'], { input, maxBuffer: 1 << 28 });
    if (status === 0) return stdout;
  }
  throw new Error('the layer is not what zstd understands');
}

async function boots(machine: Machine, slot: 'a' | 'b'): Promise<void> {
  await machine.hears(new RegExp(`supervisor: hitless on virt, slot ${slot}, `), BOOT);
  await machine.hears(/Non-Stop Router, serial console/, BOOT);
}

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
    await boots(machine, 'a');
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
    await boots(after, 'b');
    const again = await after.hitless('push', other);
    t.equal(again.status, 0, again.errors);
    await after.hears(/supervisor: hitless on virt, slot a, /, BOOT);
    t.match(await after.ask<SlotsView>('show slots'), { running: 'a', confirmed: true });
    await after.cutPower();
  },
);

t.test('a slot that is tried and loses power is not started again', { skip }, async (t) => {
  markTry('b');
  const tried = await Machine.on(t, options);
  await tried.hears(/supervisor: hitless on virt, slot b, /, BOOT);
  await tried.cutPower();
  const after = await Machine.on(t, options);
  await after.hears(/supervisor: hitless on virt, slot a, /, BOOT);
  t.notMatch(after.transcript, /is tried/);
  await after.cutPower();
});

t.test('a slot whose kernel is broken falls back to the good one', { skip }, async (t) => {
  const kernel = fileOf('b', 'kernel');
  put('b', 'kernel', Buffer.alloc(4096, 'broken'));
  markTry('b');
  const machine = await Machine.on(t, options);
  await machine.hears(/hitless: slot b does not boot/, BOOT);
  await machine.hears(/supervisor: hitless on virt, slot a, /, BOOT);
  await machine.cutPower();
  put('b', 'kernel', kernel);
});

t.test('a slot whose layer is damaged falls back to the good one', { skip }, async (t) => {
  const base = fileOf('b', 'base');
  const damaged = Buffer.from(base);
  damaged.fill(0x55, damaged.length >> 1, (damaged.length >> 1) + 65_536);
  put('b', 'base', damaged);
  markTry('b');
  const machine = await Machine.on(t, options);
  await machine.hears(/hitless: slot b/, BOOT);
  await machine.hears(/supervisor: hitless on virt, slot a, /, BOOT);
  await machine.cutPower();
  put('b', 'base', base);
});

t.test('a slot whose router does not stay up falls back to the good one', { skip }, async (t) => {
  put(
    'b',
    'app',
    changed(
      fileOf('b', 'app'),
      ['#!/usr/bin/env node\nimport { createRequire', '#!/usr/bin/env node\nprocess.exit(3);//'],
      ['CONFIRM=90', 'CONFIRM=15'],
    ),
  );
  markTry('b');
  const machine = await Machine.on(t, options);
  await machine.hears(/slot b is tried: it has 15 s to prove healthy/, BOOT);
  await machine.hears(/the router ended with 3/, BOOT);
  await machine.hears(/slot b did not prove healthy within 15 s: back to the other slot/, BOOT);
  await boots(machine, 'a');
  t.match(await machine.ask<SlotsView>('show slots'), { running: 'a', chosen: 'a', confirmed: true });
});
