/**
 * `bench boot`: how large the image of a board is, and how long the board takes from power on to its console and to
 * its first Hello, with how much memory. The board is `virt`, played by QEMU in software: its seconds compare with
 * those of another build on the same machine, not with those of a board.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseContents } from '../../board/contents.ts';
import type { SystemView } from '../../firmware/console/system.ts';
import { boardNeeds } from '../../firmware/host/board-program.ts';
import type { Need } from '../../firmware/host/needs.ts';
import { built, copyOf } from '../../test/board/built.ts';
import { BOOT, Machine, mtools, until } from '../../test/board/machine.ts';
import { CONFIG } from '../../test/board/site.ts';
import { NetworkNamespace } from '../../test/netns.ts';
import type { Bench, BenchOptions } from '../bench.ts';
import { type Gate, gate } from '../gate.ts';
import { lacking } from '../peer-needs.ts';
import type { BenchResult } from '../result.ts';
import { measureInRounds, type Rounds, resultOf, type Series, type Taken } from '../series.ts';

const BOARD = 'virt';
const SIDE = 'hitless';
/** The aims, in MB: of both layers together, and of the router in memory. */
const LAYERS_AT_MOST = 40;
const RESIDENT_AT_MOST = 64;

const ROUNDS = { full: 2, quick: 1 };
/** Building an image and booting it take half of the time that all quick benches have. */
const LEFT_OUT = 'left out by --quick, unless it is named: npm run bench -- boot --quick';

const TOOLS: Need[] = [
  { command: 'tcpdump', package: 'tcpdump', why: 'sees the first Hello' },
  { command: 'ip', package: 'iproute2', why: "makes the board's network" },
];

const METHOD = [
  'image: the file that is flashed, most of it the empty data partition; kernel, base and app: files of a slot; layers: base and app together, which is what the kernel unpacks.',
  `boot: from the start of QEMU (software emulation, ${BOARD} with 384 MB) until the serial line greets, and until tcpdump sees an OSPF Hello on the tap; the boot loader waits 2 s of it for a key. memory: resident set of the router as it tells by "show system" a little later.`,
];

export const boot: Bench = {
  help: 'sizes of an image, and times and memory of a board that boots it in an emulator',
  cases: ['size', 'boot'],
  takes: { full: 80, quick: 45 },
  run,
};

async function run({
  quick,
  named,
  install,
  rounds = quick ? ROUNDS.quick : ROUNDS.full,
  only,
  say,
}: BenchOptions): Promise<BenchResult> {
  const began = Date.now();
  const reason = quick && !named ? LEFT_OUT : await hindrance(install, say);
  const folder = mkdtempSync(join(tmpdir(), 'hitless-boot-'));
  try {
    const image = join(folder, 'virt.img');
    if (reason === undefined) {
      say(`building the image of ${BOARD}`);
      copyOf(built(BOARD, CONFIG), image);
    }
    const series = seriesOf(image, folder, reason).filter(
      (each) => only.length === 0 || only.includes(each.case),
    );
    const measured = await measureInRounds(series, rounds, say);
    const about = { bench: 'boot', quick, began, others: measured.facts, method: METHOD };
    return { ...resultOf(about, [], series, measured), gates: aims(measured) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function hindrance(install: boolean, say: (line: string) => void): Promise<string | undefined> {
  const missing = await lacking([...boardNeeds(BOARD, { emulator: true }), ...TOOLS], { install, say });
  return missing ?? (NetworkNamespace.unavailable || undefined);
}

function aims({ measurements, absent }: Rounds): Gate[] {
  const against = (metric: string, atMost: number) => {
    const ours = measurements.find((m) => m.metric === metric);
    return ours === undefined && absent.length === 0
      ? []
      : [
          gate(
            `${metric}: at most ${atMost} MB`,
            `${SIDE} / aim`,
            ours?.median,
            atMost,
            1,
            absent[0]?.reason,
          ),
        ];
  };
  return [...against('layers', LAYERS_AT_MOST), ...against('memory', RESIDENT_AT_MOST)];
}

function seriesOf(image: string, folder: string, reason: string | undefined): Series[] {
  const unless = (measure: () => Promise<Taken>) => async () =>
    reason === undefined ? measure() : { unavailable: reason };
  const MB = { image: 'MB', kernel: 'MB', base: 'MB', app: 'MB', layers: 'MB' };
  const times = { 'to console': 's', 'to first Hello': 's', memory: 'MB' };
  return [
    { case: 'size', title: 'size', side: SIDE, metrics: MB, measure: unless(() => sizes(image, folder)) },
    { case: 'boot', title: 'boot', side: SIDE, metrics: times, measure: unless(() => once(image, folder)) },
  ];
}

async function sizes(image: string, folder: string): Promise<Taken> {
  const list = join(folder, 'contents.txt');
  mtools(image, 'a', 'mcopy', '-o', '::contents.txt', list);
  const { parts } = parseContents(await readFile(list, 'utf8'), 'contents.txt');
  const mb = (name: string) => (parts.find((part) => part.name === name)?.size ?? 0) / 1e6;
  const { length } = await readFile(image);
  const [kernel, base, app] = [mb('kernel'), mb('base'), mb('app')];
  const values = { image: [length / 1e6], kernel: [kernel], base: [base], app: [app], layers: [base + app] };
  return { values, messages: parts.length };
}

async function once(image: string, folder: string): Promise<Taken> {
  const namespace = NetworkNamespace.create('boot');
  let machine: Machine | undefined;
  try {
    const taps = ['tap0', 'tap1'];
    for (const tap of taps) {
      namespace.ip('tuntap', 'add', tap, 'mode', 'tap');
      namespace.ip('link', 'set', tap, 'up');
    }
    const watcher = namespace.spawn(['tcpdump', '-i', 'tap1', '-n', '-c', '1', 'ip proto 89']);
    let seen = '';
    watcher.stdout!.setEncoding('utf8').on('data', (text: string) => (seen += text));
    const began = performance.now();
    const since = () => (performance.now() - began) / 1000;
    machine = await Machine.start({
      board: BOARD,
      image,
      folder,
      network: { namespace: namespace.name, taps },
    });
    const hello = until('the first Hello', BOOT, () => (/OSPFv2, Hello/.test(seen) ? since() : undefined));
    await machine.hears(/Non-Stop Router, serial console/, BOOT);
    const toConsole = since();
    const toHello = await hello;
    const { memory } = await machine.ask<SystemView>('show system');
    return {
      values: {
        'to console': [toConsole],
        'to first Hello': [toHello],
        memory: [memory.resident / 1e6],
      },
      messages: 1,
    };
  } finally {
    await machine?.cutPower();
    namespace.cleanup();
  }
}
