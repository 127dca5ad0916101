/** The plan that the lab's outer process hands to the inner one, as one argument in JSON. */
import type { Timing } from './timing.ts';

export interface LabPlan {
  /** How to start hitless itself: a program and its first arguments. */
  program: string[];
  /** For the lab's files, removed at its end. */
  directory: string;
  socket: string;
  /** Directories under /run that stay visible inside. */
  keep: string[];
  timing: Timing;
  keepalived: boolean;
  frr: boolean;
  json: boolean;
  /** Absolute paths for the router's `--watch`. */
  watch: readonly string[];
  /** A script's path, or `-`. */
  script?: string;
  /** A configuration for the router in place of the generated one. */
  config?: string;
}

/** From the inner process to the outer one. */
export type InnerMessage =
  /** The namespaces are there. */
  | { kind: 'inside' }
  /** The network, monitors and peers work, and the router's console is open. */
  | { kind: 'ready' }
  /** The last message: what the lab ends with. */
  | { kind: 'ended'; code: number };

/** From the outer process to the inner one. */
export type OuterMessage = { kind: 'stop'; signal: NodeJS.Signals };
