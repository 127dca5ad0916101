/**
 * FRR looks for the network-LSA of a link by its link state id alone, and takes the first one, also where it is at its end. Where a
 * designated router begins again with a higher router id, the one of before hides the new one for the minute that FRR keeps it, and
 * its end has no routes computed: FRR has none over that LAN until something else changes (FRR 8.4.4; issue 21913 of FRR is open).
 * RFC 2328 16.1 (2) has LSAs of MaxAge left out.
 */
import type { Node } from './node.ts';

const HEADING = /^ {16}(\S.*) Link States/;
const LSA = /^(?<id>\d+\.\S+) +(?<router>\d+\.\S+) +(?<age>\d+) 0x/;
const MAX_AGE = 3600;
/** Computes routes with each, and leaves nothing behind. */
const COMPUTE = ['configure', 'router ospf', 'compatible rfc1583', 'no compatible rfc1583'];

/** Link state ids of network-LSAs that one of MaxAge stands before. @param text of `show ip ospf database` */
export function shadowedIn(text: string): string[] {
  const ended = new Set<string>();
  const shadowed = new Set<string>();
  let isNetwork = false;
  for (const line of text.split('\n')) {
    const heading = HEADING.exec(line)?.[1];
    if (heading !== undefined) {
      isNetwork = heading === 'Net';
      ended.clear();
    }
    const { id, age } = LSA.exec(line)?.groups ?? {};
    if (id === undefined || !isNetwork) continue;
    // They are listed in the order in which they are found.
    if (Number(age) >= MAX_AGE) ended.add(id);
    else if (ended.has(id)) shadowed.add(id);
  }
  return [...shadowed];
}

type Router = Pick<Node, 'alive' | 'lives' | 'vtysh'>;

/** The shadows of one FRR, and what is done about them. */
export class Shadows {
  /** How often it was made to compute its routes. */
  lifted = 0;
  readonly #node: Router;
  /** The life of FRR in which there was one. */
  #seenIn: number | undefined;

  constructor(node: Router) {
    this.#node = node;
  }

  /** Looks for some. Where there were some, and are none any more, FRR is made to compute its routes, once. */
  lift(): void {
    if (!this.#node.alive) return;
    const { lives } = this.#node;
    const shadowed = shadowedIn(this.#node.vtysh('show ip ospf database'));
    if (shadowed.length === 0 && this.#seenIn === lives) {
      this.#node.vtysh(...COMPUTE);
      this.lifted++;
    }
    this.#seenIn = shadowed.length > 0 ? lives : undefined;
  }
}
