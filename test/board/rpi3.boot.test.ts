/**
 * The SD image of the Raspberry Pi 3 on QEMU's raspi3b. QEMU plays no boot ROM: it is handed the U-Boot and the device
 * tree of the image's boot partition, as the Pi's firmware would load them, and goes on from the card. Its watchdog
 * resets as soon as it is armed, and nothing else can reboot it: so this image goes without, and the other slot is
 * chosen while the power is off.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { SlotsView } from '../../firmware/console/host.ts';
import { BOOT, build, flash, Machine, mtools, unavailable } from './machine.ts';

const skip = unavailable('rpi3');
const folder = mkdtempSync(join(tmpdir(), 'hitless-rpi3-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

t.test('the SD image boots from both slots, and keeps what is on its data partition', { skip }, async (t) => {
  const description = join(folder, 'rpi3.yaml');
  const text = readFileSync('board/boards/rpi3.yaml', 'utf8');
  writeFileSync(description, text.replace(/^watchdog: .*\n/m, ''));
  const image = join(folder, 'built.img');
  const medium = join(folder, 'medium.img');
  build(description, image);
  t.equal(flash(image, medium).status, 0);

  const options = { board: description, image: medium, folder };
  const first = await Machine.on(t, options);
  await first.hears(/supervisor: hitless on rpi3, slot a, /, BOOT);
  await first.hears(/Non-Stop Router, serial console/, BOOT);
  t.match(await first.ask<SlotsView>('show slots'), { running: 'a', chosen: 'a', confirmed: true });
  const swapped = await first.hitless('exec', 'replace TIMER timer@1.1.0 retry 5 every 1s');
  t.equal(swapped.status, 0, swapped.errors);
  t.equal((await first.hitless('exec', 'confirm')).status, 0);
  await first.cutPower();

  const choice = join(folder, 'slot');
  writeFileSync(choice, 'slot=b\n');
  mtools(medium, 'boot', 'mcopy', '-o', choice, '::slot');
  const second = await Machine.on(t, options);
  await second.hears(/supervisor: hitless on rpi3, slot b, /, BOOT);
  await second.hears(/Non-Stop Router, serial console/, BOOT);
  t.match(await second.ask<SlotsView>('show slots'), { running: 'b', chosen: 'b', confirmed: true });
  t.equal(await second.version('TIMER'), '1.1.0');
});
