/** Messages of IPv6 router discovery that are heard on an interface (RFC 4861 6.1, 6.2.6, 6.2.7). */
import type { Context } from 'hitless/runtime';
import type { RawIp6In } from '../../../../drivers/raw-ip6.ts';
import { count } from '../../counter.ts';
import type { IpAgenda } from '../agenda.ts';
import type { Interface, State } from '../state.ts';
import type { Advertising } from './advertising-record.ts';
import { heardAdvertisement } from './consistency.ts';
import { decode6 } from './packet.ts';
import { receiveSolicitation6 } from './solicitation.ts';

/** Answers solicitations, and compares other routers' advertisements with ours. */
export function receive6(
  state: State,
  iface: Interface,
  datum: RawIp6In,
  agenda: IpAgenda,
  ctx: Context,
): void {
  const own = iface.advertising;
  if (own === undefined) return;
  const message = decode6(datum);
  if ('error' in message) count(own.counters, message.error);
  else if (isOwn(own, datum.from)) count(own.counters, 'own');
  else if (message.type === 'solicitation') receiveSolicitation6(iface, agenda);
  else heardAdvertisement(state, iface, datum.from, message, ctx);
}

function isOwn({ source, senders = [] }: Advertising, from: string): boolean {
  return from === source || senders.some((sender) => sender.from === from);
}
