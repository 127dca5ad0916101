/**
 * A neighbour that lies, in each state that it can come to: its packets are those of a real router, changed field by field.
 * Whatever comes, nothing is thrown, tables stay bounded, another neighbour stays Full, and in the end databases are equal.
 * HITLESS_OSPF_HOSTILE sets how many packets there are in all; HITLESS_SEED makes others.
 */
import t from 'tap';
import { toNumber } from '../../firmware/modules/address.ts';
import { decodeHello, encodeHello } from '../../firmware/modules/ospf/packet/hello.ts';
import type { NeighborState } from '../../firmware/modules/ospf/state.ts';
import { Mutator, summed } from '../ospf/mutation.ts';
import { wholeFrom } from '../random.ts';
import { SEED } from './bytes.ts';
import { haveEqualDatabases, Network, type NetworkRouter } from './ospf-network.ts';

const STATES = ['Init', '2-Way', 'ExStart', 'Exchange', 'Loading', 'Full'] as const;
const PACKETS = Math.ceil(Number(process.env.HITLESS_OSPF_HOSTILE ?? 12_000) / STATES.length);
/** Packets, then so many ms pass. */
const AT_ONCE = 20;
const PASSES_MS = 50;
/** Lines about one neighbour: a few of each kind, and fewer as time goes by. */
const MOST_LINES = 100 + PACKETS / 100;

interface Packet {
  key: string;
  to: string;
  payload: Uint8Array;
}

/** The liar's packets that go out, so that it comes to a state and no further. */
const FILTERS: Readonly<Record<(typeof STATES)[number], (packet: Packet) => Uint8Array | undefined>> = {
  Init: ({ payload }) => (payload[1] === 1 ? alone(payload) : undefined),
  '2-Way': ({ payload }) => payload,
  ExStart: ({ payload }) => (payload[1] === 2 ? undefined : payload),
  Exchange: ({ payload }) => (payload[1] === 2 && (payload[27]! & 4) === 0 ? undefined : payload),
  Loading: ({ payload }) => (payload[1] === 4 ? undefined : payload),
  Full: ({ payload }) => payload,
};

/** A Hello that lists nobody. */
function alone(payload: Uint8Array): Uint8Array {
  const hello = decodeHello(payload.subarray(24));
  if ('error' in hello) throw new Error(hello.error);
  return summed(Uint8Array.from([...payload.subarray(0, 24), ...encodeHello({ ...hello, neighbors: [] })]));
}

/** Ours has a real neighbour on another network, and the liar, with some routers behind it, on this one. */
class Place {
  readonly network = new Network(SEED);
  readonly ours: NetworkRouter;
  readonly real: NetworkRouter;
  readonly liar: NetworkRouter;
  readonly good: Uint8Array[] = [];

  constructor(state: (typeof STATES)[number]) {
    const { network } = this;
    const lan = network.lan('lan0');
    const priority = state === '2-Way' ? 0 : 1;
    this.ours = network.router('10.0.0.1');
    this.real = network.router('10.0.0.2');
    this.liar = network.router('10.0.0.9');
    const far = network.router('10.0.0.8');
    network.connect(this.ours, lan, '10.1.0.1/24', { priority });
    network.connect(this.liar, lan, '10.1.0.9/24', { priority });
    if (priority === 0) network.connect(network.router('10.0.0.3'), lan, '10.1.0.3/24');
    const quiet = network.wire('wire0');
    network.connect(this.ours, quiet, '10.2.0.1/24');
    network.connect(this.real, quiet, '10.2.0.2/24');
    const behind = network.lan('lan1');
    network.connect(this.liar, behind, '10.3.0.9/24');
    network.connect(far, behind, '10.3.0.8/24');
    this.#filter(FILTERS[state]);
    const isThere = () =>
      this.ours.neighborState('10.0.0.9') === state && this.ours.neighborState('10.0.0.2') === 'Full';
    if (!network.runUntil(isThere)) throw new Error(`it does not come to ${state}`);
    network.run(10_000);
  }

  #filter(filter: (packet: Packet) => Uint8Array | undefined): void {
    const { ctx } = this.liar.served;
    const transmit = ctx.transmit.bind(ctx);
    ctx.transmit = (port, key, datum) => {
      const packet = { key, ...(datum as Omit<Packet, 'key'>) };
      if (key !== 'lan0') return transmit(port, key, datum);
      this.good.push(packet.payload);
      if (this.good.length > 500) this.good.shift();
      const payload = filter(packet);
      return payload === undefined ? 'sent' : transmit(port, key, { ...packet, payload });
    };
  }

  hear(payload: Uint8Array, to: string, from = '10.1.0.9'): void {
    this.ours.served.packet('ospf', 'lan0', { from, to, ttl: 1, payload });
  }
}

for (const state of STATES) {
  t.test(`${PACKETS} changed packets of a neighbour in ${state}`, async (t) => {
    const place = new Place(state);
    const { network, ours } = place;
    const below = wholeFrom(SEED);
    const ids = ['10.0.0.1', '10.0.0.2', '10.0.0.9', '10.0.0.8', '10.1.0.1', '10.1.0.9', '10.2.0.1'];
    const mutator = new Mutator(SEED, ids.map(toNumber));
    const real = ours
      .neighbors()
      .find(({ neighbor }) => neighbor.routerId === toNumber('10.0.0.2'))!.neighbor;
    const since = real.since;
    const reached = new Set<NeighborState | undefined>();
    for (let i = 0; i < PACKETS; i++) {
      const good = place.good[below(place.good.length)]!;
      const bytes = mutator.mutate(good);
      const to = ['224.0.0.5', '224.0.0.6', '10.1.0.1'][below(3)]!;
      try {
        place.hear(bytes, to);
        if (i % AT_ONCE === 0) network.run(PASSES_MS);
      } catch (thrown) {
        t.fail(
          `packet ${i} of seed ${SEED}: ${(thrown as Error).stack} in ${Buffer.from(bytes).toString('hex')}`,
        );
        return;
      }
      reached.add(ours.neighborState('10.0.0.9'));
      network.sent.length = 0;
    }
    t.ok(reached.has(state), [...reached].join());
    t.equal(real.state, 'Full');
    t.equal(real.since, since, 'it was all the time');
    t.ok(ours.state.lsas.size < PACKETS + 100, `${ours.state.lsas.size} LSAs`);
    const bytes = [...ours.state.lsas.values()].reduce((sum, lsa) => sum + lsa.bytes.length, 0);
    t.equal(ours.state.lsaBytes, bytes);
    t.ok(ours.state.sentBack.size <= 1_024);
    t.ok(ours.served.ctx.logged.length < MOST_LINES, `${ours.served.ctx.logged.length} lines`);
    place.liar.kill();
    network.run(60_000);
    t.ok(haveEqualDatabases([ours, place.real]));
  });
}
