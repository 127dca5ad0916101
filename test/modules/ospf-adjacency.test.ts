/** Adjacencies of OSPF 3 among modules of this version, on LANs and links that are simulated. */
import t from 'tap';
import { toNumber } from '../../firmware/modules/address.ts';
import { randomFrom } from '../random.ts';
import { haveEqualDatabases, type Medium, Network, type NetworkRouter } from './ospf-network.ts';

t.test('two routers on a wire come to Full, and have equal databases', (t) => {
  const network = new Network();
  const wire = network.wire('p0');
  const [a, b] = [network.router('10.0.0.1'), network.router('10.0.0.2')];
  network.connect(a, wire, '10.1.0.1/30');
  network.connect(b, wire, '10.1.0.2/30');
  const full = () => a.neighborState(b.id) === 'Full' && b.neighborState(a.id) === 'Full';
  t.ok(network.runUntil(full, 10_000), `${a.neighborState(b.id)} ${b.neighborState(a.id)}`);
  network.run(10_000);
  t.ok(full());
  t.equal(a.database().length, 2, a.database().join('; '));
  t.strictSame(a.database(), b.database());
  t.end();
});

const LAN = 'lan0';

/** Routers with the ids 10.0.0.1, 10.0.0.2, … on one LAN, with these priorities. */
function lanOf(network: Network, priorities: readonly number[], faults: Partial<Medium> = {}) {
  const lan = network.lan(LAN, faults);
  return priorities.map((priority, i) => join(network, lan, i + 1, priority));
}

function join(network: Network, lan: Medium, n: number, priority = 1): NetworkRouter {
  const router = network.router(`10.0.0.${n}`);
  network.connect(router, lan, `192.0.2.${n}/24`, { priority });
  return router;
}

/** Each pair is Full, or 2-Way where neither is a designated router (10.4). */
function isSettled(routers: readonly NetworkRouter[]): boolean {
  const isElected = rolesOf(routers).some((role) => role.startsWith('DR '));
  return (
    isElected &&
    routers.every((one) =>
      routers.every((other) => {
        if (one === other) return true;
        const designated = [one, other].some((router) => /^(DR|Backup) /.test(router.role(LAN)));
        return one.neighborState(other.id) === (designated ? 'Full' : '2-Way');
      }),
    )
  );
}

function rolesOf(routers: readonly NetworkRouter[]): string[] {
  return routers.map((router) => router.role(LAN));
}

t.test('five routers on a LAN elect by priority, then by router id, and are Full with the elected', (t) => {
  const network = new Network();
  const routers = lanOf(network, [1, 5, 5, 0, 1]);
  t.ok(
    network.runUntil(() => isSettled(routers) && haveEqualDatabases(routers), 60_000),
    rolesOf(routers).join(),
  );
  network.run(20_000);
  t.ok(isSettled(routers));
  t.ok(haveEqualDatabases(routers));
  const [dr, bdr] = ['192.0.2.3', '192.0.2.2'];
  t.strictSame(rolesOf(routers), [
    `DROther ${dr} ${bdr}`,
    `Backup ${dr} ${bdr}`,
    `DR ${dr} ${bdr}`,
    `DROther ${dr} ${bdr}`,
    `DROther ${dr} ${bdr}`,
  ]);
  t.equal(routers[0]!.database().filter((row) => /^area 0 2 /.test(row)).length, 1, 'one network-LSA');
  t.end();
});

t.test('a router with the highest priority that joins an old LAN displaces nobody', (t) => {
  const network = new Network();
  const routers = lanOf(network, [1, 1]);
  t.ok(network.runUntil(() => isSettled(routers), 60_000));
  const before = rolesOf(routers);
  routers.push(join(network, network.media.get(LAN)!, 3, 255));
  t.ok(network.runUntil(() => isSettled(routers) && haveEqualDatabases(routers), 60_000));
  network.run(20_000);
  t.strictSame(rolesOf(routers).slice(0, 2), before);
  t.equal(routers[2]!.role(LAN), `DROther ${before[0]!.split(' ').slice(1).join(' ')}`);
  t.ok(haveEqualDatabases(routers));
  t.end();
});

