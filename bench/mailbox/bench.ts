/**
 * `bench mailbox`: what a message costs that goes through name service, proxy and mailbox, beside Erlang's cast and call,
 * an emitter, a direct call and a MessageChannel; and an event to one, ten and a thousand subscribers.
 */
import { BENCH_NEEDS } from '../../firmware/host/needs.ts';
import type { Bench, BenchOptions } from '../bench.ts';
import { BenchError } from '../errors.ts';
import { lacking } from '../peer-needs.ts';
import { Programs } from '../programs.ts';
import type { BenchResult } from '../result.ts';
import { type GateOrder, measureInRounds, resultOf, type Series, type Taken } from '../series.ts';
import { buildErlang, measureErlang } from './erlang.ts';
import type { MailboxJob, MailboxRecord } from './job.ts';

const ROUNDS = { full: 3, quick: 1 };

const EACH = 'each';
const RATE = 'rate';
const LATENCY = 'latency';

type Side = MailboxJob['by'] | 'unguarded' | 'erlang';

interface Case {
  case: string;
  title: string;
  what: MailboxJob['what'];
  size: number;
  batches: number;
  subscribers?: number;
  sides: readonly Side[];
}

const CASES: readonly Case[] = [
  {
    case: 'cast',
    title: 'message, nobody answers',
    what: 'cast',
    size: 10_000,
    batches: 100,
    sides: ['module', 'unguarded', 'host', 'erlang', 'MessageChannel', 'EventEmitter', 'call'],
  },
  {
    case: 'ask',
    title: 'request and answer',
    what: 'ask',
    size: 1_000,
    batches: 100,
    sides: ['module', 'unguarded', 'host', 'erlang', 'MessageChannel'],
  },
  {
    case: 'latency',
    title: 'one message at a time, to its handler',
    what: 'latency',
    size: 100,
    batches: 100,
    sides: ['host', 'MessageChannel', 'EventEmitter'],
  },
  ...[1, 10, 1_000].map(
    (subscribers): Case => ({
      case: `publish-${subscribers}`,
      title: `event to ${subscribers.toLocaleString('en')} ${subscribers === 1 ? 'subscriber' : 'subscribers'}`,
      what: 'publish',
      size: 10_000 / subscribers,
      batches: 50,
      subscribers,
      sides: ['module', 'EventEmitter'],
    }),
  ),
];

/** How the sides are called in the table. */
const NAMES: Record<Side, string> = {
  module: 'hitless',
  unguarded: 'hitless, no guard',
  host: 'hitless, from the host',
  erlang: 'erlang',
  MessageChannel: 'MessageChannel',
  EventEmitter: 'EventEmitter',
  call: 'direct call',
};

const METHOD = [
  'each: a mean over bursts of messages (requests: one after another), from the first until the last was handled; rate: its reciprocal, the 99th percentile of it is a fast burst. Every message counts its handling; one that is missing ends the bench.',
  'hitless: from module to module through name service, proxy, mailbox and scheduler; "from the host": from the program around. Erlang: gen_server:cast and call between two processes, which have a processor each. EventEmitter and direct call have no queue: they call the receiver on the stack of the sender, and are the floor.',
  'latency: from just before the sending to the handler, one message in each turn of the event loop.',
  'no guard: the same, built with a runtime that watches, journals and cuts nothing, which nobody but this bench can have. What the guard costs is mostly what each message does for it: four stores that say whose code runs, and what a cut has to take back. It is entered once a turn of the event loop.',
  "event: each counts for one notification of one subscriber. hitless's subscribers are modules with a mailbox each, the emitter's are functions.",
];

const GATES: readonly GateOrder[] = [
  ...[CASES[0]!, CASES[1]!].map(
    ({ case: name, title }): GateOrder => ({
      name: `${title}: the guard that is always on`,
      statistic: 'median',
      of: [name, NAMES.module, EACH],
      by: [name, NAMES.unguarded, EACH],
      atMost: 1.05,
    }),
  ),
  {
    name: 'message, nobody answers',
    statistic: 'median',
    of: ['cast', NAMES.module, EACH],
    by: ['cast', NAMES.erlang, EACH],
    atMost: 1,
  },
  {
    name: 'request and answer',
    statistic: 'median',
    of: ['ask', NAMES.module, EACH],
    by: ['ask', NAMES.erlang, EACH],
    atMost: 1,
  },
];

export const mailbox: Bench = {
  help: 'messages, requests and events beside Erlang, EventEmitter, MessageChannel and a direct call',
  cases: CASES.map((each) => each.case),
  run,
};

async function run({
  quick,
  install,
  rounds = quick ? ROUNDS.quick : ROUNDS.full,
  only,
  say,
}: BenchOptions): Promise<BenchResult> {
  const began = Date.now();
  const noErlang = await lacking(BENCH_NEEDS, { install, say });
  const programs = new Programs();
  try {
    const program = await programs.build('mailbox/program.ts');
    const unguarded = await programs.build('mailbox/program.ts', 'none');
    const code = noErlang === undefined ? await buildErlang(programs) : '';
    const wanted = CASES.filter((each) => only.length === 0 || only.includes(each.case));
    const series = wanted.flatMap((each) =>
      each.sides.map(
        (side): Series => ({
          case: each.case,
          title: each.title,
          side: NAMES[side],
          metrics: each.what === 'latency' ? { [LATENCY]: 'µs' } : { [EACH]: 'µs', [RATE]: 'messages/s' },
          measure: async () => {
            if (side === 'erlang' && noErlang !== undefined) return { unavailable: noErlang };
            const batches = quick ? Math.ceil(each.batches / 2) : each.batches;
            const { what, size, subscribers = 1 } = each;
            const job = { what, size, batches, subscribers };
            const who = `${each.case}, ${NAMES[side]}`;
            if (side === 'unguarded') return takeNode(programs, unguarded, { ...job, by: 'module' }, who);
            if (side !== 'erlang') return takeNode(programs, program, { ...job, by: side }, who);
            const { times, otp } = await measureErlang(programs, code, { ...job, by: 'call' });
            if (times.length !== batches)
              throw new BenchError(
                'MEASURED_NOTHING',
                `${each.case}, erlang: ${times.length} batches instead of ${batches}`,
              );
            return { ...taken(times, size), messages: batches * size, facts: { otp } };
          },
        }),
      ),
    );
    const found = await measureInRounds(series, rounds, say);
    const about = {
      bench: 'mailbox',
      quick,
      began,
      others: { 'Erlang/OTP': found.facts.otp ?? 'not run' },
      method: METHOD,
    };
    return resultOf(about, GATES, series, found);
  } finally {
    programs.remove();
  }
}

async function takeNode(programs: Programs, program: string, job: MailboxJob, who: string): Promise<Taken> {
  const { times, sent, handled } = await programs.measure<MailboxRecord>(who, program, job);
  const wanted = job.what === 'latency' ? job.batches * job.size : job.batches;
  if (sent !== handled || times.length !== wanted)
    throw new BenchError(
      'MEASURED_NOTHING',
      `${who}: ${sent} messages were sent and ${handled} handled, in ${times.length} of ${wanted} measurements`,
    );
  if (job.what === 'latency') return { values: { [LATENCY]: times.map((ns) => ns / 1000) }, messages: sent };
  return { ...taken(times, job.size * job.subscribers), messages: sent };
}

function taken(times: readonly number[], size: number): Pick<Taken, 'values'> {
  return {
    values: {
      [EACH]: times.map((ns) => ns / size / 1000),
      [RATE]: times.map((ns) => (size / ns) * 1e9),
    },
  };
}
