/** A board played by QEMU, by software emulation alone, so that it boots wherever QEMU runs. */
import type { Board } from './board.ts';
import { BoardError } from './errors.ts';
import type { Tool } from './tool.ts';

export interface Emulation {
  program: string;
  args: string[];
}

/**
 * How to start it: without a display, its console on a Unix socket that QEMU listens on.
 * @param image the medium; what the board writes is written to it
 * @param serial the path of the socket
 * @throws BoardError `BOARD_INVALID` for a board that QEMU does not play
 */
export function emulation(board: Board, { image, serial }: { image: string; serial: string }): Emulation {
  const { emulator } = board;
  if (emulator === undefined)
    throw new BoardError(
      'BOARD_INVALID',
      `QEMU does not play the board ${board.name}: it has no section "emulator"`,
    );
  const firmware = emulator.firmware === undefined ? [] : ['-bios', emulator.firmware.file];
  const medium = [
    '-drive',
    `if=none,id=medium,file=${image},format=raw`,
    '-device',
    'virtio-blk-pci,drive=medium',
  ];
  const network = [
    '-nic',
    'none',
    '-netdev',
    'hubport,id=lan,hubid=0',
    '-device',
    'virtio-net-pci,netdev=lan',
  ];
  const line = ['-display', 'none', '-monitor', 'none', '-serial', `unix:${serial},server=on,wait=off`];
  return {
    program: emulator.program,
    args: [...emulator.arguments, ...firmware, ...line, ...medium, ...network],
  };
}

/** What must be on this machine for it. */
export function emulatorTools({ name, emulator }: Board): Tool[] {
  if (emulator === undefined) return [];
  const why = `plays the board ${name}`;
  const { firmware } = emulator;
  const machine = { command: emulator.program, package: emulator.package, why };
  return firmware === undefined
    ? [machine]
    : [machine, { ...firmware, why: `boots the board ${name} in QEMU` }];
}
