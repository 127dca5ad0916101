/**
 * U-Boot's distro boot (U-Boot, doc/develop/distro.rst) runs `boot.scr` of the active partition. The file `slot`
 * beside it names the slot: `slot=a`. A file `try`, with `slot=b`, names one to be tried once: it is deleted before
 * that slot is booted, so that after a power cut or a crash the old one comes back. The kernel is told which disk it
 * was; one that has no identifier of its own yet is marked by a file `booted` (`medium.sh`).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { BoardError } from '../errors.ts';
import { EPOCH } from '../initramfs.ts';
import { unpack } from '../packages.ts';
import { firmwareBlobs } from './firmware.ts';
import { type BootContext, type BootFiles, IMAGE_DISK, kernelArguments } from './scheme.ts';

export function uBoot(context: BootContext): BootFiles {
  const { board, kernel } = context;
  const tree = kernel.deviceTree !== undefined;
  const script = `
setenv from "\${devtype} \${devnum}"
setenv disk
part uuid \${from}:1 disk
if test "\${disk}" = "${IMAGE_DISK}"; then fatwrite \${from}:1 \${kernel_addr_r} booted 1; fi
setenv slot a
setenv trial
if load \${from}:1 \${kernel_addr_r} slot; then env import -t \${kernel_addr_r} \${filesize} slot; fi
if test -e \${from}:1 try; then
  if load \${from}:1 \${kernel_addr_r} try; then
    setenv trysize \${filesize}
    if fatrm \${from}:1 try; then
      env import -t \${kernel_addr_r} \${trysize} slot
      setenv trial hitless.trial
    fi
  fi
fi
setenv part 2
if test "\${slot}" = "b"; then setenv part 3; fi
echo "hitless: slot \${slot}"
setenv bootargs "${kernelArguments(board)} hitless.slot=\${slot} hitless.disk=\${disk} \${trial}"
setenv tree \${fdt_addr}
${tree ? `load \${from}:\${part} \${fdt_addr_r} board.dtb && setenv tree \${fdt_addr_r}` : ''}
load \${from}:\${part} \${kernel_addr_r} kernel
load \${from}:\${part} \${ramdisk_addr_r} base
setenv layers \${filesize}
setexpr next \${ramdisk_addr_r} + \${layers}
load \${from}:\${part} \${next} app
setexpr layers \${layers} + \${filesize}
booti \${kernel_addr_r} \${ramdisk_addr_r}:\${layers} \${tree}
echo "hitless: slot \${slot} does not boot"
sleep 5
reset
`;
  const boot = new Map([
    ['boot.scr', scriptImage(script)],
    ['slot', Buffer.from('slot=a\n')],
    ...chain(context),
  ]);
  return { boot, slot: new Map() };
}

/** What the Raspberry Pi's firmware reads to start U-Boot. */
const CONFIG = `arm_64bit=1
enable_uart=1
disable_overscan=1
kernel=u-boot.bin
device_tree=board.dtb
`;

/** What starts U-Boot itself, where the board's flash does not. */
function chain(context: BootContext): [name: string, body: Buffer][] {
  const { board, kernel, debian, work } = context;
  if (board.boot.scheme !== 'u-boot' || board.boot.chain === undefined) return [];
  const { loader, firmware } = board.boot.chain;
  if (kernel.deviceTree === undefined)
    throw new BoardError('BOARD_INVALID', `${board.name}: boot.chain needs a deviceTree`);
  const folder = join(work, 'u-boot-rpi');
  unpack(debian.get('u-boot-rpi'), folder, `./usr/lib/u-boot/${loader}`);
  return [
    ['config.txt', Buffer.from(CONFIG)],
    ['u-boot.bin', readFileSync(join(folder, 'usr/lib/u-boot', loader, 'u-boot.bin'))],
    ['board.dtb', kernel.deviceTree],
    ...firmwareBlobs(context, firmware),
  ];
}

const LINUX = 5;
const ARM64 = 22;
const SCRIPT = 6;

/** A script as U-Boot wants it, in its "legacy image" (U-Boot, include/image.h). */
export function scriptImage(script: string): Buffer {
  const text = Buffer.from(script);
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32BE(text.length, 0);
  const body = Buffer.concat([lengths, text]);
  const head = Buffer.alloc(64);
  head.writeUInt32BE(0x27051956, 0);
  head.writeUInt32BE(EPOCH, 8);
  head.writeUInt32BE(body.length, 12);
  head.writeUInt32BE(crc32(body), 24);
  head.set([LINUX, ARM64, SCRIPT, 0], 28);
  head.write('hitless', 32);
  // Its own checksum, over the header with this field at zero.
  head.writeUInt32BE(crc32(head), 4);
  return Buffer.concat([head, body]);
}
