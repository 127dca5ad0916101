/**
 * The image of the board `virt`, from the outside: built and flashed by the commands, booted by U-Boot from its own
 * partitions under QEMU's software emulation, between FRR and keepalived, commanded over the emulated serial line.
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { newestRelease } from '../newest-release.ts';
import { Stream } from '../vrrp/stream.ts';
import { built } from './built.ts';
import {
  ANSWER,
  areEqual,
  BOOT,
  flash,
  Machine,
  type MachineOptions,
  unavailable,
  until,
} from './machine.ts';
import { Neighbours, SERVER } from './neighbours.ts';
import { CONFIG } from './site.ts';
import { PATIENT, Slots } from './slots.ts';

const skip = NetworkNamespace.unavailable || unavailable('virt');
const folder = mkdtempSync(join(tmpdir(), 'hitless-virt-'));
// FRR and keepalived give up root.
chmodSync(folder, 0o755);
/** Versions of VRRP and TIMER that take turns. */
const ORDER = [
  ['2.0.0', '1.0.0'],
  ['2.1.0', '2.0.0'],
] as const;
/** No release has this number. */
const PUSHED = '9.0.0';
/** Of the virtual router 51 (RFC 9568 7.3). */
const VIRTUAL_MAC = '00:00:5e:00:01:33';
const medium = join(folder, 'medium.img');
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

/** A released bundle as a version that the image does not have. */
function later(module: string, version: string, change = (source: string) => source, of = '2.0.0'): string {
  const released = readFileSync(`firmware/releases/${module}-${of}.cjs`, 'utf8');
  const file = join(folder, `${module}-${version}.cjs`);
  writeFileSync(file, change(released.replace(`version: "${of}"`, `version: "${version}"`)));
  return file;
}

/** Waits until the first row of a table is as it should be. */
async function shows(
  board: Machine,
  command: string,
  is: (row: { state: string }) => boolean,
): Promise<void> {
  await until(command, ANSWER, async () => {
    const [row] = await board.ask<{ state: string }[]>(command);
    return (row !== undefined && is(row)) || undefined;
  });
}

async function booted(board: Machine): Promise<void> {
  await board.hears(/supervisor: hitless on virt, slot a, /, BOOT);
  await board.hears(/Non-Stop Router, serial console/, BOOT);
}

async function changesConfiguration(t: Test, board: Machine, beside: Neighbours): Promise<void> {
  const before = { frr: beside.frr.changes, roles: beside.roles.length };
  const script = join(folder, 'priority');
  const lines = ['set vrrp eth0 51 priority 201', 'commit confirm 5m comment "by cable"', 'confirm', 'save'];
  writeFileSync(script, lines.join('\n'));
  const done = await board.hitless('exec', '--script', script);
  t.equal(done.status, 0, `${done.output}${done.errors}`);
  t.match(done.output, /\/data\/router\.yaml is what runs/);
  t.same({ frr: beside.frr.changes, roles: beside.roles.length }, before);
}

/** Upgrades under traffic: bundles come over the line, VRRP is swapped alone, then all three at once. */
async function upgradesFirstHop(t: Test, board: Machine, beside: Neighbours, stream: Stream): Promise<void> {
  const before = { frr: beside.frr.changes, roles: beside.roles };
  t.ok(before.frr > 0, `FRR told of ${before.frr} changes before`);
  const lostIn = async (work: () => Promise<void>): Promise<number> => {
    const mark = await stream.mark();
    await work();
    return (await stream.gaps(mark)).reduce((sum, { lost }) => sum + lost, 0);
  };
  const modules = ['ip', 'ospf'];
  const usual = await lostIn(async () => {
    for (const module of modules) {
      const pushed = await board.hitless('push', later(module, PUSHED, undefined, newestRelease(module)));
      t.equal(pushed.status, 0, pushed.errors);
    }
  });
  const swapping = await lostIn(async () => {
    await board.keeps('replace VRRP vrrp@3.0.0');
    const vrrp = `VRRP vrrp@${newestRelease('vrrp')}`;
    await board.keeps(`syn_replace IP ip@${PUSHED} OSPF ospf@${PUSHED} ${vrrp}`);
  });
  t.comment(`lost without a swap: ${usual}, with swaps: ${swapping}`);
  t.ok(swapping <= usual, `${swapping} datagrams of the client, and ${usual} without a swap`);
  for (const module of modules) t.equal(await board.version(module.toUpperCase()), PUSHED);
  t.match(beside.frr.state, /^Full/);
  t.same({ frr: beside.frr.changes, roles: beside.roles }, before);
  t.equal(beside.gateway, VIRTUAL_MAC);
}

/** Keepalived takes over in time: the board has left in order. */
async function reboots(t: Test, board: Machine, beside: Neighbours, stream: Stream): Promise<void> {
  const { length } = beside.roles;
  const mark = await stream.mark();
  const asked = await board.exec('reboot');
  t.equal(asked.status, 0, asked.errors);
  await board.hears(/supervisor: rebooting/, ANSWER);
  await booted(board);
  for (const module of ['IP', 'OSPF']) t.equal(await board.version(module), PUSHED);
  t.match(await board.ask('show configuration vrrp'), { path: '/data/router.yaml', text: /priority: 201/ });
  t.match(await board.ask('show configuration history'), [
    { by: 'serial', comment: 'by cable' },
    { by: 'file' },
  ]);
  // FRR need not have noticed: the board is back within its dead interval, and may hear FRR before it speaks.
  await shows(board, 'show ip ospf neighbor', ({ state }) => state === 'Full');
  await shows(board, 'show vrrp', ({ state }) => state === 'Active');
  await beside.settled(ANSWER);
  t.equal(beside.roles[length], 'MASTER');
  t.comment(`the client's gaps: ${JSON.stringify(await stream.gaps(mark))}`);
  // An emulated board works hard for each packet.
  stream.end();
}

