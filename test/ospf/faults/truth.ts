/**
 * The routes of a network of two areas as its cables, processes and costs make them, computed naively: of no database, so that a database
 * that is wrong everywhere is found out, too. RFC 2328 16.1, 16.2 and 16.4 with type 2; border routers as RFC 3509 2.2 has them.
 */
import type { FaultCables } from './cables.ts';
import type { Node } from './node.ts';

export const BACKBONE = '0.0.0.0';

/** Routers that hear each other on a cable. */
interface Segment {
  readonly cable: string;
  readonly area: string;
  readonly nodes: readonly Node[];
}

interface Way {
  cost: number;
  hops: Set<string>;
}

type Ways = Map<string, Way>;

interface Prefix {
  readonly prefix: string;
  readonly area: string;
  readonly cost: number;
}

export class Truth {
  readonly #nodes: readonly Node[];
  readonly segments: Segment[] = [];
  /** Of routers whose end of a cable has no carrier. */
  readonly #bare = new Map<Node, Prefix[]>();

  constructor(nodes: readonly Node[], cables: FaultCables) {
    this.#nodes = nodes.filter(({ alive }) => alive);
    const pieces = new Map<string, Node[]>();
    for (const port of cables.ports) {
      const node = this.#nodes.find(({ plan }) => plan.name === port.node);
      if (node === undefined || node.down.has(port.cable)) continue;
      if (!port.carrier) {
        // BIRD takes an interface without carrier for one that is looped (RFC 2328 9.1), and tells its address as a host.
        const host = {
          prefix: `${addressOf(node, port.cable)}/32`,
          area: sideOf(node, port.cable).area,
          cost: 0,
        };
        if (node.plan.kind === 'bird') this.#bare.set(node, [...(this.#bare.get(node) ?? []), host]);
        continue;
      }
      const key = `${port.cable} ${port.piece}`;
      pieces.set(key, [...(pieces.get(key) ?? []), node]);
    }
    for (const [key, members] of pieces) {
      const cable = key.split(' ')[0]!;
      this.segments.push({ cable, area: sideOf(members[0]!, cable).area, nodes: members });
    }
  }

  /** Of all that flood an area's LSAs to each other, or those of the AS. */
  groups(scope: string): Node[][] {
    const groups: Set<Node>[] = [];
    for (const { nodes } of this.segments.filter(({ area }) => scope === 'as' || area === scope)) {
      const joined = new Set(nodes);
      for (const group of groups.filter((each) => nodes.some((node) => each.has(node)))) {
        for (const node of group) joined.add(node);
        groups.splice(groups.indexOf(group), 1);
      }
      groups.push(joined);
    }
    return groups.map((group) => [...group]);
  }

