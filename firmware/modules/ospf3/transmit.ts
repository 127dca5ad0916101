/** Sending packets: where to (RFC 2328 8.1), how many bytes fit, and with what authentication (D). */
import type { Context, PortResult } from 'hitless/runtime';
import type { Id, Interface, State } from './state.ts';

/**
 * Sends a packet on an interface, and counts it.
 * @param to an address; `all`: all routers, which is each neighbour where there is no multicast; `designated`: where updates
 * and delayed acknowledgments go (13.3, 13.5), AllDRouters unless we are DR or Backup, and the same as `all` elsewhere
 * @param body what follows the header
 */
export function sendTo(
  _state: State,
  _iface: Interface,
  _to: Id | 'all' | 'designated',
  _type: number,
  _body: Uint8Array,
  _ctx: Context,
): PortResult {
  return 'down';
}

/** Bytes of a body that fit into one IP packet of the interface. */
export function roomOf(_state: State, _iface: Interface): number {
  return 0;
}
