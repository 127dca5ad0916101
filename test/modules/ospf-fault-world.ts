/**
 * A network of OSPF routers made by chance: some areas, LANs and wires in each, an outside; and faults by chance: links, parts of a
 * LAN, lost and doubled packets, processes, configurations, swaps between any two inputs.
 */
import { toAddress } from '../../firmware/modules/address.ts';
import { PLAIN_AREA } from '../../firmware/modules/ospf/config/area-config.ts';
import type { AreaConfig, InterfaceConfig } from '../../firmware/modules/ospf/config-record.ts';
import { Chance } from './differential.ts';
import { IpOfRouter } from './ospf-ip.ts';
import { type Medium, Network, type NetworkRouter } from './ospf-network.ts';

/** Routers that hear each other and are to be adjacent. */
export interface Segment {
  readonly area: string;
  readonly routers: readonly NetworkRouter[];
}

/** A router's end of a medium. */
interface End {
  readonly router: NetworkRouter;
  readonly medium: Medium;
  up: boolean;
}

const BACKBONE = '0.0.0.0';
const NOISE = { loss: 0.1, duplication: 0.1, jitter: 30 };
const CALM = { loss: 0, duplication: 0, jitter: 0 };

/** Does one thing to the network. @returns what, in words; undefined where it cannot be */
type Fault = (world: FaultWorld) => string | undefined;

export class FaultWorld {
  readonly chance: Chance;
  readonly network: Network;
  readonly routers: NetworkRouter[] = [];
  readonly areas: string[] = [BACKBONE];
  readonly types = new Map<string, AreaConfig['type']>();
  /** A router is swapped once in so many inputs; 0: never. */
  swapsOnceIn = 0;
  readonly #ends: End[] = [];
  readonly #ips = new Map<NetworkRouter, IpOfRouter>();
  #media = 0;
  #ids = 0;

  constructor(seed: number) {
    this.chance = new Chance(seed);
    this.network = new Network(seed);
    this.network.beforeInput = (router) => {
      if (this.swapsOnceIn === 0 || !this.chance.once(this.swapsOnceIn)) return;
      // Messages that were sent have left.
      this.ipOf(router).take();
      router.swap();
    };
    const { chance } = this;
    for (let area = chance.whole(3); area > 0; area--) this.areas.push(toAddress(area));
    for (const area of this.areas.slice(1))
      this.types.set(area, chance.of(['normal', 'normal', 'stub', 'nssa']));
    for (let count = 5 + chance.whole(8); count > 0; count--) this.#addRouter();
    const inside = new Map(this.areas.map((area) => [area, [] as NetworkRouter[]]));
    for (const router of this.routers) inside.get(chance.of(this.areas))!.push(router);
    const backbone = inside.get(BACKBONE)!;
    if (backbone.length === 0) backbone.push(chance.of(this.routers));
    for (const [area, members] of inside) {
      // Border routers: one or two of the backbone.
      if (area !== BACKBONE)
        for (let count = 1 + chance.whole(2); count > 0; count--) members.push(chance.of(backbone));
      this.#join(area, [...new Set(members)]);
    }
  }

  ipOf(router: NetworkRouter): IpOfRouter {
    return this.#ips.get(router)!;
  }

  typeOf(area: string): AreaConfig['type'] {
    return this.types.get(area) ?? 'normal';
  }

  /** Another router id than any before. */
  newId(): string {
    return `10.${this.chance.whole(250)}.0.${++this.#ids}`;
  }

