/** Counters and memories of each virtual router, in the manner of the VRRP management models (RFC 8347). */
import type { Counters } from '../counter.ts';
import type { Disagreement } from './agreement.ts';
import type { DropReason } from './drop.ts';

/** Why the state of a virtual router changed: a code, and a sentence for the log. */
export const CHANGE_REASONS = {
  startup: 'startup',
  shutdown: 'the interface went down',
  left: 'VRRP ends its service here',
  owner: 'we own the addresses',
  noResponse: 'no other router is Active',
  resigned: 'the Active Router resigned',
  preempted: 'the Active Router has a lower priority than we',
  priority: 'another router has a higher priority',
  address: 'another router has our priority and a higher address',
} as const;

export type ChangeReason = keyof typeof CHANGE_REASONS;

export interface Statistics {
  /** Packets sent, and errors of packets for this virtual router. */
  counters: Counters<'sent' | 'notSent' | 'received' | Disagreement | DropReason>;
  /** Of the received, those of priority 0. */
  resignations: number;
  /** Transitions to Active. */
  becameActive: number;
  lastChange?: {
    reason: ChangeReason;
    /** Monotonic time in ms. */
    at: number;
  };
  /** Advertisements in a row, up to the last one, that could not be sent. */
  unsent: number;
  /** Why the last of those could not; absent when the last one was sent. */
  notSentReason?: string;
}

export function noStatistics(): Statistics {
  return { counters: {}, resignations: 0, becameActive: 0, unsent: 0 };
}
