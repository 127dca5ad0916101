/** Every released version takes over from every other, in both directions, with its state and without a lost tick. */
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { portProvider } from '../../firmware/router/port-provider.ts';
import { type LogRecord, Runtime } from '../../runtime/index.ts';
import { newestRelease, releasesOf } from '../newest-release.ts';

const directory = fileURLToPath(new URL('../../firmware/releases', import.meta.url));
const MODULES = ['OSPF', 'IP', 'VRRP', 'TIMER'] as const;
type Name = (typeof MODULES)[number];

const CONFIGS: Record<Name, unknown> = {
  OSPF: {
    routerId: '10.0.0.1',
    area: '0.0.0.0',
    interfaces: { lan0: { helloInterval: 1, deadInterval: 4, priority: 0 } },
  },
  IP: { lifetime: 1800, interfaces: { lan0: { preference: 0, interval: 10 } } },
  VRRP: {
    groups: [
      {
        ...{ interface: 'lan0', group: 51, priority: 200, interval: 1, preempt: true },
        // Versions before 3.0.0 know neither. Without a virtual MAC it sends by one port, as they do.
        ...{ family: 4, version: 3, virtualMac: false },
        addresses: ['10.0.1.254'],
      },
    ],
  },
  TIMER: { period: 10 },
};

/** Counts of all `raw-ip` ports of one module. */
interface Wire {
  opened: number;
  closed: number;
  sent: number;
}

/** The kinds of ports: packets over IPv4 are counted by module. */
function wiring() {
  const wires = new Map(MODULES.map((module) => [module, { opened: 0, closed: 0, sent: 0 } as Wire]));
  const make = ({ module }: { module: string }) => {
    const wire = wires.get(module as Name)!;
    return {
      open: () => wire.opened++,
      send() {
        wire.sent++;
        return 'sent' as const;
      },
      // As the router's: groups are joined and left while it is open.
      change() {},
      close: () => wire.closed++,
    };
  };
  const quiet = { make: () => ({ open() {}, send: () => 'sent' as const, close() {} }) };
  // Each version has its packets over IPv4; what it has besides differs.
  return { wires, kinds: { kernel: quiet, program: quiet, 'raw-ip': { make }, 'raw-ip6': quiet } };
}

/**
 * The other modules run by their first versions, IP by its newest where one of these needs its links.
 * @param versions of the module, the one that starts first
 */
async function start(t: Test, module: Name, versions: readonly string[]) {
  const { wires, kinds } = wiring();
  const runtime = new Runtime({
    directories: [directory],
    development: true,
    ports: portProvider(kinds),
    portKinds: kinds,
  });
  const log: LogRecord[] = [];
  runtime.onLog((record) => log.push(record));
  t.teardown(() => runtime.stop());
  const refs = versions.map((version) => `${module.toLowerCase()}@${version}`);
  const taken = await Promise.all(refs.map((ref) => runtime.repository.acquire(ref)));
  const needsLinks = taken.some(({ manifest }) => manifest.needs?.includes('links'));
  const first = (name: Name) => (name === 'IP' && needsLinks ? newestRelease('IP') : '1.0.0');
  const inService = (name: Name) => (name === module ? versions : [first(name)]);
  const changes = MODULES.map((name) => ({
    change: 'add' as const,
    module: name,
    bundle: `${name.toLowerCase()}@${inService(name)[0]}`,
    config: CONFIGS[name],
  }));
  t.equal((await runtime.run(changes, { command: 'start', by: 'test' })).outcome, 'committed');
  const link = {
    name: 'lan0',
    index: 2,
    up: true,
    mtu: 1500,
    mac: '02:00:00:00:00:01',
    addresses: [{ address: '10.0.1.1', prefixLength: 24 }],
  };
  runtime.publish('link', link, { retain: 'lan0' });
  // The kernel tells IP of none here: where no version listens to the host, this stands for what IP makes of it.
  if (needsLinks)
    runtime.publish('links', { ...link, admin: true, kind: '', table: 254 }, { retain: 'lan0' });
  return { runtime, log, wires, inService };
}

/** Lets so many ticks of TIMER pass, of 10 ms each, however long that takes. */
async function ticks(runtime: Runtime, count: number): Promise<void> {
  const now = () => (runtime.state('TIMER').state as { tick: number }).tick;
  const end = now() + count;
  while (now() < end) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Relay numbers by sender, as OSPF's log has them, each with the version that sent it. */
function relays(log: readonly LogRecord[], from: string): { number: number; sender: string }[] {
  return log.flatMap(({ text }) => {
    const match = /^got msg : (\d+) from (\w+ V\d)/.exec(text);
    return match?.[2]?.startsWith(from) ? [{ number: Number(match[1]), sender: match[2] }] : [];
  });
}

/** Relay numbers are the demonstration's: from 2.2.0 on the protocols send none. */
async function sendsRelays({ repository }: Runtime, module: Name, version: string): Promise<boolean> {
  const { manifest } = await repository.acquire(`${module.toLowerCase()}@${version}`);
  return manifest.sends?.OSPF?.relay !== undefined;
}

/** How many of these versions send them. */
async function relayingAmong(runtime: Runtime, module: Name, versions: readonly string[]): Promise<number> {
  let relaying = 0;
  for (const version of versions) if (await sendsRelays(runtime, module, version)) relaying++;
  return relaying;
}

// Most of the time a pair waits for its ticks.
t.jobs = 4;
for (const module of MODULES) {
  const versions = releasesOf(module);
  t.ok(versions.length >= 3, `${module} has the releases ${versions.join(', ')}`);
  for (const from of versions) {
    for (const to of versions.filter((version) => version !== from)) {
      t.test(`${module} ${to} takes over from ${from}`, { buffered: true }, async (t) => {
        const { runtime, log, wires, inService } = await start(t, module, [from, to]);
        await ticks(runtime, 12);
        const sentBefore = wires.get(module)?.sent;
        const report = await runtime.run(
          [{ change: 'replace', module, bundle: `${module.toLowerCase()}@${to}` }],
          { command: 'replace', by: 'test' },
        );
        t.equal(report.outcome, 'committed', report.reason);
        await ticks(runtime, 12);
        for (const sender of ['IP', 'VRRP'] as const) {
          const numbers = relays(log, sender).map(({ number }) => number);
          const versions = inService(sender);
          const relaying = await relayingAmong(runtime, sender, versions);
          const least = relaying === 0 ? 0 : relaying === versions.length ? 8 : 3;
          t.ok(numbers.length >= least, `${numbers.length} relays from ${sender}`);
          t.strictSame(
            numbers,
            Array.from(numbers, (_, i) => numbers[0]! + i),
            `${sender} relays consecutive numbers`,
          );
        }
        if (module === 'IP' || module === 'VRRP') {
          const senders: string[] = [];
          // They name themselves as the paper's figures do.
          for (const version of [from, to])
            if (await sendsRelays(runtime, module, version))
              senders.push(`${module} V${version.split('.')[0]}`);
          t.strictSame([...new Set(relays(log, module).map(({ sender }) => sender))], [...new Set(senders)]);
          t.ok(wires.get(module)!.sent > sentBefore!, 'the new version sends packets');
        }
        const opened = module === 'TIMER' ? 0 : 1;
        t.match(wires.get(module), { opened, closed: 0 }, 'by the same port');
        if (module === 'VRRP')
          t.match(await runtime.ask('VRRP', 'virtualRouters'), [{ state: 'Active' }], 'the role is kept');
        for (const view of runtime.modules()) t.match(view, { errors: 0, interrupted: 0 }, view.name);
      });
    }
  }
}
