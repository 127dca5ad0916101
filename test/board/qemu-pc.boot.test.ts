/** The image of a PC, booted by its BIOS and GRUB from the image itself; an update is tried and confirmed in the other slot. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { SlotsView } from '../../firmware/console/host.ts';
import { ANSWER, areEqual, BOOT, build, flash, Machine, unavailable } from './machine.ts';
import { PATIENT, Slots } from './slots.ts';

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
    execFileSync('cp', ['--sparse=always', image, beside]);

    const machine = await Machine.on(t, {
      board: 'qemu-pc',
      image: medium,
      beside: { image: beside, first: true },
      folder,
      cpus: 1,
    });
    await machine.hears(/supervisor: hitless on qemu-pc, slot a, /, BOOT);
    await machine.hears(
      /there is hitless on \/dev\/vda, too, which was not booted: it is left alone/,
      ANSWER,
    );
    await machine.hears(/Non-Stop Router, serial console/, BOOT);
    t.match(await machine.ask<SlotsView>('show slots'), { running: 'a', chosen: 'a', confirmed: true });
    await machine.keeps('add TIMER timer@2.0.0');
    await machine.keeps('replace TIMER timer@1.1.0');

    // Kernel and base are in the other slot already: only the app layer is sent.
    const other = join(folder, 'other.img');
    execFileSync('cp', ['--sparse=always', image, other]);
    new Slots(other, folder).rebuildApp(['Add your interfaces.', 'Add interfaces.'], ...PATIENT);
    const pushed = await machine.hitless('push', other);
    t.equal(pushed.status, 0, pushed.errors);
    await machine.hears(/supervisor: hitless on qemu-pc, slot b, /, BOOT);
    t.match(await machine.ask<SlotsView>('show slots'), { running: 'b', chosen: 'b', confirmed: true });
    t.equal(await machine.version('TIMER'), '1.1.0');
    await machine.cutPower();
    // Its data, its slots and its choice would be other bytes after all that.
    t.ok(areEqual(beside, image), 'the other medium was left alone');
  },
);
