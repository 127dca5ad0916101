/** What is the same for every board that QEMU plays: its image boots from one slot, and is tried and confirmed in the other. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { ANSWER, BOOT, build, flash, Machine, unavailable } from './machine.ts';

export interface SlotsView {
  running: 'a' | 'b';
  chosen: 'a' | 'b';
  confirmed: boolean;
}

export function bootsFromBothSlots(board: string): void {
  const skip = unavailable(board);
  t.test(
    `the image of ${board} boots from both slots, and keeps what is on its data partition`,
    { skip },
    async (t) => {
      const folder = mkdtempSync(join(tmpdir(), `hitless-${board}-`));
      t.teardown(() => rmSync(folder, { recursive: true, force: true }));
      const image = join(folder, 'built.img');
      const medium = join(folder, 'medium.img');
      build(board, image);
      t.equal(flash(image, medium).status, 0);

      const machine = await Machine.on(t, { board, image: medium, folder });
      await machine.hears(new RegExp(`supervisor: hitless on ${board}, slot a, `), BOOT);
      await machine.hears(/Non-Stop Router, serial console/, BOOT);
      t.match(await machine.ask<SlotsView>('show slots'), { running: 'a', chosen: 'a', confirmed: true });
      t.equal(await machine.version('TIMER'), '2.0.0');
      const swapped = await machine.hitless('exec', 'replace TIMER timer@1.1.0 retry 5 every 1s');
      t.equal(swapped.status, 0, swapped.errors);
      t.equal((await machine.hitless('exec', 'confirm')).status, 0);

      // Kernel and base are in the other slot already: only the app layer is sent.
      const config = join(folder, 'router.yaml');
      writeFileSync(config, '# Another first configuration, and so another app layer.\nconsole: {}\n');
      build(board, image, '--config', config);
      const pushed = await machine.hitless('push', image);
      t.equal(pushed.status, 0, pushed.errors);
      await machine.hears(new RegExp(`supervisor: hitless on ${board}, slot b, `), ANSWER);
      t.match(await machine.ask<SlotsView>('show slots'), { running: 'b', chosen: 'b', confirmed: true });
      t.equal(await machine.version('TIMER'), '1.1.0');
    },
  );
}
