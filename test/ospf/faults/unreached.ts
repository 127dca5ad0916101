/**
 * BIRD takes a neighbour on a point-to-point link for reached only if it is Full in the moment of the calculation, and its becoming
 * Full has none computed unless it changes BIRD's router-LSA. Where an adjacency ends and is Full again within MinLSInterval, that LSA is
 * what it was: with a calculation in between, BIRD has no way to the neighbour until something else changes (BIRD 2.0.12, `calc_next_hop`).
 * RFC 2328 16.1 asks for links that lead both ways.
 */
import type { Node } from './node.ts';

/** Time that BIRD has to compute by itself, in ms: it looks once a second. */
const PATIENCE = 5_000;

/** Of `show ospf state all`: lines under each heading, such as `router 10.0.0.1`, in their order. */
function partsOf(state: string): { heading: string; lines: string[] }[] {
  const parts: { heading: string; lines: string[] }[] = [];
  for (const line of state.split('\n')) {
    if (line.startsWith('\t\t')) parts.at(-1)?.lines.push(line.trim());
    else if (line.startsWith('\t')) parts.push({ heading: line.trim(), lines: [] });
  }
  return parts;
}

/** Router ids of Full neighbours that have a link to BIRD as BIRD has to them, and that it says are unreachable. */
export function unreachedIn(neighbors: string, state: string): string[] {
  const parts = partsOf(state);
  const linesOf = (router: string) =>
    parts.find(({ heading }) => heading === `router ${router}`)?.lines ?? [];
  const self = parts.find(({ lines }) => lines.includes('distance 0'))?.heading ?? '';
  const leads = (from: readonly string[], to: string) => from.some((line) => line.startsWith(`${to} metric`));
  return [...neighbors.matchAll(/^(\d\S+)\s+\d+\s+Full\/PtP/gm)]
    .map(([, id]) => id!)
    .filter((id) => linesOf(id).includes('unreachable') && leads(linesOf(id), self))
    .filter((id) => leads(linesOf(self.replace('router ', '')), `router ${id}`));
}

/**
 * Whether a network-LSA that its designated router made under another router id before hides the one of now: BIRD looks for one by its
 * link state id alone (`ospf_hash_find_net2`). FRR does not flush the one of before, as RFC 2328 13.4 (3) says, so it stays for an hour.
 */
export function isNetworkHidden(neighbors: string, state: string): boolean {
  const parts = partsOf(state);
  const self = parts.find(({ lines }) => lines.includes('distance 0'))?.lines ?? [];
  return [...neighbors.matchAll(/^(\d\S+)\s+\d+\s+Full\/DR /gm)].some(([, dr]) => {
    const own = parts.find(({ lines }) => lines.includes(`dr ${dr}`) && lines.includes('unreachable'));
    if (own === undefined || !self.some((line) => line.startsWith(`${own.heading} metric`))) return false;
    return parts.some((part) => part !== own && part.heading === own.heading);
  });
}

type Router = Pick<Node, 'alive' | 'birdc'>;

/** The neighbours that one BIRD does not reach, and what is done about them. */
export class Unreached {
  /** How often it was made to compute its routes. */
  lifted = 0;
  readonly #node: Router;
  #since: number | undefined;

  constructor(node: Router) {
    this.#node = node;
  }

  /** Looks for some. Where they stay, BIRD is made to compute its routes. */
  lift(): void {
    const some =
      this.#node.alive &&
      unreachedIn(this.#node.birdc('show ospf neighbors'), this.#node.birdc('show ospf state all')).length >
        0;
    if (!some) {
      this.#since = undefined;
      return;
    }
    this.#since ??= performance.now();
    if (performance.now() - this.#since < PATIENCE) return;
    this.#node.birdc('reload in o');
    this.lifted++;
    this.#since = undefined;
  }
}