t.test('two Wait timers that end in the same instant elect one designated router', (t) => {
  const network = new Network();
  const routers = lanOf(network, [1, 1], { delay: 5 });
  const due = () => routers.map(({ served }) => served.ctx.timers.get(`wait ${LAN}`)?.due);
  t.equal(due()[0], due()[1]);
  t.ok(network.runUntil(() => isSettled(routers), 60_000));
  network.run(20_000);
  t.strictSame(rolesOf(routers), ['Backup 192.0.2.2 192.0.2.1', 'DR 192.0.2.2 192.0.2.1']);
  t.end();
});

t.test('after a partition and its end there is one designated router, and one network-LSA', (t) => {
  const network = new Network();
  const routers = lanOf(network, [1, 1, 1, 1]);
  const lan = network.media.get(LAN)!;
  t.ok(network.runUntil(() => isSettled(routers), 60_000));
  for (const { id } of routers.slice(2)) lan.parts.set(id, 1);
  t.ok(network.runUntil(() => isSettled(routers.slice(0, 2)) && isSettled(routers.slice(2)), 60_000));
  network.run(20_000);
  const drs = new Set(rolesOf(routers).map((role) => role.split(' ')[1]));
  t.equal(drs.size, 2, 'each part has its own');
  lan.parts.clear();
  t.ok(
    network.runUntil(() => isSettled(routers) && haveEqualDatabases(routers), 120_000),
    rolesOf(routers).join(),
  );
  network.run(20_000);
  t.ok(isSettled(routers));
  t.equal(new Set(rolesOf(routers).map((role) => role.split(' ').slice(1).join())).size, 1);
  t.ok(haveEqualDatabases(routers), routers.map((router) => router.database().join('\n')).join('\n\n'));
  t.equal(routers[0]!.database().filter((row) => /^area 0 2 /.test(row) && !/MaxAge/.test(row)).length, 1);
  t.end();
});

t.test('adjacencies come up, and databases are equal, with loss, duplication and reordering', (t) => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const network = new Network(seed);
    const routers = lanOf(network, [1, 1, 1, 1], { loss: 0.1, duplication: 0.1, jitter: 30 });
    const wire = network.wire('p0', { loss: 0.1, duplication: 0.1, jitter: 30 });
    const end = network.router('10.0.0.9');
    network.connect(routers[0]!, wire, '10.1.0.1/30');
    network.connect(end, wire, '10.1.0.2/30');
    const all = [...routers, end];
    const well = () =>
      isSettled(routers) &&
      end.neighborState(routers[0]!.id) === 'Full' &&
      routers[0]!.neighborState(end.id) === 'Full' &&
      haveEqualDatabases(all);
    t.ok(network.runUntil(well, 180_000), `seed ${seed}: ${rolesOf(routers).join()}`);
  }
  t.end();
});

/** All that routers send from the first second on, with swaps of each of them by chance before inputs. */
function sentWith(swaps: number): { sent: string[]; swapped: number; equal: boolean } {
  const network = new Network(7);
  const random = randomFrom(11);
  network.beforeInput = (router) => {
    if (random() < swaps) router.swap();
  };
  const routers = lanOf(network, [1, 1, 1], { loss: 0.05, duplication: 0.05, jitter: 10 });
  const wire = network.wire('p0', { jitter: 10 });
  const end = network.router('10.0.0.9');
  network.connect(routers[2]!, wire, '10.1.0.1/30');
  network.connect(end, wire, '10.1.0.2/30');
  network.run(30_000);
  network.setLink(routers[0]!, LAN, false);
  network.run(20_000);
  network.setLink(routers[0]!, LAN, true);
  network.run(60_000);
  const all = [...routers, end];
  return {
    sent: network.sent.map(
      ({ at, router, link, to, payload }) =>
        `${at} ${router} ${link} ${to} ${Buffer.from(payload).toString('hex')}`,
    ),
    swapped: all.reduce((sum, router) => sum + router.swaps, 0),
    equal: haveEqualDatabases(all),
  };
}

