/**
 * Every type of network with FRR and BIRD at once: each has a link of each type to the router, all of one cost, so that all
 * are ways to it. The router is designated, backup and neither on a LAN of each.
 */
import t from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { frrUnavailable } from '../router/frr.ts';
import { birdUnavailable } from './bird.ts';
import { BIRD_LOOPBACK, birdLink, frrLink, frrRouter, LINK, TIMERS } from './lines.ts';
import { OspfPlace } from './place.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable || birdUnavailable;

/** A type of network: the router's keys of its interface, and the lines of each peer's. */
interface Kind {
  name: string;
  /** State that the router's interface comes to, and what peers say of the router. */
  state: string;
  frrSays: string;
  birdSays: string;
  ours: object;
  frr: string;
  bird: string;
  /** Routers there have hosts' addresses, and no network. */
  unnumbered?: true;
  /** The router names FRR or BIRD there. */
  named?: readonly ('frr' | 'bird')[];
}

const [POINT, BOTH] = [{ state: 'Point-to-point', birdSays: 'Full/PtP' }, ['frr', 'bird']] as const;

const KINDS: readonly Kind[] = [
  ...(
    [
      ['dr', 9, 0, 'DR', 'Full/DR', 'Full/DR'],
      ['bdr', 1, 9, 'Backup', 'Full/Backup', 'Full/BDR'],
      ['other', 0, 9, 'DROther', 'Full/DROther', 'Full/Other'],
    ] as const
  ).map(([name, ours, theirs, state, frrSays, birdSays]) => ({
    ...{ name, state, frrSays, birdSays },
    ours: { priority: ours },
    frr: ` ip ospf priority ${theirs}`,
    bird: `type broadcast; wait 4; priority ${theirs};`,
  })),
  {
    ...POINT,
    name: 'ptp',
    frrSays: 'Full/-',
    ours: { type: 'point-to-point' },
    frr: ' ip ospf network point-to-point',
    bird: 'type ptp;',
  },
  {
    ...POINT,
    name: 'bare',
    frrSays: 'Full/-',
    ours: { type: 'point-to-point' },
    frr: ' ip ospf network point-to-point',
    bird: 'type ptp;',
    unnumbered: true,
  },
  {
    name: 'nbma',
    state: 'Backup',
    frrSays: 'Full/Backup',
    birdSays: 'Full/BDR',
    ours: { type: 'non-broadcast', priority: 1 },
    frr: ' ip ospf network non-broadcast\n ip ospf priority 3',
    bird: 'type nbma; poll 1; wait 4; priority 3; neighbors { PEER eligible; };',
    named: BOTH,
  },
  {
    ...POINT,
    name: 'ptmp',
    frrSays: 'Full/DROther',
    ours: { type: 'point-to-multipoint' },
    frr: ' ip ospf network point-to-multipoint',
    bird: 'type ptmp; poll 1; neighbors { PEER; };',
    // FRR speaks to all routers there, and BIRD to those that are named.
    named: ['bird'],
  },
];

type PeerName = 'frr' | 'bird';

/** The addresses of a link: of the router, and of the peer. */
function endsOf({ unnumbered }: Kind, peer: PeerName, number: number): readonly [string, string] {
  const n = peer === 'frr' ? 2 : 3;
  return unnumbered ? ['10.1.0.1', `10.1.0.${n}`] : [`10.${n}.${number}.1`, `10.${n}.${number}.2`];
}

/** Of a link of a peer. */
function oursOn(kind: Kind, peer: PeerName, theirs: string): object {
  const neighbors = { [theirs]: { priority: 1, 'poll-interval': '1s' } };
  return { ...LINK, ...kind.ours, ...(kind.named?.includes(peer) && { neighbors }) };
}

/** The way to a peer's host over all of its links, as `comesToRoutes` has them. */
function wayTo(peer: PeerName): string {
  const hops = KINDS.map((kind, i) => `${endsOf(kind, peer, i)[1]}@${kind.name}-${peer}`);
  return `${hops.sort().join(',')} 10`;
}

