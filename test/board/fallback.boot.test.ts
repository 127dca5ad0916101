/**
 * How the board `virt` comes back when the slot that it tries loses power, does not boot, or is not healthy. That slot
 * a is taken again the loader says, and its kernel starts; the last of these boots goes on to slot a's router.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { SlotsView } from '../../firmware/console/host.ts';
import { built, copyOf } from './built.ts';
import { BOOT, Machine, unavailable } from './machine.ts';
import { CONFIG } from './site.ts';
import { type Change, Slots } from './slots.ts';

const skip = unavailable('virt');
const folder = mkdtempSync(join(tmpdir(), 'hitless-fallback-'));
const medium = join(folder, 'medium.img');
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

const options = { board: 'virt', image: medium, folder, cpus: 1, atOnce: true };
const slots = new Slots(medium, folder);

/** Has the time of the trial begin when this is in the log, however slow this machine is. */
function waitsFor(text: string): Change {
  return [
    '# A slot tool that fails, that hangs, or that tells what is not understood, is not taken for a confirmation.',
    `until logread | grep -q '${text}'; do sleep 1; done`,
  ];
}

/** Waits until the loader has taken this slot and has started its kernel. */
async function starts(machine: Machine, slot: 'a' | 'b'): Promise<void> {
  await machine.hears(new RegExp(`hitless: slot ${slot}\\s`), BOOT);
  await machine.hears(/Starting kernel/, BOOT);
}

t.before(() => {
  if (skip) return;
  copyOf(built('virt', CONFIG), medium);
  slots.changeScript(['panic=10', 'panic=1'], ['sleep 5', 'sleep 1']);
});

t.test('a slot that is tried and loses power is not started again', { skip }, async (t) => {
  slots.markTry('b');
  const tried = await Machine.on(t, options);
  await starts(tried, 'b');
  await tried.cutPower();
  const after = await Machine.on(t, options);
  await starts(after, 'a');
  t.notMatch(after.transcript, /hitless: slot b/);
  await after.cutPower();
});

t.test('a slot whose kernel is broken falls back to the good one', { skip }, async (t) => {
  const kernel = slots.take('b', 'kernel');
  slots.put('b', 'kernel', Buffer.alloc(4096, 'broken'));
  slots.markTry('b');
  const machine = await Machine.on(t, options);
  await machine.hears(/hitless: slot b does not boot/, BOOT);
  await starts(machine, 'a');
  t.pass('slot a was started');
  await machine.cutPower();
  slots.put('b', 'kernel', kernel);
});

t.test('a slot whose layer is damaged falls back to the good one', { skip }, async (t) => {
  const base = slots.take('b', 'base');
  const damaged = Buffer.from(base);
  damaged.fill(0x55, damaged.length >> 1, (damaged.length >> 1) + 65_536);
  slots.put('b', 'base', damaged);
  slots.markTry('b');
  const machine = await Machine.on(t, options);
  await starts(machine, 'b');
  await starts(machine, 'a');
  t.notMatch(machine.transcript, /supervisor: hitless on virt, slot b/);
  await machine.cutPower();
  slots.put('b', 'base', base);
});

t.test('a slot whose router lives, holds the watchdog and never confirms falls back', { skip }, async (t) => {
  const app = slots.changeApp(
    'b',
    ['var PROVEN_MS = 1e4;', 'var PROVEN_MS = 9e9;'],
    ['CONFIRM=600', 'CONFIRM=2'],
    // However slow this machine is: the time begins when the router has begun to prove itself.
    waitsFor('router: .*slot b is on trial'),
  );
  slots.markTry('b');
  const machine = await Machine.on(t, options);
  await machine.hears(/supervisor: hitless on virt, slot b, /, BOOT);
  await machine.said(/Non-Stop Router, serial console/, BOOT);
  await machine.hears(/slot b did not prove healthy within 2 s: back to the other slot/, BOOT);
  await starts(machine, 'a');
  t.notMatch(machine.transcript, /the router ended with/, 'it lived until it was asked to end');
  await machine.cutPower();
  slots.put('b', 'app', app);
});

t.test('a slot whose router does not stay up falls back to the good one', { skip }, async (t) => {
  slots.changeApp(
    'b',
    ['#!/usr/bin/env node\nimport { createRequire', '#!/usr/bin/env node\nprocess.exit(3);//'],
    ['CONFIRM=600', 'CONFIRM=5'],
    waitsFor('the router ended with 3'),
  );
  slots.markTry('b');
  const machine = await Machine.on(t, options);
  await machine.hears(/slot b is tried: it has 5 s to prove healthy/, BOOT);
  await machine.hears(/the router ended with 3/, BOOT);
  await machine.hears(/slot b did not prove healthy within 5 s: back to the other slot/, BOOT);
  await machine.boots('a');
  t.match(await machine.ask<SlotsView>('show slots'), { running: 'a', chosen: 'a', confirmed: true });
  t.notMatch(machine.transcript, /slot a is tried/);
});
