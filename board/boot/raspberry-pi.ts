/**
 * The Raspberry Pi's own firmware alone: `autoboot.txt` on the first partition names the partition to boot, and the
 * one to boot once after a reboot with the argument `0 tryboot`, which is gone when the power is. Not yet seen on
 * hardware. Boards that Debian's U-Boot knows go by that instead (`u-boot.ts`), as it can be tried in an emulator.
 */
import { firmwareBlobs } from './firmware.ts';
import { type BootContext, type BootFiles, kernelArguments, SLOT_PARTITION } from './scheme.ts';

/** The firmware reads no more than 512 bytes of it. */
const AUTOBOOT = `[all]
tryboot_a_b=1
boot_partition=${SLOT_PARTITION.a}
[tryboot]
boot_partition=${SLOT_PARTITION.b}
`;

const CONFIG = `arm_64bit=1
enable_uart=1
disable_overscan=1
kernel=kernel
initramfs base,app followkernel
device_tree=board.dtb
`;

export function raspberryPi(context: BootContext): BootFiles {
  const { board } = context;
  if (board.boot.scheme !== 'raspberry-pi')
    throw new TypeError(`${board.name} boots by ${board.boot.scheme}`);
  const { loader, firmware } = board.boot;
  const blobs = firmwareBlobs(context, [...loader, ...firmware]);
  const of = (names: readonly string[]) => names.map((name) => [name, blobs.get(name)!] as const);
  return {
    boot: new Map([['autoboot.txt', Buffer.from(AUTOBOOT)], ...of(loader)]),
    slot: new Map([
      ['config.txt', Buffer.from(CONFIG)],
      // Which slot it is, the firmware tells in the device tree: the files of both slots are the same.
      ['cmdline.txt', Buffer.from(`${kernelArguments(board)}\n`)],
      ...of(firmware),
    ]),
  };
}
