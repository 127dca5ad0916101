/** What brings the board `virt` back when the slot that it tries loses power, does not boot, or is not healthy. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { SlotsView } from '../../firmware/console/host.ts';
import { built, copyOf } from './built.ts';
import { BOOT, Machine, mtools, unavailable } from './machine.ts';

const skip = unavailable('virt');
const folder = mkdtempSync(join(tmpdir(), 'hitless-fallback-'));
const medium = join(folder, 'medium.img');
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

/** Has the time of the trial begin when this is in the log, however slow this machine is. */
function waitsFor(text: string): [from: string, to: string] {
  return [
    '# A slot tool that fails, that hangs, or that tells what is not understood, is not taken for a confirmation.',
    `until logread | grep -q '${text}'; do sleep 1; done`,
  ];
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

t.before(() => {
  if (!skip) copyOf(built('virt'), medium);
});

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

t.test('a slot whose router lives, holds the watchdog and never confirms falls back', { skip }, async (t) => {
  const app = fileOf('b', 'app');
  put(
    'b',
    'app',
    changed(
      app,
      ['var PROVEN_MS = 1e4;', 'var PROVEN_MS = 9e9;'],
      ['CONFIRM=600', 'CONFIRM=2'],
      // However slow this machine is: the time begins when the router has begun to prove itself.
      waitsFor('router: .*slot b is on trial'),
    ),
  );
  markTry('b');
  const machine = await Machine.on(t, options);
  await machine.hears(/supervisor: hitless on virt, slot b, /, BOOT);
  await machine.hears(/Non-Stop Router, serial console/, BOOT);
  await machine.hears(/slot b did not prove healthy within 2 s: back to the other slot/, BOOT);
  await machine.hears(/supervisor: hitless on virt, slot a, /, BOOT);
  t.notMatch(machine.transcript, /the router ended with/, 'it lived until it was asked to end');
  await machine.cutPower();
  put('b', 'app', app);
});

t.test('a slot whose router does not stay up falls back to the good one', { skip }, async (t) => {
  put(
    'b',
    'app',
    changed(
      fileOf('b', 'app'),
      ['#!/usr/bin/env node\nimport { createRequire', '#!/usr/bin/env node\nprocess.exit(3);//'],
      ['CONFIRM=600', 'CONFIRM=5'],
      waitsFor('the router ended with 3'),
    ),
  );
  markTry('b');
  const machine = await Machine.on(t, options);
  await machine.hears(/slot b is tried: it has 5 s to prove healthy/, BOOT);
  await machine.hears(/the router ended with 3/, BOOT);
  await machine.hears(/slot b did not prove healthy within 5 s: back to the other slot/, BOOT);
  await machine.boots('a');
  t.match(await machine.ask<SlotsView>('show slots'), { running: 'a', chosen: 'a', confirmed: true });
});
