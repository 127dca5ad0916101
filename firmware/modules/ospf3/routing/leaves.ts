/** LSAs of type 3, 4, 5 and 7 by destination, so that one of them concerns its destination alone (16.5, 16.6). */
export interface LeafIndex {
  /** Keys of LSAs by destination. */
  readonly byDestination: Map<string, Set<string>>;
  /** The destination of each. */
  readonly destinations: Map<string, string>;
}
