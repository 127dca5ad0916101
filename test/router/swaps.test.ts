import t from 'tap';
import { labUnavailable } from '../lab/lab-under-test.ts';
import { releasesOf } from '../newest-release.ts';
import { eventuallyAsync, RouterLab, relayFaults, sleep } from './router-lab.ts';

const skip =
  labUnavailable() ||
  (process.getuid?.() === 0 ? false : 'SKIPPED: FRR runs only as root; run the tests as root');

const MODULES = ['TIMER', 'RELAY', 'IP', 'OSPF', 'VRRP'];

/** Every ordered pair of them in turn; the first is where it begins, and the last in the list. */
function tour([first, ...others]: readonly string[]): string[] {
  return others.flatMap((other, i) => [other, ...(i === 0 ? tour(others) : []), first!]);
}

/**
 * Of OSPF those up to 2-Way: FRR notices when a newer one exchanges databases, or no longer does. Of VRRP those that go with
 * each IP; test/vrrp/upgrade.test.ts swaps the others.
 */
function versionsOf(module: string): string[] {
  if (module === 'RELAY') return ['1.0.0', '2.0.0'];
  const versions = releasesOf(module);
  const any = module !== 'OSPF' && module !== 'VRRP';
  return any ? versions : versions.filter((version) => Number.parseInt(version, 10) < 3);
}

const peersSeen = (lab: RouterLab) => ({ changes: lab.changesAtFrr(), roles: lab.rolesOfKeepalived() });

t.test(
  '200 swaps of every module, one by one and in groups: nothing is lost and no neighbour notices',
  { skip, timeout: 240_000 },
  async (t) => {
    const lab = await RouterLab.start(t, { peers: true });
    await lab.settled();
    const before = peersSeen(lab);
    t.ok(before.changes > 0, `FRR told of ${before.changes} changes before`);
    const version = new Map(MODULES.map((module) => [module, '1.0.0']));
    const tours = new Map(MODULES.map((module) => [module, tour(versionsOf(module))]));
    const groups = [
      ...MODULES.map((module) => [module]),
      ['IP', 'OSPF'],
      ['VRRP', 'OSPF'],
      ['TIMER', 'IP', 'VRRP'],
      ['RELAY', 'OSPF'],
      MODULES,
    ];
    const swaps = new Map(MODULES.map((module) => [module, 0]));
    let transactions = 0;
    const windows: number[] = [];
    while ([...swaps.values()].some((count) => count < 200)) {
      const group = groups[transactions++ % groups.length]!;
      const pairs = group.map((module) => {
        const count = swaps.get(module)!;
        swaps.set(module, count + 1);
        const tour = tours.get(module)!;
        const next = tour[count % tour.length]!;
        version.set(module, next);
        return `${module} ${module.toLowerCase()}@${next}`;
      });
      const answer = await lab.exec(
        group.length === 1 ? `replace ${pairs[0]}` : `syn_replace ${pairs.join(' ')}`,
      );
      if (!answer.ok) t.fail(`${pairs.join(' ')}: ${answer.code} ${answer.message}`);
      await sleep(15 + ((transactions * 37) % 60));
    }
    for (const report of await lab.data<{ window: number; outcome: string }[]>('show upgrades'))
      windows.push(report.window);
    windows.sort((a, b) => a - b);
    t.comment(
      `${transactions} transactions, ${[...swaps].map(([module, count]) => `${module} ${count}`).join(', ')}; window median ${(windows[windows.length >> 1]! * 1000).toFixed(0)} µs`,
    );

    const relays = lab.relays();
    t.ok(relays.length > 200, `${relays.length} relay messages`);
    t.strictSame(relayFaults(relays), [], 'no relay number is missing or doubled');
    const running =
      await lab.data<{ name: string; version: string; errors: number; interrupted: number }[]>(
        'show modules',
      );
    for (const module of running) {
      t.match(module, { version: version.get(module.name), errors: 0, interrupted: 0 }, module.name);
    }
    const queues = await lab.data<{ module: string; refused: number; dropped: number }[]>('show queues');
    for (const queue of queues) t.match(queue, { refused: 0, dropped: 0 }, queue.module);
    t.strictSame(peersSeen(lab), before, 'no neighbour state change at FRR, no role change at keepalived');
  },
);

// A router that is back before its first Hello is due may hear FRR first and list it at once: FRR then sees no change.
t.test(
  'negative control: a router that is killed, and comes back when it is missed, is seen by FRR and by keepalived',
  { skip, timeout: 120_000 },
  async (t) => {
    const lab = await RouterLab.start(t, { peers: true, restarts: 1 });
    await lab.settled();
    const before = peersSeen(lab);
    const comeBack = lab.keepAway();
    const router = lab.routers()[0]!;
    process.kill(router, 'SIGKILL');
    const missed = await eventuallyAsync('both peers miss it', 40_000, async () => {
      const { changes, roles } = peersSeen(lab);
      return (changes > before.changes && roles.at(-1) === 'MASTER') || undefined;
    });
    t.ok(missed, 'FRR changed its state, and keepalived took over');
    comeBack();
    await eventuallyAsync('another router serves', 20_000, async () => {
      const [now] = lab.routers();
      return now !== undefined &&
        now !== router &&
        (await lab.exec('show modules').catch(() => undefined))?.ok
        ? true
        : undefined;
    });
    await lab.settled();
    const { roles } = peersSeen(lab);
    t.match(roles.slice(before.roles.length), ['MASTER', 'BACKUP'], 'keepalived took over and gave back');
  },
);