/** How many interfaces the peer's kernel has a route to the router's host over. */
function waysBack(peer: NetworkNamespace): string {
  const rows = JSON.parse(peer.ip('-j', 'route', 'show', '10.1.0.1')) as { nexthops?: object[] }[];
  return rows.map(({ nexthops }) => nexthops?.length).join();
}

t.test(
  'on every type of network it comes to Full with FRR and BIRD, databases are equal, and each link is a way',
  { skip },
  async (t) => {
    const place = await OspfPlace.make(t);
    const peers = { frr: place.peer('frr'), bird: place.peer('bird') };
    [place.router, peers.frr, peers.bird].forEach((each, i) => {
      each.ip('address', 'add', `10.1.0.${i + 1}/32`, 'dev', 'lo');
    });
    const interfaces: Record<string, object> = { lo: {} };
    const lines = { frr: '', bird: '', neighbors: '' };
    KINDS.forEach((kind, i) => {
      for (const peer of BOTH) {
        const name = `${kind.name}-${peer}`;
        const [ours, theirs] = endsOf(kind, peer, i);
        const length = kind.unnumbered ? 32 : 24;
        const ends = [place.router, name, `${ours}/${length}`] as const;
        NetworkNamespace.join(ends, [peers[peer], name, `${theirs}/${length}`]);
        interfaces[name] = oursOn(kind, peer, theirs);
        if (peer === 'bird') lines.bird += birdLink(name, kind.bird.replace('PEER', ours));
        else lines.frr += frrLink(name, '0.0.0.0', kind.frr);
        if (peer === 'frr' && kind.named?.includes(peer))
          lines.neighbors += ` neighbor ${ours} poll-interval 1\n`;
      }
    });
    const { vtysh } = await place.frr(
      t,
      peers.frr,
      lines.frr + frrRouter('10.1.0.2', '0.0.0.0', lines.neighbors),
    );
    const bird = await place.bird(t, peers.bird, {
      routerId: '10.1.0.3',
      areas: `area 0.0.0.0 { ${lines.bird}${BIRD_LOOPBACK} };`,
    });
    await place.start({
      id: '10.1.0.1',
      ip: { interfaces: Object.fromEntries(Object.keys(interfaces).map((name) => [name, {}])) },
      ospf: { timers: TIMERS, interfaces },
    });
    const multipoint = KINDS.findIndex(({ name }) => name === 'ptmp');
    await place.comesToRoutes([
      ...[`10.1.0.2 ${wayTo('frr')}`, `10.1.0.3 ${wayTo('bird')}`],
      // On point-to-multipoint each router's own address is a host.
      ...[`10.2.${multipoint}.2 ${wayTo('frr')}`, `10.3.${multipoint}.2 ${wayTo('bird')}`],
    ]);
    await place.comesToEqual([{ vtysh, log: () => '' }, bird]);
    const rows = (await place.exec('show ip ospf interface')).data as { interface: string; state: string }[];
    for (const { name, state, frrSays, birdSays } of KINDS) {
      for (const peer of BOTH)
        t.match(
          rows.find((row) => row.interface === `${name}-${peer}`),
          { state },
          `${name}-${peer}`,
        );
      t.match(vtysh('show ip ospf neighbor'), new RegExp(`${frrSays} .* ${name}-frr:`));
      t.match(bird.birdc('show ospf neighbors'), new RegExp(`${birdSays}\\s.*\\s${name}-bird\\s`));
    }
    for (const [name, peer] of Object.entries(peers))
      await place.comesToBe(`${name}'s ways to the router`, `${KINDS.length}`, () => waysBack(peer));
    await place.comesToReach([peers.frr, '10.1.0.2'], [peers.bird, '10.1.0.3'], 50);
  },
);
