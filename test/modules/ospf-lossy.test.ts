/** Routers that flood over links which lose, double and reorder packets: their databases become equal, and stay so. */
import t from 'tap';
import { toAddress } from '../../firmware/modules/address.ts';
import { ageOf } from '../../firmware/modules/ospf/lsdb/lsdb.ts';
import { decodeAcknowledgment } from '../../firmware/modules/ospf/packet/acknowledgment.ts';
import { decodePacket } from '../../firmware/modules/ospf/packet/header.ts';
import { decodeUpdate } from '../../firmware/modules/ospf/packet/update.ts';
import type { Interface, Neighbor } from '../../firmware/modules/ospf/state.ts';
import { randomFrom } from '../random.ts';
import { LsdbRouter } from './ospf-lsas.ts';

interface Wire {
  router: LsdbRouter;
  iface: Interface;
  neighbor: Neighbor;
}

/** Point-to-point links between routers 1 to n; each packet is lost, doubled or late as a random number has it. */
class Network {
  readonly routers: LsdbRouter[];
  readonly #wires = new Map<string, Wire>();
  readonly #read: number[];
  readonly #next: () => number;
  readonly loss: number;
  #under: { at: number; wire: Wire; payload: Uint8Array }[] = [];
  time = 1_000;

  constructor(
    routers: number,
    links: readonly (readonly [number, number])[],
    loss: number,
    next: () => number,
  ) {
    this.routers = Array.from({ length: routers }, (_, i) => new LsdbRouter(`10.0.0.${i + 1}`));
    this.#read = this.routers.map(() => 0);
    this.#next = next;
    this.loss = loss;
    for (const [one, other] of links) this.#link(one, other);
    for (const router of this.routers) router.ctx.setTimer('aging', '', 1_000);
  }

  #link(one: number, other: number): void {
    const end = (of: number, to: number): Wire => {
      const router = this.routers[of]!;
      const given = { type: 'point-to-point', state: 'Point-to-point' } as const;
      const iface = router.addInterface(`p${to}`, given, { retransmitInterval: 500 });
      return { router, iface, neighbor: router.addNeighbor(iface, to + 1) };
    };
    const [here, there] = [end(one, other), end(other, one)];
    this.#wires.set(`${one} p${other}`, there);
    this.#wires.set(`${other} p${one}`, here);
  }

  /** Lets time pass for all, in steps of 10 ms. */
  run(ms: number): void {
    for (const end = this.time + ms; this.time < end; this.time += 10) {
      for (const router of this.routers) router.advance(10);
      this.#collect();
      this.#deliver();
    }
  }

  #collect(): void {
    for (const [i, router] of this.routers.entries()) {
      for (const { key, payload } of router.ctx.transmitted.slice(this.#read[i])) {
        if (this.#next() < this.loss) continue;
        const wire = this.#wires.get(`${i} ${key}`)!;
        const copies = this.#next() < this.loss ? 2 : 1;
        for (let copy = 0; copy < copies; copy++)
          this.#under.push({ at: this.time + Math.floor(this.#next() * 40), wire, payload });
      }
      this.#read[i] = router.ctx.transmitted.length;
    }
  }

  #deliver(): void {
    const due = this.#under.filter(({ at }) => at <= this.time);
    this.#under = this.#under.filter(({ at }) => at > this.time);
    for (const { wire, payload } of due.sort((one, other) => one.at - other.at)) {
      const packet = decodePacket(payload);
      if ('error' in packet) throw new Error(packet.error);
      if (packet.type === 4)
        wire.router.update(wire.iface, wire.neighbor, ...(decodeUpdate(packet.body) as Uint8Array[]));
      else wire.router.acknowledge(wire.iface, wire.neighbor, ...(decodeAcknowledgment(packet.body) as []));
    }
  }

  /** Of each router: its LSAs by router, sequence number, checksum; and whether some have an age of MaxAge. */
  databases(): string[] {
    return this.routers.map(({ state, ctx }) =>
      [...state.lsas.values()]
        .map(
          (lsa) =>
            `${lsa.type} ${toAddress(lsa.id)} ${lsa.sequence} ${lsa.checksum} ${ageOf(lsa, ctx.time) >= 3600}`,
        )
        .sort()
        .join('\n'),
    );
  }
}

const SEEDS = [1, 2, 3, 4];

for (const seed of SEEDS) {
  t.test(
    `databases of 7 routers become equal over links that lose a quarter of all packets (seed ${seed})`,
    async (t) => {
      const next = randomFrom(seed);
      const ring = Array.from({ length: 7 }, (_, i) => [i, (i + 1) % 7] as const);
      const network = new Network(7, [...ring, [0, 3], [2, 5]], 0.25, next);
      const change = (router: LsdbRouter) => {
        const ifaces = [...router.state.interfaces.values()];
        const iface = ifaces[Math.floor(next() * ifaces.length)]!;
        iface.cost = 1 + Math.floor(next() * 1_000);
        router.originate({ lsa: 'router', area: 0 });
      };
      for (const router of network.routers) change(router);
      for (let round = 0; round < 12; round++) {
        change(network.routers[Math.floor(next() * 7)]!);
        network.run(2_000);
      }
      network.run(30_000);
      const databases = network.databases();
      t.equal(databases[0]!.split('\n').length, 7);
      for (const database of databases.slice(1)) t.equal(database, databases[0]);
      for (const { state } of network.routers)
        for (const { neighbors } of state.interfaces.values())
          for (const neighbor of neighbors.values()) t.equal(neighbor.unacknowledged, 0);
      // Each holds what its router would make now.
      const before = network.routers.map((router) => router.count('originated'));
      for (const router of network.routers) router.originate({ lsa: 'router', area: 0 });
      t.same(
        network.routers.map((router) => router.count('originated')),
        before,
      );
      // One leaves for good: it is flushed everywhere, with all that was on lists.
      const { flushAll } = await import('../../firmware/modules/ospf/lsdb/origination.ts');
      const gone = network.routers[4]!;
      gone.settle((agenda) => flushAll(gone.state, agenda, gone.ctx));
      network.run(40_000);
      for (const database of network.databases()) t.equal(database.split('\n').length, 6);
    },
  );
}
