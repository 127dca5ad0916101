/** Answering Router Solicitations of IPv6 (RFC 4861 6.2.6): all nodes hear the answer, so one answers all that ask meanwhile. */
import { count } from '../../counter.ts';
import type { IpAgenda } from '../agenda.ts';
import type { Interface } from '../state.ts';

/** Takes note of a valid solicitation. */
export function receiveSolicitation6(iface: Interface, agenda: IpAgenda): void {
  const own = iface.advertising;
  if (own === undefined) return;
  count(own.counters, 'solicited');
  // The delay is from the first that asked.
  if (own.asked) count(own.counters, 'joined');
  else agenda.asked6(iface);
}
