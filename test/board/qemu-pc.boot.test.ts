/** The image of a PC, booted by its BIOS and GRUB from the image itself; an update is tried and confirmed in the other slot. */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { SlotsView } from '../../firmware/console/host.ts';
import { ANSWER, areEqual, BOOT, build, flash, Machine, unavailable } from './machine.ts';

const skip = unavailable('qemu-pc');

t.test(
  'the image of a PC boots from both slots, and keeps what is on its data partition',
  { skip },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'hitless-qemu-pc-'));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    const image = join(folder, 'built.img');
    const medium = join(folder, 'medium.img');
    build('qemu-pc', image);
    t.equal(flash(image, medium).status, 0);
    // As new as the one that is booted, and Linux finds it first.
    const beside = join(folder, 'beside.img');
    copyFileSync(image, beside);
    const original = join(folder, 'original.img');
    copyFileSync(image, original);

    const machine = await Machine.on(t, {
      board: 'qemu-pc',
      image: medium,
      beside: { image: beside, first: true },
      folder,
    });
    await machine.hears(/supervisor: hitless on qemu-pc, slot a, /, BOOT);
    await machine.hears(
      /there is hitless on \/dev\/vda, too, which was not booted: it is left alone/,
      ANSWER,
    );
    await machine.hears(/Non-Stop Router, serial console/, BOOT);
    t.match(await machine.ask<SlotsView>('show slots'), { running: 'a', chosen: 'a', confirmed: true });
    t.equal(await machine.version('TIMER'), '2.0.0');
    const swapped = await machine.hitless('exec', 'replace TIMER timer@1.1.0 retry 5 every 1s');
    t.equal(swapped.status, 0, swapped.errors);
    t.equal((await machine.hitless('exec', 'confirm')).status, 0);

    // Kernel and base are in the other slot already: only the app layer is sent.
    const config = join(folder, 'router.yaml');
    writeFileSync(config, '# Another first configuration, and so another app layer.\nconsole: {}\n');
    build('qemu-pc', image, '--config', config);
    const pushed = await machine.hitless('push', image);
    t.equal(pushed.status, 0, pushed.errors);
    await machine.hears(/supervisor: hitless on qemu-pc, slot b, /, BOOT);
    t.match(await machine.ask<SlotsView>('show slots'), { running: 'b', chosen: 'b', confirmed: true });
    t.equal(await machine.version('TIMER'), '1.1.0');
    await machine.cutPower();
    // Its data, its slots and its choice would be other bytes after all that.
    t.ok(areEqual(beside, original), 'the other medium was left alone');
  },
);
