/**
 * The SD image of the Raspberry Pi 3 on QEMU's raspi3b. QEMU plays no boot ROM: it is handed the U-Boot and the device
 * tree of the image's boot partition, as the Pi's firmware would load them, and goes on from the card. It has no
 * watchdog either: it resets as soon as that is armed, so this image goes without.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { bootsFromBothSlots } from './both-slots.ts';

const folder = mkdtempSync(join(tmpdir(), 'hitless-rpi3-board-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const description = join(folder, 'rpi3.yaml');
writeFileSync(description, readFileSync('board/boards/rpi3.yaml', 'utf8').replace(/^watchdog: .*\n/m, ''));

bootsFromBothSlots('rpi3', description);
