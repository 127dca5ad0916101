/**
 * Routers with which a routing protocol is in full exchange: the event `adjacencies`, version 1, retained by protocol.
 *
 * - Each is the whole truth of its protocol, so nothing is numbered. It comes with each change, and every TELL_MS besides.
 * - Who has not heard one for SILENCE_MS takes the protocol for one that tells nothing any more: it ended, or another version
 *   of it runs that knows no such event. So nobody need tell that.
 * - A swap of either side changes nothing.
 */

/** Milliseconds. */
export const TELL_MS = 10_000;
export const SILENCE_MS = 3 * TELL_MS;

/** So many are told at most; of further ones nothing is known. */
export const MOST_TOLD = 1_024;

export interface Adjacencies {
  /** The protocol: `ospf`. */
  by: string;
  neighbors: readonly Adjacent[];
}

export interface Adjacent {
  /** The name of the router in its protocol: an OSPF router id. */
  id: string;
  /** Its address on the link; empty where that is not known. */
  address: string;
  /** The link to it; of an OSPF virtual link the name of that. */
  interface: string;
}
