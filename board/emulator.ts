/** A board played by QEMU, by software emulation alone, so that it boots wherever QEMU runs. */
import type { Board } from './board.ts';
import { BoardError } from './errors.ts';
import type { Tool } from './tool.ts';

export interface Emulation {
  program: string;
  args: string[];
}

export interface EmulationOptions {
  /** The medium; what the board writes is written to it. */
  image: string;
  /** A second medium, which is not booted; `first` when it has the first place on the bus. */
  beside?: { image: string; first: boolean };
  /** A file that keeps all that the board says on its console; QEMU prints the pty that leads there. */
  log: string;
  /** The tap devices of this network namespace that its network cards are; one card that leads nowhere when empty. */
  taps?: readonly string[];
  /** Files of the boot partition that the board's own firmware would load: where `chain` says that it does. */
  chained?: { loader: string; deviceTree: string };
}

/**
 * How to start it: without a display, and reset by its watchdog.
 * @throws BoardError `BOARD_INVALID` for a board that QEMU does not play
 */
export function emulation(board: Board, options: EmulationOptions): Emulation {
  const { emulator } = board;
  if (emulator === undefined)
    throw new BoardError(
      'BOARD_INVALID',
      `QEMU does not play the board ${board.name}: it has no section "emulator"`,
    );
  const { image, beside, log, taps = [], chained } = options;
  const console = ['-chardev', `pty,id=console,logfile=${log}`, '-serial', 'chardev:console'];
  const before = Array.from({ length: emulator.line }, () => ['-serial', 'null']).flat();
  return {
    program: emulator.program,
    args: [
      ...emulator.arguments,
      ...(emulator.firmware === undefined ? [] : ['-bios', emulator.firmware.file]),
      ...(chained === undefined ? [] : ['-kernel', chained.loader, '-dtb', chained.deviceTree]),
      ...['-display', 'none', '-monitor', 'none', ...before, ...console],
      ...media(emulator.medium, image, beside),
      ...network(emulator.network, taps),
      ...watchdog(board),
    ],
  };
}

function media(kind: 'virtio-blk-pci' | 'sd', image: string, beside: EmulationOptions['beside']): string[] {
  if (kind === 'sd') return ['-drive', `if=sd,file=${image},format=raw`];
  const attached = (id: string, file: string, more: string) => [
    ...['-drive', `if=none,id=${id},file=${file},format=raw`],
    ...['-device', `${kind},drive=${id}${more}`],
  ];
  // A BIOS goes by it. U-Boot takes the first on the bus.
  const booted = attached('medium', image, ',bootindex=0');
  if (beside === undefined) return booted;
  const other = attached('beside', beside.image, '');
  return beside.first ? [...other, ...booted] : [...booted, ...other];
}

function network(card: string, taps: readonly string[]): string[] {
  const lans =
    taps.length === 0
      ? ['hubport,id=lan0,hubid=0']
      : taps.map((tap, i) => `tap,id=lan${i},ifname=${tap},script=no,downscript=no`);
  const cards = lans.flatMap((lan, i) => {
    const mac = `52:54:00:68:6c:${(i + 1).toString(16).padStart(2, '0')}`;
    return ['-netdev', lan, '-device', `${card},netdev=lan${i},mac=${mac}`];
  });
  return ['-nic', 'none', ...cards];
}

/** QEMU has this one as a card; those that belong to a board it has, or has not. */
function watchdog(board: Board): string[] {
  return board.watchdog === 'i6300esb' ? ['-device', 'i6300esb', '-action', 'watchdog=reset'] : [];
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
