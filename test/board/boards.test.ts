/** Descriptions of boards: each is one file, and what is wrong in one is said with its place. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { boardNames, readBoard } from '../../board/board.ts';
import { emulation } from '../../board/emulator.ts';
import type { BoardError } from '../../board/errors.ts';

const DESCRIPTION = `name: mine
description: A board of mine
architecture: arm64
suite: bookworm
kernel: { package: linux-image-arm64 }
console: { device: ttyS7, baud: 9600 }
drivers: { network: [genet], storage: [mmc_block] }
boot: { scheme: u-boot }
`;

function described(t: Test, text: string, file = 'mine.yaml'): string {
  const folder = mkdtempSync(join(tmpdir(), 'hitless-board-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, file), text);
  return join(folder, file);
}

function refusal(path: string): BoardError {
  try {
    readBoard(path);
  } catch (thrown) {
    return thrown as BoardError;
  }
  throw new Error('it was not refused');
}

t.test('there is a description of each board, and every one is understood', async (t) => {
  t.same(boardNames(), ['pc', 'qemu-pc', 'rpi3', 'rpi4', 'rpi5', 'virt']);
  for (const name of boardNames()) t.equal(readBoard(name).name, name);
});

t.test('a new board is one file, wherever it lies', async (t) => {
  const board = readBoard(described(t, DESCRIPTION));
  t.match(board, { name: 'mine', console: { device: 'ttyS7', baud: 9600 }, boot: { scheme: 'u-boot' } });
  t.equal(board.watchdog, undefined);
});

t.test('a board that there is none of is refused with those that there are', async (t) => {
  const { code, message } = refusal('rpi6');
  t.equal(code, 'BOARD_UNKNOWN');
  t.match(message, /pc, qemu-pc, rpi3, rpi4, rpi5, virt/);
});

t.test('what is wrong in a description is named by its place', async (t) => {
  const cases: [from: string, to: string, says: RegExp][] = [
    ['architecture: arm64', 'architecture: mips', /architecture: /],
    ['suite: bookworm\n', '', /suite: /],
    ['baud: 9600', 'baud: fast', /console\.baud: /],
    ['ttyS7', '/dev/ttyS7', /console\.device: is no name of a serial line/],
    ['[genet]', '[]', /drivers\.network: /],
    ['[genet]', '[gen et]', /drivers\.network\.0: is no name of a kernel module/],
    ['scheme: u-boot', 'scheme: lilo', /boot\.scheme: /],
    ['suite:', 'watch-dog: x\nsuite:', /watch-dog/],
    ['name: mine', 'name: yours', /"yours", but the file is called mine/],
    ['name: mine', 'name: [', /no YAML/],
  ];
  for (const [from, to, says] of cases) {
    const { code, message } = refusal(described(t, DESCRIPTION.replace(from, to)));
    t.equal(code, 'BOARD_INVALID', to);
    t.match(message, says);
  }
});

t.test('each board is played by QEMU, or says why it is not', async (t) => {
  const at = { image: 'x.img', console: { log: 'x.log' } };
  const refused = (board: string, why: RegExp) =>
    t.throws(() => emulation(readBoard(board), at), { code: 'BOARD_UNPLAYED', message: why }, board);
  refused('rpi4', /the board rpi4 \(Raspberry Pi 4 B\): QEMU has it from 9\.0 on only/);
  refused('rpi5', /the board rpi5 \(Raspberry Pi 5\): QEMU has no such machine/);
  refused(
    'rpi3',
    /resets the board rpi3 .* as soon as its watchdog is armed: copy .* without the line "watchdog"/,
  );
  refused(
    described(t, DESCRIPTION),
    /the board mine \(A board of mine\): its description has no section "emulator"/,
  );
  const pc = emulation(readBoard('pc'), at).args;
  t.ok(pc.includes('ide-hd,drive=medium,bootindex=0') && pc.some((arg) => arg.startsWith('e1000e,')));
  for (const board of boardNames()) {
    const { emulator, unplayed } = readBoard(board);
    t.not(emulator === undefined, unplayed === undefined, board);
  }
  t.ok(emulation(readBoard('virt'), at).args.includes('pty,id=console,logfile=x.log'));
});

t.test(
  'an emulated board leaves its image as it is, and its one card leads outward, where that is asked for',
  async (t) => {
    const quiet = emulation(readBoard('virt'), { image: 'x.img', console: {} }).args;
    t.ok(quiet.includes('pty,id=console'));
    t.ok(quiet.includes('hubport,id=lan0,hubid=0'));
    t.notOk(quiet.includes('-snapshot'));
    const asked = { image: 'x.img', console: 'terminal', untouched: true, outward: true } as const;
    const { args } = emulation(readBoard('virt'), asked);
    t.ok(args.includes('stdio,id=console,mux=on,signal=off'));
    t.ok(args.includes('user,id=lan0'));
    t.ok(args.includes('-snapshot'));
    t.ok(
      emulation(readBoard('virt'), { ...asked, taps: ['tap7'] }).args.some((arg) => /ifname=tap7,/.test(arg)),
    );
  },
);
