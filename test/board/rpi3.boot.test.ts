/**
 * The SD image of the Raspberry Pi 3 on QEMU's raspi3b. QEMU plays no boot ROM: it is handed the U-Boot and the device
 * tree of the image's boot partition, as the Pi's firmware would load them, and goes on from the card. Its watchdog
 * resets as soon as it is armed, and nothing else can reboot it: so this image goes without, and the slot is
 * chosen while the power is off. QEMU takes a minute of CPU to read a slot from that card: one of both is booted to its
 * router, and what it has kept is looked at on the card; of the other it is seen that the loader reads from it.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { partition } from '../../board/partitions.ts';
import type { SlotsView } from '../../firmware/console/host.ts';
import { systemPath } from '../../firmware/host/needs.ts';
import { BOOT, build, flash, Machine, unavailable } from './machine.ts';
import { Slots } from './slots.ts';

const skip = unavailable('rpi3');
const folder = mkdtempSync(join(tmpdir(), 'hitless-rpi3-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

/** A file of the data partition as the next boot would find it: with what its journal still holds. */
function kept(medium: string, path: string): string {
  const data = join(folder, 'data.img');
  const { start, size } = partition('data');
  const mib = (bytes: number) => bytes / (1 << 20);
  const env = { ...process.env, PATH: systemPath() };
  const places = [`skip=${mib(start)}`, `count=${mib(size)}`];
  execFileSync('dd', [`if=${medium}`, `of=${data}`, 'bs=1M', ...places, 'conv=sparse', 'status=none']);
  // Its status tells whether it mended something: of a board whose power was cut it does.
  spawnSync('e2fsck', ['-fy', data], { env });
  return execFileSync('debugfs', ['-R', `cat ${path}`, data], { env, encoding: 'utf8', stdio: 'pipe' });
}

t.test('the SD image boots from both slots, and keeps what is on its data partition', { skip }, async (t) => {
  const description = join(folder, 'rpi3.yaml');
  const text = readFileSync('board/boards/rpi3.yaml', 'utf8');
  writeFileSync(description, text.replace(/^watchdog: .*\n/m, ''));
  const image = join(folder, 'built.img');
  const medium = join(folder, 'medium.img');
  build(description, image);
  t.equal(flash(image, medium).status, 0);

  const slots = new Slots(medium, folder);
  slots.put('boot', 'slot', 'slot=b\n');
  const options = { board: description, image: medium, folder, atOnce: true };
  const one = await Machine.on(t, options);
  await one.hears(/supervisor: hitless on rpi3, slot b, /, BOOT);
  await one.hears(/Non-Stop Router, serial console/, BOOT);
  t.match(await one.ask<SlotsView>('show slots'), { running: 'b', chosen: 'b', confirmed: true });
  await one.keeps('add TIMER timer@1.1.0');
  await one.cutPower();
  t.match(kept(medium, 'state/versions.json'), /timer@1\.1\.0/);

  slots.put('boot', 'slot', 'slot=a\n');
  const other = await Machine.on(t, options);
  await other.hears(/hitless: slot a\s/, BOOT);
  // The device tree, which lies in the slot; then comes its kernel, which this card takes half a minute for.
  await other.hears(/\d+ bytes read in/, BOOT);
  t.notMatch(other.transcript, /Failed to load/);
});
