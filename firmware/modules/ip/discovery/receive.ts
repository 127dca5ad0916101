/** Messages of router discovery that are heard on an interface (RFC 1256 4.2, 5.2). */
import type { Context } from 'hitless/runtime';
import type { RawIpIn } from '../../../../drivers/raw-ip.ts';
import { count } from '../../counter.ts';
import type { IpAgenda } from '../agenda.ts';
import type { Interface } from '../state.ts';
import { decode } from './packet.ts';
import { receiveSolicitation } from './solicitation.ts';

/** Answers solicitations; other routers' advertisements are counted, they change nothing here. */
export function receive(iface: Interface, { from, payload }: RawIpIn, agenda: IpAgenda, ctx: Context): void {
  const message = decode(payload);
  const own = iface.link?.addresses.some(({ address }) => address === from) ?? false;
  if ('error' in message) count(iface.counters, message.error);
  else if (own) count(iface.counters, 'own');
  else if (message.type === 'solicitation') receiveSolicitation(iface, from, agenda, ctx);
  else count(iface.counters, 'heard');
}
