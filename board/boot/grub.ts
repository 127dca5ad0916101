/**
 * GRUB on a PC with a BIOS: its first part in the first sector, its core in the gap before the first partition, its
 * script on the boot partition. The environment block `grubenv` names the slot, and with `try` one to be tried once:
 * GRUB empties that before it boots the slot, so that after a power cut or a crash the old one comes back. The kernel
 * is told which disk it was; one that has no identifier of its own yet is marked there by `booted` (`medium.sh`).
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BoardError } from '../errors.ts';
import { unpack } from '../packages.ts';
import { PARTITIONS, SECTOR } from '../partitions.ts';
import { run } from '../tool.ts';
import { type BootContext, type BootFiles, IMAGE_DISK, kernelArguments, SLOT_PARTITION } from './scheme.ts';

/** What is in the core: all that the script uses. */
const MODULES =
  'biosdisk part_msdos fat normal linux loadenv serial test echo sleep reboot configfile probe regexp'.split(
    ' ',
  );

const CODE_SIZE = 440;

export function grub({ board, debian, work, bootFiles }: BootContext): BootFiles {
  const folder = bootFiles ?? fetch({ debian, work });
  for (const name of ['boot.img', 'kernel.img', ...MODULES.map((module) => `${module}.mod`)])
    if (!existsSync(join(folder, name)))
      throw new BoardError(
        'BOOT_FILES_MISSING',
        `${folder} has no ${name}: it is no folder of GRUB for i386-pc`,
      );
  const core = join(work, 'core.img');
  run('grub-mkimage', ['-O', 'i386-pc', '-d', folder, '-o', core, '-p', '(,msdos1)/grub', ...MODULES]);
  const following = readFileSync(core);
  if (following.length > PARTITIONS[0]!.start - SECTOR)
    throw new BoardError(
      'IMAGE_TOO_SMALL',
      `GRUB's core has ${following.length} bytes; it must end before 1 MiB`,
    );
  const unit = /\d+$/.exec(board.console.device)![0];
  const script = `serial --unit=${unit} --speed=${board.console.baud}
terminal_input serial
terminal_output serial
regexp --set=1:disk '^([^,]+)' "$root"
probe --set=id --part-uuid "$root"
set slot=a
load_env
if [ "$id" = "${IMAGE_DISK}" ]; then
  set booted=yes
  save_env booted
fi
if [ -n "$try" ]; then
  set new="$try"
  set try=
  if save_env try; then
    set slot="$new"
    set trial=hitless.trial
  fi
fi
if [ "$slot" = b ]; then set part=${SLOT_PARTITION.b}; else set part=${SLOT_PARTITION.a}; set slot=a; fi
echo "hitless: slot $slot"
set root="$disk,msdos$part"
linux /kernel ${kernelArguments(board)} hitless.slot=$slot hitless.disk=$id $trial
initrd /base /app
boot
echo "hitless: slot $slot does not boot"
sleep 5
reboot
`;
  const boot = new Map([
    ['grub/grub.cfg', Buffer.from(script)],
    ['grub/grubenv', environmentBlock('slot=a\n')],
  ]);
  // The rest of the sector is the partition table's.
  const first = readFileSync(join(folder, 'boot.img')).subarray(0, CODE_SIZE);
  return { boot, slot: new Map(), sectors: { first, following } };
}

function fetch({ debian, work }: Pick<BootContext, 'debian' | 'work'>): string {
  const folder = join(work, 'grub');
  unpack(debian.get('grub-pc-bin'), folder, './usr/lib/grub/i386-pc');
  const modules = join(folder, 'usr/lib/grub/i386-pc');
  if (existsSync(modules) && readdirSync(modules).length > 0) return modules;
  throw new BoardError(
    'BOOT_FILES_MISSING',
    "Debian's grub-pc-bin has no folder i386-pc; give one with --boot-files",
  );
}

/** Always 1024 bytes (GRUB manual, "Environment block"). */
function environmentBlock(text: string): Buffer {
  return Buffer.from(`# GRUB Environment Block\n${text}`.padEnd(1024, '#'));
}