t.test('swaps between any two inputs change nothing that is sent', (t) => {
  const control = sentWith(0);
  const swapped = sentWith(0.4);
  t.ok(control.equal);
  t.ok(swapped.swapped > 1000, `${swapped.swapped} swaps`);
  const differs = control.sent.findIndex((line, i) => swapped.sent[i] !== line);
  t.equal(differs, -1, `${control.sent[differs]} is ${swapped.sent[differs]}`);
  t.equal(swapped.sent.length, control.sent.length);
  t.end();
});

t.test('a router that begins again with nothing comes to Full, and takes over its LSAs', (t) => {
  const network = new Network();
  const routers = lanOf(network, [1, 1, 1]);
  t.ok(network.runUntil(() => isSettled(routers) && haveEqualDatabases(routers), 60_000));
  routers[2]!.restart();
  network.run(2_000);
  t.ok(
    network.runUntil(() => isSettled(routers) && haveEqualDatabases(routers), 30_000),
    rolesOf(routers).join(),
  );
  network.run(20_000);
  t.ok(isSettled(routers));
  t.ok(haveEqualDatabases(routers));
  t.equal(routers[0]!.database().filter((row) => /^area 0 2 /.test(row) && !/MaxAge/.test(row)).length, 1);
  t.end();
});

t.test('another router id leaves nothing of the one before', (t) => {
  const network = new Network();
  const routers = lanOf(network, [1, 1, 1]);
  t.ok(network.runUntil(() => isSettled(routers) && haveEqualDatabases(routers), 60_000));
  // Neighbours take no instance that follows another within MinLSArrival (13 (5a)), and nobody is left to send it again.
  network.run(5_000);
  const changed = routers[2]!;
  const before = String(toNumber(changed.id));
  t.ok(routers[0]!.database().some((row) => row.includes(` ${before} `)));
  changed.configure({ ...changed.config, routerId: '10.0.0.77' });
  network.run(60_000);
  for (const router of routers) {
    t.notOk(
      router.database().some((row) => row.split(' ')[4] === before),
      router.database().join('; '),
    );
    t.match(router.role(LAN), / 192\.0\.2\.\d /);
    const networks = router.database().filter((row) => /^area 0 2 /.test(row) && !row.endsWith(' MaxAge'));
    t.equal(networks.length, 1);
    t.notMatch(networks[0], /^area 0 2 0 /);
  }
  t.ok(haveEqualDatabases(routers));
  t.equal(routers[0]!.neighborState('10.0.0.77') === undefined, false);
  t.equal(routers[0]!.neighborState('10.0.0.3'), undefined);
  t.end();
});

t.test('a larger MTU is told with both values, and hinders the adjacency until it is ignored', (t) => {
  const network = new Network();
  const wire = network.wire('p0');
  const [a, b] = [network.router('10.0.0.1'), network.router('10.0.0.2')];
  network.connect(a, wire, '10.1.0.1/30');
  network.connect(b, wire, '10.1.0.2/30', {}, { mtu: 9000 });
  network.run(60_000);
  t.not(a.neighborState(b.id), 'Full');
  t.match(a.neighbors()[0]?.neighbor.hindrance, /MTU is larger than ours: theirs is 9000, ours is 1500/);
  t.equal(a.served.ctx.takeLog('warn').filter((text) => text.includes('9000')).length >= 1, true);
  a.configure({
    ...a.config,
    interfaces: { p0: { ...a.config.interfaces.p0!, mtuIgnore: true } },
  });
  network.run(30_000);
  t.equal(a.neighborState(b.id), 'Full');
  t.equal(a.neighbors()[0]?.neighbor.hindrance, '');
  t.end();
});

t.test('a neighbour whose Hellos do not agree is lost, whatever else it sends', (t) => {
  const network = new Network();
  const wire = network.wire('p0');
  const [a, b] = [network.router('10.0.0.1'), network.router('10.0.0.2')];
  network.connect(a, wire, '10.1.0.1/30');
  network.connect(b, wire, '10.1.0.2/30');
  network.run(20_000);
  t.equal(a.neighborState(b.id), 'Full');
  b.configure({
    ...b.config,
    interfaces: { p0: { ...b.config.interfaces.p0!, helloInterval: 2000 } },
  });
  network.run(10_000);
  t.equal(a.neighborState(b.id), undefined);
  t.end();
});
