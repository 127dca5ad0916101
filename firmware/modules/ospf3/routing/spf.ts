/** The shortest-path tree of an area (16.1, 16.1.1), as pure functions over its router- and network-LSAs. */
import type { Hop, Id } from '../state.ts';

/** What a tree leads to. */
export interface AreaTree {
  readonly area: Id;
  /** Some router is an end of a virtual link (16.1 (2)). */
  readonly transit: boolean;
  /** By router id, those that can be reached; flags are those of their router-LSAs. */
  readonly routers: ReadonlyMap<Id, Reached>;
  /** By prefix. */
  readonly networks: ReadonlyMap<string, NetworkRoute>;
}

export interface Reached {
  readonly cost: number;
  readonly hops: readonly Hop[];
  readonly flags: number;
}

export interface NetworkRoute {
  readonly cost: number;
  readonly hops: readonly Hop[];
  /** Router of the LSA. */
  readonly from: Id;
}