  #addRouter(): void {
    const router = this.network.router(this.newId(), {
      hostname: this.chance.once(3) ? `r${this.#ids}` : '',
    });
    this.routers.push(router);
    this.#ips.set(router, new IpOfRouter(router));
  }

  /** All of them in one piece, and some ways more than it takes. */
  #join(area: string, members: readonly NetworkRouter[]): void {
    const { chance } = this;
    const joined = members.slice(0, 1);
    if (members.length === 1) this.#medium(area, false, joined);
    for (let at = 1; at < members.length; ) {
      const isLan = chance.once(2);
      const fresh = members.slice(at, at + (isLan ? 1 + chance.whole(3) : 1));
      this.#medium(area, !isLan, [chance.of(joined), ...fresh]);
      joined.push(...fresh);
      at += fresh.length;
    }
    for (let more = chance.whole(members.length); more > 0; more--) {
      const some = [...new Set([chance.of(members), chance.of(members), chance.of(members)])];
      if (some.length > 1) this.#medium(area, some.length === 2 && chance.once(2), some);
    }
  }

  #medium(area: string, pointToPoint: boolean, routers: readonly NetworkRouter[]): void {
    const { chance } = this;
    const number = ++this.#media;
    const name = `${pointToPoint ? 'wire' : 'lan'}${number}`;
    const medium = pointToPoint ? this.network.wire(name) : this.network.lan(name);
    for (const router of routers) {
      this.#ends.push({ router, medium, up: true });
      const areas = { ...router.config.areas, [area]: this.#areaConfig(area) };
      router.configure({ ...router.config, areas });
      this.network.connect(router, medium, `10.200.${number}.${1 + this.routers.indexOf(router)}`, {
        area,
        cost: chance.of([1, 5, 10, 10, 10, 20]),
        priority: chance.of([0, 1, 1, 1, 5]),
      });
    }
  }

  #areaConfig(area: string): AreaConfig {
    return { ...PLAIN_AREA, type: this.typeOf(area) };
  }

  /** The media as they are now: parts of two and more that hear each other, with one among them that may be designated. */
  segments(): Segment[] {
    const segments: Segment[] = [];
    for (const medium of this.network.media.values()) {
      const groups = new Map<string, NetworkRouter[]>();
      for (const { router, up } of this.#ends.filter((end) => end.medium === medium)) {
        if (!up || !router.alive) continue;
        const key = `${medium.parts.get(router.id) ?? 0} ${this.configOf(router, medium).area}`;
        groups.set(key, [...(groups.get(key) ?? []), router]);
      }
      for (const [key, routers] of groups) {
        const hasOne =
          medium.pointToPoint || routers.some((router) => this.configOf(router, medium).priority > 0);
        if (routers.length > 1 && hasOne) segments.push({ area: key.split(' ')[1]!, routers });
      }
    }
    return segments;
  }

  configOf(router: NetworkRouter, medium: Medium): InterfaceConfig {
    return router.config.interfaces[medium.name]!;
  }

  /** Another configuration of one end. */
  change(router: NetworkRouter, medium: Medium, keys: Partial<InterfaceConfig>): void {
    const { interfaces, areas, ...rest } = router.config;
    const next = { ...interfaces, [medium.name]: { ...interfaces[medium.name]!, ...keys } };
    const used = [...new Set(Object.values(next).map(({ area }) => area))];
    router.configure({
      ...rest,
      interfaces: next,
      areas: Object.fromEntries(used.map((area) => [area, areas[area] ?? this.#areaConfig(area)])),
    });
  }

  /** An end of a living router, by chance. */
  end(fits: (end: End) => boolean = () => true): End | undefined {
    const ends = this.#ends.filter((end) => end.router.alive && fits(end));
    return ends.length === 0 ? undefined : this.chance.of(ends);
  }

  router(alive = true): NetworkRouter | undefined {
    const routers = this.routers.filter((router) => router.alive === alive);
    return routers.length === 0 ? undefined : this.chance.of(routers);
  }

  endsOf(medium: Medium): readonly End[] {
    return this.#ends.filter((end) => end.medium === medium);
  }

  /** Lets time pass, with IP beside each router. */
  run(ms: number): void {
    for (const end = this.network.time + ms; this.network.time < end; ) {
      this.network.run(Math.min(50, end - this.network.time));
      for (const router of this.routers) if (router.alive) this.ipOf(router).take();
      this.network.collect();
    }
  }

  /** Something goes wrong, or is changed. @returns what, in words */
  disturb(): string {
    for (;;) {
      const done = this.chance.of(FAULTS)(this);
      if (done !== undefined) return done;
    }
  }

  /** The faults that would not let it come to rest end. */
  calm(): void {
    for (const medium of this.network.media.values()) Object.assign(medium, CALM);
    for (const { served } of this.routers) served.ctx.sendResult = 'queued';
  }

  count(counter: 'originated' | 'refreshed'): number {
    return this.routers.reduce((sum, { state }) => sum + (state.counters[counter] ?? 0), 0);
  }
}

function linkGoes(world: FaultWorld): string | undefined {
  const end = world.end(({ up }) => up);
  if (end === undefined) return undefined;
  end.up = false;
  world.network.setLink(end.router, end.medium.name, false);
  return `${end.medium.name} of ${end.router.id} goes down`;
}

function linkComes(world: FaultWorld): string | undefined {
  const end = world.end(({ up }) => !up);
  if (end === undefined) return undefined;
  end.up = true;
  world.network.setLink(end.router, end.medium.name, true);
  return `${end.medium.name} of ${end.router.id} comes up`;
}

/** Nobody's link goes down, but not all hear each other. */
function parts(world: FaultWorld): string | undefined {
  const { chance, network } = world;
  const medium = chance.of([...network.media.values()]);
  for (const { router } of world.endsOf(medium)) medium.parts.set(router.id, chance.whole(2));
  return `${medium.name} falls apart`;
}

function merges(world: FaultWorld): string | undefined {
  const apart = [...world.network.media.values()].filter((medium) => medium.parts.size > 0);
  if (apart.length === 0) return undefined;
  const medium = world.chance.of(apart);
  medium.parts.clear();
  return `${medium.name} is in one piece again`;
}

function noise({ network }: FaultWorld): string {
  for (const medium of network.media.values()) Object.assign(medium, NOISE);
  return 'packets are lost, doubled and late';
}

function dies(world: FaultWorld): string | undefined {
  const router = world.router();
  if (router === undefined || world.routers.filter(({ alive }) => alive).length < 4) return undefined;
  router.kill();
  return `${router.id} is killed`;
}

function returns(world: FaultWorld): string | undefined {
  const router = world.router(false);
  router?.restart();
  return router && `${router.id} comes back`;
}

function restarts(world: FaultWorld): string | undefined {
  const router = world.router();
  router?.restart();
  return router && `${router.id} is killed and started at once`;
}

/** Its service ends in order. */
function stops(world: FaultWorld): string | undefined {
  const router = world.router();
  if (router === undefined || world.routers.filter(({ alive }) => alive).length < 4) return undefined;
  router.served.module.stop('remove');
  world.network.collect();
  router.kill();
  return `${router.id} stops`;
}

function costs(world: FaultWorld): string | undefined {
  const end = world.end();
  if (end === undefined) return undefined;
  const cost = world.chance.of([1, 5, 10, 20, 30]);
  world.change(end.router, end.medium, { cost });
  return `${end.medium.name} of ${end.router.id} costs ${cost}`;
}

function priorities(world: FaultWorld): string | undefined {
  const end = world.end();
  if (end === undefined) return undefined;
  const priority = world.chance.of([0, 1, 5]);
  world.change(end.router, end.medium, { priority });
  return `${end.router.id} has priority ${priority} on ${end.medium.name}`;
}

function moves(world: FaultWorld): string | undefined {
  const { chance, network, areas } = world;
  const medium = chance.of([...network.media.values()]);
  const ends = world.endsOf(medium);
  if (areas.length < 2 || ends.some(({ router }) => !router.alive)) return undefined;
  const area = chance.of(areas);
  for (const { router } of ends) world.change(router, medium, { area });
  return `${medium.name} is of area ${area} now`;
}

function isRenamed(world: FaultWorld): string | undefined {
  const router = world.router();
  if (router === undefined) return undefined;
  const routerId = world.newId();
  router.configure({ ...router.config, routerId });
  return `${router.id} has the router id ${routerId}`;
}

function statics(world: FaultWorld): string | undefined {
  const router = world.router();
  if (router === undefined) return undefined;
  const ip = world.ipOf(router);
  const prefix = world.chance.of([
    '172.16.0.0/16',
    '172.17.0.0/16',
    '172.16.1.0/24',
    '0.0.0.0/0',
    '10.200.1.0/24',
  ]);
  if (!ip.statics.delete(prefix)) ip.statics.add(prefix);
  ip.tell();
  return `${router.id} ${ip.statics.has(prefix) ? 'has' : 'has no longer'} the static route ${prefix}`;
}

function redistributes(world: FaultWorld): string | undefined {
  const { chance } = world;
  const router = world.router();
  if (router === undefined) return undefined;
  const { redistribute: before, ...rest } = router.config;
  const isOff = before.static !== undefined && chance.once(2);
  const redistribute = isOff
    ? {}
    : { static: { metric: chance.of([1, 20]), type: chance.of([1, 2] as const) } };
  router.configure({ ...rest, redistribute });
  return `${router.id} redistributes ${JSON.stringify(redistribute)}`;
}

function isStub(world: FaultWorld): string | undefined {
  const router = world.router();
  if (router === undefined) return undefined;
  const always = !router.config.stubRouter.always;
  router.configure({ ...router.config, stubRouter: { always, onStart: 0 } });
  return `${router.id} is ${always ? 'a' : 'no'} stub router`;
}

function isFull(world: FaultWorld): string | undefined {
  const router = world.router();
  if (router !== undefined) router.served.ctx.sendResult = world.chance.of(['full', 'unknown']);
  return router && `IP of ${router.id} takes nothing`;
}

const FAULTS: readonly Fault[] = [
  ...[linkGoes, linkGoes, linkComes, linkComes, parts, merges, merges, noise, noise],
  ...[dies, returns, returns, restarts, stops, costs, costs, priorities, moves, isRenamed],
  ...[statics, redistributes, isStub, isFull],
];
