/** Keys of interfaces whose effect others see, each set while the router runs beside FRR: what comes there, routes, LSAs. */
import t, { type Test } from 'tap';
import { PACKET_UPDATE } from '../../firmware/modules/ospf/constants.ts';
import { NetworkNamespace } from '../netns.ts';
import { frrUnavailable } from '../router/frr.ts';
import { eventuallyAsync } from '../router/router-lab.ts';
import { BesideFrr, FRR, US } from './beside-frr.ts';
import { OspfPlace } from './place.ts';
import { Sieve } from './sieve.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable;
const PATIENCE = 60_000;

const BOTH = '10.7.0.2@lan0,10.7.1.2@lan1 10';

async function comesToCount(sieve: Sieve, least: number): Promise<void> {
  await eventuallyAsync(`${least} packets`, PATIENCE, async () => sieve.count() >= least || undefined);
}

async function passive(t: Test, pair: BesideFrr): Promise<void> {
  // The longest that an acknowledgment is put off: there is one when the interface becomes passive.
  await pair.change('interfaces lan1 retransmit-interval 4s', 'timers min-ls-arrival 0ms');
  await pair.comesTo('Full', 'Full');
  await pair.place.comesToEqual([pair.frr]);
  pair.peer.ip('address', 'add', '10.1.0.9/32', 'dev', 'lo');
  await pair.place.comesToRoutes([`${FRR} ${BOTH}`, `10.1.0.9 ${BOTH}`]);
  await pair.change('interfaces lan1 passive true');
  const [spoken, silent] = [new Sieve(pair.peer, 'eth0'), new Sieve(pair.peer, 'eth1')];
  await pair.says(
    `show ip ospf database router ${US}`,
    /Number of Links: 3\s[\s\S]*\(Link ID\) Net: 10\.7\.1\.0\s/,
  );
  await comesToCount(spoken, 4);
  await pair.says('show ip ospf neighbor', /^(?![\s\S]*eth1:)[\s\S]*Full\/- [\s\S]*eth0:/);
  t.equal(silent.count(), 0, 'nothing is said there');
  await pair.comesTo('Full', 'none');
  await pair.place.comesToRoutes([`${FRR} 10.7.0.2@lan0 10`, '10.1.0.9 10.7.0.2@lan0 10']);
  for (const sieve of [spoken, silent]) sieve.remove();
  pair.peer.ip('address', 'delete', '10.1.0.9/32', 'dev', 'lo');
  await pair.change('-interfaces lan1 passive', 'interfaces lan1 retransmit-interval 1s');
  await pair.comesTo('Full', 'Full');
}

async function retransmitInterval(t: Test, pair: BesideFrr): Promise<void> {
  await pair.place.comesToEqual([pair.frr]);
  await pair.change('interfaces lan1 retransmit-interval 1h');
  const lost = [0, 1].map((i) => new Sieve(pair.peer, `eth${i}`, { type: PACKET_UPDATE, drop: true }));
  await pair.change('interfaces lan0 cost 11');
  await comesToCount(lost[0]!, 2);
  const once = lost[1]!.count();
  await comesToCount(lost[0]!, lost[0]!.count() + 3);
  t.equal(lost[1]!.count(), once, 'on the other link it is not sent again');
  lost[1]!.remove();
  await pair.change('interfaces lan1 retransmit-interval 1s');
  await pair.metrics(11, 10);
  lost[0]!.remove();
  await pair.change('-interfaces lan0 cost');
  await pair.metrics(10, 10);
}

/** Of two neighbours that are silent one is polled: FRR, that would answer, is the other. */
async function pollInterval(t: Test, pair: BesideFrr): Promise<void> {
  const { place, peer } = pair;
  const [theirs, nobody] = ['10.7.2.2', '10.7.2.3'];
  place.router.ip('neighbor', 'add', nobody, 'lladdr', '02:00:00:00:00:03', 'dev', 'lan2');
  const [toFrr, toNobody] = [theirs, nobody].map((to) => new Sieve(peer, 'eth2', { to })) as [Sieve, Sieve];
  const states = async () => {
    const rows = (await place.neighbors()).filter((row) => row.interface === 'lan2');
    return [theirs, nobody].map((address) => rows.find((row) => row.address === address)?.state).join();
  };
  await pair.change(
    'interfaces lan2 type non-broadcast',
    'interfaces lan2 hello-interval 100ms',
    `interfaces lan2 neighbors ${theirs} poll-interval 1h`,
    `interfaces lan2 neighbors ${nobody} poll-interval 1s`,
  );
  await eventuallyAsync('both are down', PATIENCE, async () => {
    const wereAsked = toFrr.count() > 0 && toNobody.count() > 0;
    return (wereAsked && (await states()) === 'Down,Down') || undefined;
  });
  pair.configureFrr(
    'interface eth2',
    'ip ospf network non-broadcast',
    'ip ospf dead-interval minimal hello-multiplier 10',
    'ip ospf area 0.0.0.0',
  );
  const before = toFrr.count();
  await comesToCount(toNobody, toNobody.count() + 2);
  t.equal(toFrr.count(), before, 'it is not polled yet');
  t.equal(await states(), 'Down,Down');
  await pair.change(`interfaces lan2 neighbors ${theirs} poll-interval 1s`);
  await eventuallyAsync('FRR is found', PATIENCE, async () => (await states()) === 'Full,Down' || undefined);
}

/** On the link of before. */
async function costOfANeighbor(_t: Test, pair: BesideFrr): Promise<void> {
  const { place } = pair;
  pair.configureFrr('interface eth2', 'ip ospf network point-to-multipoint');
  const keys = 'interfaces lan2 neighbors 10.7.2.2';
  await pair.change(
    'interfaces lan2 type point-to-multipoint',
    '-interfaces lan2 neighbors 10.7.2.3',
    `${keys} cost 3`,
  );
  await pair.metrics(10, 10, 3);
  await place.comesToRoutes([`${FRR} 10.7.2.2@lan2 3`, '10.7.2.2 10.7.2.2@lan2 3']);
  await pair.change(`${keys} cost 30`);
  await pair.metrics(10, 10, 30);
  await place.comesToRoutes([`${FRR} ${BOTH}`, `10.7.2.2 ${BOTH}`]);
  await place.comesToEqual([pair.frr]);
}

t.test('a key of an interface that is set while the router runs is seen by FRR:', { skip }, async (t) => {
  const pair = await BesideFrr.start(t, await OspfPlace.make(t), { links: 1 });
  for (const [name, seen] of Object.entries({
    'passive: the network is told, and nobody is spoken to': passive,
    'retransmit-interval: what is not acknowledged is sent again after it': retransmitInterval,
    'poll-interval: a neighbour that is silent is asked, and found when it is there': pollInterval,
    'cost of a neighbour: of its link, and of routes': costOfANeighbor,
  }))
    await t.test(name, (t) => seen(t, pair));
});
