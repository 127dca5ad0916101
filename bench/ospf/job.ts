/** The work of one measuring program, and its record. */
import type { AreaSize } from './topology.ts';

/** The router that is measured. */
export type OspfSide = 'hitless' | 'frr' | 'bird';

export interface OspfJob extends AreaSize {
  side: OspfSide;
  /** The namespace of the peer. */
  far: string;
  /** Programs, built: the witness of routes, the peer, the router, and what measures the router's loop. */
  witness: string;
  peer: string;
  router: string;
  inside: string;
  /** Directories of the router's bundles. */
  bundles: readonly string[];
  /** Networks that come and go. */
  changes: number;
  /** Swaps of each kind. */
  swaps: number;
}

/** Samples of each metric. Of swaps, holds and stalls there are some of hitless alone. */
export type OspfRecord = Record<string, number[]>;

/** Versions of OSPF in the directory of bundles: one after the other, and one whose state is of another version. */
export const VERSIONS = { first: '3.0.900', next: '3.0.901', migrated: '3.0.902' } as const;

/** Orders to the peer, and its answers. */
export type Order =
  | { do: 'speak'; end: number }
  /** Sends so many LSAs of networks from outside, each with the next number. */
  | { do: 'flood'; count: number }
  /** A router has a network more, or no longer. */
  | { do: 'network'; present: boolean };

export type Told =
  | { told: 'ready' }
  /** The first Database Description has come. */
  | { told: 'described'; end: number; at: number }
  /** The router tells of its link to the peer: it is Full. */
  | { told: 'full'; end: number; at: number }
  | { told: 'sent'; at: number }
  /** LSAs a second. */
  | { told: 'flooded'; rate: number };

/** ms of the monotonic clock, the same in all processes. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
