import t, { type Test } from 'tap';
import { packetIntervals, type Timing } from '../../firmware/lab/timing.ts';
import { labUnavailable } from '../lab/lab-under-test.ts';
import { newestRelease } from '../newest-release.ts';
import { eventuallyAsync, QUICK, RouterLab, relayFaults, sleep } from './router-lab.ts';

const skip = labUnavailable();
const SLOWER: Timing = { ...QUICK, period: 250, advert: 25 };

/** For each protocol: how many packets its monitor had just reported, and from which line of the log on more were due. */
async function heardSoFar(lab: RouterLab): Promise<Map<string, { packets: number; line: number }>> {
  const packetsOf = async (protocol: string) =>
    (await lab.monitors()).find((monitor) => monitor.protocol === protocol)?.sources[0]?.packets ?? 0;
  const heard = new Map<string, { packets: number; line: number }>();
  for (const protocol of ['IP', 'OSPF', 'VRRP']) {
    const before = await packetsOf(protocol);
    const packets = await eventuallyAsync(`the ${protocol} monitor reports`, 30_000, async () => {
      const now = await packetsOf(protocol);
      return now > before ? now : undefined;
    });
    heard.set(protocol, { packets, line: lab.lines.length });
  }
  return heard;
}

/**
 * Ends the lab. RELAY numbers the beats that all send on, and each monitor has heard a packet for each beat of its
 * protocol: where the whole machine was late, no packet is missing.
 */
async function allHeard(
  t: Test,
  lab: RouterLab,
  before: Awaited<ReturnType<typeof heardSoFar>>,
  timing = QUICK,
): Promise<void> {
  const seen = await lab.seenToTheEnd();
  const intervals = new Map(Object.entries(packetIntervals(timing)));
  for (const [protocol, { packets, line }] of before) {
    const beats = lab.relaysFrom(line).filter(({ from }) => from === 'RELAY').length;
    const due = Math.floor((beats * timing.period) / intervals.get(protocol)!);
    const heard = (seen[protocol] ?? 0) - packets;
    t.ok(due > 0 && heard >= due, `${protocol}: ${heard} packets were heard, ${due} were due`);
  }
}

t.test(
  'Transaction One: IP is replaced during traffic, no relay number is missing, no monitor misses a packet',
  { skip },
  async (t) => {
    const lab = await RouterLab.start(t, { timing: SLOWER });
    const heard = await heardSoFar(lab);
    await sleep(2500);
    const before = lab.lines.length;
    const answer = await lab.exec('replace IP ip@2.0.0');
    t.match(answer, { ok: true });
    await sleep(2500);

    const figure = lab.lines.slice(before).filter((line) => /^IP( V[\d.]+)?:/.test(line));
    t.strictSame(figure, [
      'IP V1: disable..',
      'IP V1: got TERM message',
      'IP V1: reach quiescent state..',
      'IP V1: put state..',
      'IP V1: is prepared for a transaction..',
      'IP V1: commit replacement..',
      'IP V2: get state..',
      'IP: is hot swapped..',
      'IP V2: init..',
      'IP V2: start..',
      'IP V1: is unloaded from memory..',
    ]);
    const relays = lab.relays();
    t.strictSame(relayFaults(relays), []);
    const versions = lab.lines.flatMap((line) => /got msg : \d+ from (IP V[\d.]+)/.exec(line)?.[1] ?? []);
    t.ok(versions.filter((version) => version === 'IP V1').length > 5, 'version 1 relayed before');
    t.ok(versions.filter((version) => version === 'IP V2').length > 5, 'version 2 relays after');
    t.equal(versions.lastIndexOf('IP V1') < versions.indexOf('IP V2'), true, 'never two versions serving');

    const monitors = await lab.monitors();
    t.strictSame(monitors.map(({ protocol }) => protocol).sort(), ['IP', 'OSPF', 'VRRP']);
    for (const { protocol, sources } of monitors) {
      t.ok(
        sources.length === 1 && sources[0]!.packets >= (protocol === 'OSPF' ? 2 : 8),
        `${protocol}: ${sources[0]?.packets} packets`,
      );
    }
    const modules = await lab.data<{ name: string; version: string }[]>('show modules');
    t.equal(modules.find(({ name }) => name === 'IP')?.version, '2.0.0');
    await allHeard(t, lab, heard, SLOWER);
  },
);

