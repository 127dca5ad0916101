/** Sending Router Advertisements (RFC 1256 4.3). */
import type { Context } from 'hitless/runtime';
import type { RawIpOut } from '../../../drivers/raw-ip.ts';
import { count } from '../counter.ts';
import { eligibleOf } from './eligibility.ts';
import { addressesThatFit, encode } from './packet.ts';
import { noteSent } from './sending.ts';
import type { Interface, State } from './state.ts';

/** RFC 1256 4.1: the default AdvertisementAddress, all systems on this network. */
export const ALL_SYSTEMS = '224.0.0.1';

/** Advertises what an interface offers; returns whether it went out. Sends nothing when that is nothing. */
export function advertise(ctx: Context, state: State, iface: Interface, to: string): boolean {
  const addresses = eligibleOf(iface.link);
  if (!send(ctx, state, iface, to, addresses, state.config.lifetime)) return false;
  iface.advertised = [...new Set([...iface.advertised, ...addresses])];
  return true;
}

/** 4.3: tells all hosts to forget these addresses, by a lifetime of 0. */
export function withdraw(ctx: Context, state: State, iface: Interface, gone: readonly string[]): void {
  if (!send(ctx, state, iface, ALL_SYSTEMS, gone, 0)) return;
  count(iface.counters, 'withdrawn');
  iface.advertised = iface.advertised.filter((address) => !gone.includes(address));
}

/** As many messages as the MTU asks for; true when there was something to send and all went out. */
function send(
  ctx: Context,
  state: State,
  iface: Interface,
  to: string,
  addresses: readonly string[],
  lifetime: number,
): boolean {
  const preference = state.config.interfaces[iface.name]?.preference ?? 0;
  const most = addressesThatFit(iface.link?.mtu ?? 0);
  let sent = addresses.length > 0;
  for (let i = 0; i < addresses.length; i += most) {
    const some = addresses.slice(i, i + most).map((address) => ({ address, preference }));
    const packet: RawIpOut = { to, payload: encode({ type: 'advertisement', lifetime, addresses: some }) };
    const result = ctx.transmit('icmp', iface.name, packet);
    count(iface.counters, result === 'sent' ? 'sent' : 'notSent');
    // One host that cannot be reached is not the router's trouble.
    if (to === ALL_SYSTEMS) noteSent(ctx, state, iface, result === 'sent');
    sent &&= result === 'sent';
  }
  return sent;
}
