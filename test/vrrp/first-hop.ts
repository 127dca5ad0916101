/** One of two first-hop routers, whatever programs it is made of. */
import type { NetworkNamespace } from '../netns.ts';
import type { VirtualRouterRow } from './place.ts';

/** The group that comes and goes. */
export const MORE = 53;

export interface FirstHop {
  /** The last part of its address on the LAN, and the third of the one to the core. */
  readonly number: number;
  /** Its interfaces are `lan0` and `wan0`. */
  readonly router: NetworkNamespace;
  /** Of its test files. */
  readonly directory: string;
  priority: number;
  /** Whether it has the group `MORE` as well. */
  hasMore: boolean;

  /** Starts it by `priority` and `hasMore`; waits until it answers. */
  start(): Promise<void>;
  /** Ends it, and waits until it is gone. SIGKILL: all its processes at once. */
  kill(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Takes `priority` and `hasMore` while it runs. */
  configure(): Promise<void>;
  /** Upgrades these: VRRP, IP, OSPF. */
  swap(modules: readonly string[]): Promise<void>;
  /** Its virtual routers; none while it does not answer. */
  rows(): Promise<VirtualRouterRow[]>;
  /** Whether OSPF has brought the way to a host. */
  knows(host: string): boolean;
  /** Its views and its output, for a failure. */
  told(): Promise<string>;
  end(): Promise<void>;
}
