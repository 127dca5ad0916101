/**
 * `bench packet`: from wire in to wire out through driver, mailbox, module and driver, beside an echo that a raw socket's
 * listener sends, and one in C. The tester is the same for all.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LAB_NEEDS } from '../../firmware/host/needs.ts';
import type { Bench, BenchOptions } from '../bench.ts';
import { COMPILER_NEEDS, lacking } from '../peer-needs.ts';
import { Programs } from '../programs.ts';
import type { BenchResult } from '../result.ts';
import { type GateOrder, measureInRounds, resultOf, type Series } from '../series.ts';
import { type PacketJob, packetsOf } from './job.ts';
import { INTERFACE, Wire } from './wire.ts';

const ROUNDS = { full: 5, quick: 1 };
const FULL: PacketJob = { warmup: 2_000, singles: 5_000, bursts: 20, size: 5_000, window: 64 };
const QUICK: PacketJob = { warmup: 1_000, singles: 1_000, bursts: 4, size: 5_000, window: 64 };

const CASE = 'echo';
const TITLE = 'packet there and back';
const ROUND_TRIP = 'round trip';
const RATE = 'rate';

/** How the sides are called in the table, by what echo.ts is told; `c` and `unguarded` are programs of their own. */
const NAMES = {
  hitless: 'hitless',
  unguarded: 'hitless, no guard',
  inner: 'bare raw socket',
  queued: "raw-socket's own send",
  c: 'C',
} as const;
type Side = keyof typeof NAMES;
const SIDES = Object.keys(NAMES) as Side[];

const method = (tester: string) => [
  `round trip: from just before the tester sends to its having received the echo, one packet of 64 bytes at a time over a veth between two namespaces; the tester's part and the kernel's are in it on every side. The tester is written in ${tester}.`,
  `rate: echoes a second while ${FULL.window} packets are under way; the 99th percentile of it is a fast burst.`,
  "hitless: RawIpPort, mailbox, module, RawIpPort. Bare raw socket: the listener sends at once, by the call that is beneath the npm package's `send`, which is a side of its own. C: recvfrom and sendto, the floor.",
  'no guard: the same, built with a runtime that watches, journals and cuts nothing, which nobody but this bench can have.',
  'Every packet came back, once and in order, and what echoed counted as many; otherwise the bench ends without a figure.',
];

const GATES: readonly GateOrder[] = [
  {
    name: 'packet there and back: the guard that is always on',
    statistic: 'median',
    of: [CASE, NAMES.hitless, ROUND_TRIP],
    by: [CASE, NAMES.unguarded, ROUND_TRIP],
    atMost: 1.05,
  },
  {
    name: 'packet there and back',
    statistic: 'median',
    of: [CASE, NAMES.hitless, ROUND_TRIP],
    by: [CASE, NAMES.inner, ROUND_TRIP],
    atMost: 1.3,
  },
];

export const packet: Bench = {
  help: 'packets from wire to wire through a module beside a raw socket alone, in Node and in C',
  cases: [CASE],
  run,
};

async function run({
  quick,
  install,
  rounds = quick ? ROUNDS.quick : ROUNDS.full,
  say,
}: BenchOptions): Promise<BenchResult> {
  const began = Date.now();
  const unable = (await lacking(LAB_NEEDS, { install, say })) ?? Wire.unavailable;
  const noCompiler = await lacking(COMPILER_NEEDS, { install, say });
  const programs = new Programs();
  let wire: Wire | undefined;
  try {
    const echo = await programs.build('packet/echo.ts');
    const unguarded = await programs.build('packet/echo.ts', 'none');
    const tester =
      noCompiler === undefined
        ? [await compile(programs, 'tester')]
        : [process.execPath, await programs.build('packet/tester.ts')];
    const echoInC = noCompiler === undefined ? await compile(programs, 'echo') : '';
    if (unable === undefined) wire = new Wire();
    const job = quick ? QUICK : FULL;
    const series = SIDES.map(
      (side): Series => ({
        case: CASE,
        title: TITLE,
        side: NAMES[side],
        metrics: { [ROUND_TRIP]: 'µs', [RATE]: 'packets/s' },
        measure: async () => {
          if (wire === undefined) return { unavailable: unable ?? 'no namespaces' };
          if (side === 'c' && noCompiler !== undefined) return { unavailable: noCompiler };
          const [program, as] = side === 'unguarded' ? [unguarded, 'hitless'] : [echo, side];
          const command =
            side === 'c' ? [echoInC] : [process.execPath, program, as, INTERFACE, programs.makeDirectory()];
          const { singles, bursts } = await wire.test(NAMES[side], command, tester, job);
          return {
            values: {
              [ROUND_TRIP]: singles.map((ns) => ns / 1000),
              [RATE]: bursts.map((ns) => (job.size / ns) * 1e9),
            },
            messages: packetsOf(job),
          };
        },
      }),
    );
    const found = await measureInRounds(series, rounds, say);
    const about = {
      bench: 'packet',
      quick,
      began,
      others: {},
      method: method(noCompiler === undefined ? 'C' : `Node, for there is no compiler (${noCompiler})`),
    };
    return resultOf(about, GATES, series, found);
  } finally {
    wire?.remove();
    programs.remove();
  }
}

/** @throws BenchError `SIDE_FAILED` */
async function compile(programs: Programs, name: string): Promise<string> {
  const source = fileURLToPath(new URL(`./c/${name}.c`, import.meta.url));
  const directory = join(programs.directory, 'c');
  mkdirSync(directory, { recursive: true });
  const program = join(directory, name);
  await programs.run(`${name}.c`, ['cc', '-O2', '-Wall', '-Wextra', '-Werror', '-o', program, source]);
  return program;
}
