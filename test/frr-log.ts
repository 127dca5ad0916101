/** The log of FRR's ospfd, as far as it tells of the router beside it. */

/**
 * How often FRR changed a neighbour's state, as its log tells (`log-adjacency-changes detail`). Its own counter would not
 * do: a neighbour that was forgotten begins again with the same number.
 */
export function adjacencyChanges(log: string): number {
  return [...log.matchAll(/AdjChg: Nbr .*?: \S+ -> \S+/g)].length;
}

/** FRR's log on its neighbour at an interface. */
export interface NeighborAtFrr {
  /** How often it changed the neighbour's state. */
  changes: number;
  /** The last state; `Deleted` when there is none. */
  state: string;
}

export function viewOfFrr(log: string, name: string): NeighborAtFrr {
  const found = [...log.matchAll(new RegExp(`AdjChg: Nbr .* on ${name}:.*: \\S+ -> (\\S+)`, 'g'))];
  return { changes: found.length, state: found.at(-1)?.[1] ?? 'Deleted' };
}

/** Whether FRR has read the packet of this area, which it does not take, with all that came before it there. */
export function hasRead(log: string, area: string): boolean {
  return log.includes(`invalid Area ID ${area}\n`);
}
