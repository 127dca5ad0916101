/**
 * How often FRR changed a neighbour's state, as its log tells (`log-adjacency-changes detail`). Its own counter would not
 * do: a neighbour that was forgotten begins again with the same number.
 */
export function adjacencyChanges(log: string): number {
  return [...log.matchAll(/AdjChg: Nbr .*?: \S+ -> \S+/g)].length;
}
