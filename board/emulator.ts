/** A board played by QEMU, by software emulation alone, so that it boots wherever QEMU runs. */
import type { Board } from './board.ts';
import { BoardError } from './errors.ts';
import type { Tool } from './tool.ts';

type Emulator = NonNullable<Board['emulator']>;

export interface Emulation {
  program: string;
  args: string[];
}

export interface EmulationOptions {
  /** The medium; what the board writes is written to it. */
  image: string;
  /** A second medium, which is not booted; `first` when it has the first place on the bus. */
  beside?: { image: string; first: boolean };
  /**
   * The board's console: this process's own terminal, or a pty, whose name QEMU prints. A file may keep all that the board says
   * on the pty.
   */
  console: 'terminal' | { log?: string };
  /** Whether the image stays as it is: what the board writes is forgotten then. */
  untouched?: boolean;
  /** The tap devices of this network namespace that its network cards are; one card when empty. */
  taps?: readonly string[];
  /** Where the one card leads without tap devices: nowhere unless this is set, else to the network of QEMU's own (slirp). */
  outward?: boolean;
  /** Files of the boot partition that the board's own firmware would load: where `chain` says that it does. */
  chained?: { loader: string; deviceTree: string };
}

/**
 * How to start it: without a display, and reset by its watchdog.
 * @throws BoardError `BOARD_UNPLAYED`
 */
export function emulation(board: Board, options: EmulationOptions): Emulation {
  const emulator = emulatorOf(board);
  const { image, beside, taps = [], chained } = options;
  const console = ['-chardev', consoleDevice(options.console), '-serial', 'chardev:console'];
  const before = Array.from({ length: emulator.line }, () => ['-serial', 'null']).flat();
  return {
    program: emulator.program,
    args: [
      ...emulator.arguments,
      ...(emulator.firmware === undefined ? [] : ['-bios', emulator.firmware.file]),
      ...(chained === undefined ? [] : ['-kernel', chained.loader, '-dtb', chained.deviceTree]),
      ...['-display', 'none', '-monitor', 'none', ...before, ...console],
      ...media(emulator.medium, image, beside),
      ...(options.untouched === true ? ['-snapshot'] : []),
      ...network(emulator.network, taps, options.outward === true),
      ...watchdog(board),
    ],
  };
}

/** On a terminal, Ctrl-C is the board's. With `mux`, Ctrl-A X ends QEMU. */
function consoleDevice(console: EmulationOptions['console']): string {
  if (console === 'terminal') return 'stdio,id=console,mux=on,signal=off';
  return console.log === undefined ? 'pty,id=console' : `pty,id=console,logfile=${console.log}`;
}

/** How QEMU plays it. @throws BoardError `BOARD_UNPLAYED`, saying why it does not */
export function emulatorOf({ name, description, emulator, unplayed, watchdog }: Board): Emulator {
  if (emulator === undefined) {
    const why = unplayed ?? 'its description has no section "emulator"';
    throw new BoardError('BOARD_UNPLAYED', `QEMU does not play the board ${name} (${description}): ${why}`);
  }
  if (!emulator.resets || watchdog === undefined) return emulator;
  throw new BoardError(
    'BOARD_UNPLAYED',
    `QEMU resets the board ${name} (${description}) as soon as its watchdog is armed: copy board/boards/${name}.yaml without the line "watchdog", build an image with --board ./${name}.yaml, and boot it with the same --board`,
  );
}

function media(kind: Emulator['medium'], image: string, beside: EmulationOptions['beside']): string[] {
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

function network(card: string, taps: readonly string[], outward: boolean): string[] {
  const lans =
    taps.length === 0
      ? [outward ? 'user,id=lan0' : 'hubport,id=lan0,hubid=0']
      : taps.map((tap, i) => `tap,id=lan${i},ifname=${tap},script=no,downscript=no`);
  // Nothing boots from the network: QEMU needs no package of boot ROMs.
  const rom = card.startsWith('usb-') ? '' : ',romfile=';
  const cards = lans.flatMap((lan, i) => {
    const mac = `52:54:00:68:6c:${(i + 1).toString(16).padStart(2, '0')}`;
    return ['-netdev', lan, '-device', `${card},netdev=lan${i},mac=${mac}${rom}`];
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
