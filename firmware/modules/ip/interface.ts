/** An interface on which routers are discovered: what it advertises, and who takes what is heard there. */
import type { Context } from 'hitless/runtime';
import type { LinkState } from '../../../drivers/links.ts';
import type { RawIpIn } from '../../../drivers/raw-ip.ts';
import { count } from '../counter.ts';
import { decode } from './packet.ts';
import { withdraw } from './router-advertisement.ts';
import { receiveSolicitation } from './solicitation.ts';
import type { Interface, State } from './state.ts';

/** MAX_INITIAL_ADVERTISEMENTS (RFC 1256 section 6) */
const MAX_INITIAL_ADVERTISEMENTS = 3;

/** The addresses to advertise: all of the interface's; none while it is down. */
export function addressesOf({ link }: Interface): string[] {
  return link?.up ? link.addresses.map(({ address }) => address) : [];
}

/** Takes note of a link's state: hosts are told to forget addresses that went away, and soon of a new interface. */
export function linkChanged(ctx: Context, state: State, iface: Interface, link: LinkState): void {
  const before = addressesOf(iface);
  iface.link = link;
  const now = addressesOf(iface);
  if (before.length === 0 && now.length > 0) iface.initial = MAX_INITIAL_ADVERTISEMENTS;
  // While the interface is down nobody can be told; what is gone by then is told when it comes up.
  if (now.length === 0) return;
  const gone = iface.advertised.filter((address) => !now.includes(address));
  if (gone.length > 0) withdraw(ctx, state, iface, gone);
}

/** Answers solicitations; other routers' advertisements are counted, they change nothing here. */
export function receive(ctx: Context, state: State, iface: Interface, { from, payload }: RawIpIn): void {
  const message = decode(payload);
  const own = iface.link?.addresses.some(({ address }) => address === from) ?? false;
  if ('error' in message) count(iface.counters, message.error);
  else if (own) count(iface.counters, 'own');
  else if (message.type === 'solicitation') receiveSolicitation(ctx, state, iface, from);
  else count(iface.counters, 'heard');
}
