/** An interface on which routers are discovered: what it advertises, and what is heard there. */
import type { Context } from 'hitless/runtime';
import type { LinkState } from '../../../drivers/links.ts';
import type { RawIpIn } from '../../../drivers/raw-ip.ts';
import { count } from '../counter.ts';
import { decode, type RouterAddress } from './packet.ts';
import { receiveSolicitation } from './solicitation.ts';
import type { State } from './state.ts';

/** Takes note of a link's state. */
export function linkChanged(state: State, link: LinkState): void {
  state.links.set(link.name, link);
}

/** What is advertised on this interface: its first address; nothing while it is down or has none. */
export function advertised(state: State, name: string): RouterAddress[] {
  const link = state.links.get(name);
  const first = link?.addresses[0];
  if (!link?.up || first === undefined) return [];
  return [{ address: first.address, preference: state.config.interfaces[name]?.preference ?? 0 }];
}

/** Answers solicitations; other routers' advertisements are counted, they change nothing here. */
export function receive(ctx: Context, state: State, name: string, { from, payload }: RawIpIn): void {
  const message = decode(payload);
  const own = state.links.get(name)?.addresses.some(({ address }) => address === from) ?? false;
  if ('error' in message) count(state.counters, message.error);
  else if (own) count(state.counters, 'own');
  else if (message.type === 'solicitation') receiveSolicitation(ctx, state, name, from);
  else count(state.counters, 'heard');
}