t.test(
  'Transaction Two: IP misses the deadline, both old versions go on, what was held comes out in order',
  { skip },
  async (t) => {
    const lab = await RouterLab.start(t);
    await sleep(500);
    await lab.data('settimer 2s');
    await lab.data('fault IP busy 3s');
    const began = performance.now();
    const answer = await lab.exec('syn_replace OSPF ospf@2.0.0 IP ip@2.0.0');
    const took = performance.now() - began;
    t.match(answer, { ok: false, code: 'TRANSACTION_ABORTED' });
    t.match(answer.message, /the deadline of 2000 ms passed; IP voted NO/);
    t.ok(took >= 2000 && took < 3000, `decided after ${took} ms, before IP would agree`);
    const report = await lab.lastUpgrade();
    t.match(report.votes, [
      { module: 'OSPF', vote: 'YES' },
      { module: 'IP', vote: 'NO' },
    ]);
    t.ok(
      report.members.find(({ module }) => module === 'OSPF')!.buffered > 10,
      'messages were held meanwhile',
    );
    await sleep(800);
    t.strictSame(relayFaults(lab.relays()), [], 'none is missing, doubled or out of order');
    const modules = await lab.data<{ name: string; version: string }[]>('show modules');
    for (const { name, version } of modules) t.equal(version, '1.0.0', name);
    const last = lab.relays().at(-1)!.number;
    await sleep(500);
    t.ok(lab.relays().at(-1)!.number > last, 'both go on');
  },
);

t.test(
  "the relay numbers are the lab's: they go on when no protocol sends any, across swaps of either end",
  { skip },
  async (t) => {
    const lab = await RouterLab.start(t);
    const senders = () => [...new Set(lab.relays().map(({ from }) => from))].sort();
    await eventuallyAsync('all three send', 20_000, async () => senders().length === 3 || undefined);
    t.same(senders(), ['IP', 'RELAY', 'VRRP']);
    const heard = await heardSoFar(lab);
    const newest = (module: string) =>
      `${module} ${module.toLowerCase()}@${newestRelease(module.toLowerCase())}`;
    t.match(await lab.exec(`syn_replace ${['IP', 'OSPF', 'VRRP'].map(newest).join(' ')}`), { ok: true });
    /** Waits for as many numbers more. */
    const more = (count: number) => {
      const before = lab.relays().length;
      return eventuallyAsync(
        'numbers come',
        30_000,
        async () => lab.relays().length >= before + count || undefined,
      );
    };
    await more(10);
    const alone = lab.relays().length;
    for (const swap of [
      'RELAY relay@2.0.0',
      'OSPF ospf@2.1.0',
      newest('OSPF'),
      'RELAY relay@1.0.0',
      'TIMER timer@2.0.0',
    ]) {
      t.match(await lab.exec(`replace ${swap}`), { ok: true }, swap);
      await more(3);
    }
    const late = lab.relays().slice(alone);
    t.same([...new Set(late.map(({ from }) => from))], ['RELAY']);
    t.strictSame(relayFaults(lab.relays()), [], 'none is missing, doubled or out of order');
    t.match(await lab.exec('remove TIMER'), {
      code: 'MODULE_NEEDED',
      message: /RELAY 1\.0\.0 \("broadcast"\)/,
    });
    await allHeard(t, lab, heard);
  },
);

for (const [fault, reason] of [
  ['fault IP spin', /IP did not return from isQuiescent and was cut/],
  ['fault IP throw', /IP voted NO: Error: fault on purpose in isQuiescent/],
  ['fault IP refuse', /IP voted NO: refuses on purpose/],
  ['fault OSPF spin start', /OSPF did not return from start and was cut/],
  ['fault OSPF throw state', /OSPF voted NO: Error: fault on purpose in state/],
] as const) {
  t.test(`an abort by "${fault}" puts everything back and loses nothing`, { skip }, async (t) => {
    const lab = await RouterLab.start(t);
    await sleep(300);
    await lab.data('settimer 500ms');
    await lab.data(fault);
    const answer = await lab.exec('syn_replace OSPF ospf@2.0.0 IP ip@2.0.0');
    t.match(answer, { ok: false, code: 'TRANSACTION_ABORTED' });
    t.match(answer.message, reason);
    await sleep(500);
    t.strictSame(relayFaults(lab.relays()), []);
    const again = await lab.exec('syn_replace OSPF ospf@2.0.0 IP ip@2.0.0');
    t.match(again, { ok: true }, 'the fault struck once');
    await sleep(500);
    t.strictSame(relayFaults(lab.relays()), []);
    t.ok(lab.relays().length > 20);
  });
}