  /** A router's routes, as `Node.routes` has them. */
  routesOf(node: Node): string[] {
    const own = new Set(this.#prefixes(node).map(({ prefix }) => prefix));
    const ways = this.#waysOf(node);
    for (const other of this.#nodes) {
      const { external } = other.plan;
      const way = ways.get(`asbr ${other.plan.name}`);
      if (external !== undefined && way !== undefined && other !== node) ways.set(external, way);
    }
    return [...ways]
      .filter(([prefix, { hops }]) => prefix.includes('/') && !own.has(prefix) && hops.size > 0)
      .map(([prefix, { hops }]) => `${prefix} ${[...hops].sort().join()}`)
      .sort();
  }

  /** Prefixes, and routers with external ones, by their best ways. */
  #waysOf(node: Node): Ways {
    const areas = this.#areasOf(node);
    const best: Ways = new Map();
    const trees = new Map(areas.map((area) => [area, this.#inside(node, area)]));
    for (const ways of trees.values()) for (const [to, way] of ways) take(best, to, way);
    const inside = new Set(best.keys());
    const isBorder = this.#isConnected(node) && areas.length > 1;
    for (const area of isBorder ? [BACKBONE] : areas) {
      for (const border of this.#nodes) {
        const there = trees.get(area)!.get(`node ${border.plan.name}`);
        if (border === node || there === undefined || !this.#isBorder(border)) continue;
        for (const [to, { cost }] of this.#told(border, area))
          if (!inside.has(to)) take(best, to, { cost: there.cost + cost, hops: there.hops });
      }
    }
    return best;
  }

  /** Summaries of a border router into an area. */
  #told(border: Node, area: string): Ways {
    const told: Ways = new Map();
    const inside = new Set(this.#inside(border, area).keys());
    // The backbone is told of what is within other areas; these of all that a border router has a way to.
    const others = this.#areasOf(border).filter((each) => each !== BACKBONE);
    const hasAll = area !== BACKBONE && this.#isConnected(border);
    const all = hasAll ? this.#waysOf(border) : this.#inside(border, BACKBONE);
    const known = area === BACKBONE ? others.map((each) => this.#inside(border, each)) : [all];
    for (const ways of known)
      for (const [to, way] of ways) if (!inside.has(to) && !to.startsWith('node')) take(told, to, way);
    return told;
  }

  /** 16.1: ways within an area to prefixes, routers, and routers with external routes. */
  #inside(node: Node, area: string): Ways {
    const segments = this.segments.filter((segment) => segment.area === area);
    const distance = new Map<Node, Way>([[node, { cost: 0, hops: new Set() }]]);
    for (let changed = true; changed; ) {
      changed = false;
      for (const { cable, nodes } of segments)
        for (const from of nodes)
          for (const to of nodes) {
            const so = distance.get(from);
            if (so === undefined || from === to) continue;
            const hops = from === node ? new Set([`${addressOf(to, cable)}@${cable}`]) : so.hops;
            const way = { cost: so.cost + sideOf(from, cable).cost, hops };
            const old = distance.get(to);
            if (old !== undefined && (old.cost < way.cost || (old.cost === way.cost && has(old, way))))
              continue;
            distance.set(
              to,
              old?.cost === way.cost ? { ...way, hops: new Set([...old.hops, ...hops]) } : way,
            );
            changed = true;
          }
    }
    const ways: Ways = new Map();
    for (const [to, way] of distance) {
      ways.set(`node ${to.plan.name}`, way);
      if (to.plan.external !== undefined) ways.set(`asbr ${to.plan.name}`, way);
      for (const { prefix, area: of, cost } of this.#prefixes(to))
        if (of === area) take(ways, prefix, { cost: way.cost + cost, hops: way.hops });
    }
    return ways;
  }

  /** The networks of a router's interfaces that are up, and its host. */
  #prefixes(node: Node): Prefix[] {
    const up = this.segments.filter(({ nodes }) => nodes.includes(node));
    return [
      { prefix: `${node.plan.host}/32`, area: node.plan.area, cost: 0 },
      ...(this.#bare.get(node) ?? []),
      ...up.map(({ cable, area }) => ({ prefix: networkOf(cable), area, cost: sideOf(node, cable).cost })),
    ];
  }

  #areasOf(node: Node): string[] {
    return [...new Set(this.#prefixes(node).map(({ area }) => area))];
  }

  /** Somebody else is in the backbone with it. */
  #isConnected(node: Node): boolean {
    return this.segments.some(
      ({ area, nodes }) => area === BACKBONE && nodes.length > 1 && nodes.includes(node),
    );
  }

  /** RFC 3509 2.1: who is alone in the backbone tells of its own part of it; it has ways as others that are no border routers. */
  #isBorder(node: Node): boolean {
    return this.#areasOf(node).length > 1;
  }
}

/** Cable `l3` is the network 10.7.3.0/24. */
export function networkOf(cable: string): string {
  return `10.7.${cable.slice(1)}.0/24`;
}

export function addressOf({ plan }: Node, cable: string): string {
  return `10.7.${cable.slice(1)}.${plan.host.split('.')[3]}`;
}

function sideOf({ plan }: Node, cable: string): Node['plan']['sides'][number] {
  return plan.sides.find((side) => side.cable === cable)!;
}

function has(old: Way, { hops }: Way): boolean {
  return [...hops].every((hop) => old.hops.has(hop));
}

function take(ways: Ways, to: string, way: Way): void {
  const old = ways.get(to);
  if (old === undefined || way.cost < old.cost) ways.set(to, way);
  else if (way.cost === old.cost) ways.set(to, { cost: way.cost, hops: new Set([...old.hops, ...way.hops]) });
}