t.test('the image is built with its configuration, and flashed to a file', { skip }, async (t) => {
  const image = built('virt', CONFIG);
  t.match(image.output, /: QEMU virt, arm64; each slot has kernel .* base .* app /);
  const flashed = flash(image.path, medium);
  t.equal(flashed.status, 0, flashed.errors);
  t.ok(areEqual(image.path, medium));
  new Slots(medium, folder).rebuildApp(...PATIENT);
});

t.test('between FRR and keepalived, commanded over its serial line', { skip }, async (t) => {
  const beside = await Neighbours.start(t, folder);
  const network = { namespace: beside.namespace.name, taps: beside.taps };
  const options: MachineOptions = { board: 'virt', image: medium, folder, atOnce: true, network };
  const board = await Machine.on(t, options);
  await board.hears(/first boot: the image's configuration becomes/, BOOT);
  await board.hears(/Non-Stop Router, serial console/, BOOT);

  await t.test('a person sees its modules', async (t) => {
    await board.type('show modules');
    const [, version] = await board.hears(/OSPF +(\d+\.\d+\.\d+) +\d+ +service/, ANSWER);
    t.equal(version, newestRelease('ospf'));
  });

  await t.test('its neighbours hear it', async (t) => {
    // A board that boots fast is there before keepalived misses it: what the board says itself decides.
    await shows(board, 'show vrrp', ({ state }) => state === 'Active');
    await beside.settled(ANSWER);
    t.match(beside.frr.state, /^Full/);
    t.equal(beside.roles.at(-1), 'BACKUP');
  });

  await t.test('its configuration is changed over the line and saved, and neither notices', (t) =>
    changesConfiguration(t, board, beside),
  );

  const stream = await Stream.begin(t, beside.client, beside.namespace, SERVER);

  await t.test(
    'the first hop of a client, it is upgraded over the line: VRRP, then IP, OSPF and VRRP at once; neither notices, nor does the client',
    (t) => upgradesFirstHop(t, board, beside, stream),
  );

  await t.test('after a reboot, in which keepalived takes over, the same versions are current', (t) =>
    reboots(t, board, beside, stream),
  );

  await t.test('a hung event loop is reset by the watchdog, and the version of before is back', async (t) => {
    const hangs = later('timer', '2.0.9', (source) =>
      source.replace(
        'onTick({',
        'onTick(message) { if (++ticks > 3) setImmediate(() => { for (;;); }); this.tick(message); }\n  tick({',
      ),
    );
    writeFileSync(hangs, `let ticks = 0;\n${readFileSync(hangs, 'utf8')}`);
    t.equal((await board.hitless('push', hangs)).status, 0);
    await board.type('replace TIMER timer@2.0.9 retry 20 every 1s');
    // A slow board hangs before it has told that the transaction is committed.
    await board.hears(/TIMER: is hot swapped/, ANSWER);
    await booted(board);
    t.equal(await board.version('TIMER'), '2.0.0');
  });

  await t.test('a power cut in the middle of a replace leaves both modules, or neither', async (t) => {
    const before = [await board.version('VRRP'), await board.version('TIMER')];
    // Again and again until the power is gone: each is durable a little after it is told.
    for (let i = 0; i < 4; i++)
      await board.type(
        `syn_replace VRRP vrrp@${ORDER[i % 2]![0]} TIMER timer@${ORDER[i % 2]![1]} confirm 5m retry 20 every 1s`,
      );
    await board.hears(/transaction \d+ committed/, ANSWER);
    await board.type('confirm');
    await new Promise((resolve) => setTimeout(resolve, 300 * Math.random()));
    await board.cutPower();

    const two = await Machine.on(t, options);
    await booted(two);
    const after = [await two.version('VRRP'), await two.version('TIMER')];
    const whole = [before, ...ORDER];
    t.ok(
      whole.some((pair) => String(pair) === String(after)),
      `VRRP and TIMER ${after}`,
    );

    await t.test('and one in the middle of a push leaves no bundle, or a whole one', async (t) => {
      const big = later('ip', '2.0.7', (source) => `${source}\n// ${'x'.repeat(200_000)}\n`);
      const pushing = await two.begin('push', big);
      let told = '';
      pushing.stderr!.on('data', (text) => (told += text));
      const died = new Promise((resolve) => pushing.once('close', resolve));
      while (!/ [2-9]\d %/.test(told) && pushing.exitCode === null)
        await new Promise((resolve) => setTimeout(resolve, 20));
      await two.cutPower();
      pushing.kill();
      await died;

      const three = await Machine.on(t, options);
      await booted(three);
      const before = await three.ask<{ bundle: string }[]>('show versions');
      // Where this test was held up until all of it was sent, it is whole.
      const whole = before.some(({ bundle }) => bundle === 'ip@2.0.7');
      t.ok(!whole || pushing.exitCode === 0 || /100 %/.test(told), told);
      const again = await three.hitless('push', big);
      t.equal(again.status, 0, again.errors);
      const after = await three.ask<{ bundle: string }[]>('show versions');
      t.ok(after.some(({ bundle }) => bundle === 'ip@2.0.7'));
      await three.cutPower();
    });
  });
});
