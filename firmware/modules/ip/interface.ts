/** An interface on which routers are discovered: when it advertises, and who takes what is heard there. */
import type { Context } from 'hitless/runtime';
import type { RawIpIn } from '../../../drivers/raw-ip.ts';
import { count } from '../counter.ts';
import type { Broadcast } from '../messages/broadcast.ts';
import type { LinkState } from '../messages/link.ts';
import { isDue } from '../tick.ts';
import { eligibleOf, remarkOnForwarding, remarksOn } from './eligibility.ts';
import { decode } from './packet.ts';
import { ALL_SYSTEMS, advertise, withdraw } from './router-advertisement.ts';
import { receiveSolicitation } from './solicitation.ts';
import type { Interface, State } from './state.ts';

/** MAX_INITIAL_ADVERTISEMENTS (RFC 1256 section 6) */
const MAX_INITIAL_ADVERTISEMENTS = 3;
/** MAX_INITIAL_ADVERT_INTERVAL (section 6), in ms. */
const MAX_INITIAL_ADVERT_INTERVAL = 16_000;

/** Takes note of a link's state: hosts are told to forget addresses that went away, and soon of a new interface. */
export function linkChanged(ctx: Context, state: State, iface: Interface, link: LinkState): void {
  const was = iface.link;
  iface.link = link;
  if (eligibleOf(was).length === 0 && eligibleOf(link).length > 0) iface.initial = MAX_INITIAL_ADVERTISEMENTS;
  if (link.forwarding === false) {
    // Hosts may have learned them from a router that was here before and ended without a word.
    const told = was?.forwarding === false ? was.addresses.map(({ address }) => address) : [];
    const own = link.addresses.map(({ address }) => address).filter((address) => !told.includes(address));
    iface.advertised = [...new Set([...iface.advertised, ...own])];
  }
  catchUp(ctx, state, iface);
}

/** Advertises on each interface whose interval ends with this tick. */
export function advertiseOnTick(ctx: Context, state: State, broadcast: Broadcast): void {
  for (const iface of state.interfaces.values()) {
    const configured = state.config.interfaces[iface.name]?.interval ?? 0;
    const interval = iface.initial > 0 ? Math.min(configured, MAX_INITIAL_ADVERT_INTERVAL) : configured;
    if (!isDue(broadcast, interval)) continue;
    catchUp(ctx, state, iface);
    if (advertise(ctx, state, iface, ALL_SYSTEMS) && iface.initial > 0) iface.initial--;
  }
}

/** Says what is new about the interface, and has hosts forget what is not offered any more. Does nothing twice. */
export function catchUp(ctx: Context, state: State, iface: Interface): void {
  sayRemarks(ctx, iface);
  // While the interface is down nobody can be told; what is gone by then is told when it comes up.
  if (!iface.link?.up || iface.link.addresses.length === 0) return;
  const now = eligibleOf(iface.link);
  const gone = iface.advertised.filter((address) => !now.includes(address));
  if (gone.length > 0) withdraw(ctx, state, iface, gone);
}

/** RFC 1256 4.3: the interface ceases to be an advertising one. Should it begin again, hosts are told soon. */
export function cease(ctx: Context, state: State, iface: Interface): void {
  ctx.cancelTimer('answer', iface.name);
  iface.initial = MAX_INITIAL_ADVERTISEMENTS;
  if (iface.link?.up && iface.advertised.length > 0) withdraw(ctx, state, iface, iface.advertised);
}

function sayRemarks(ctx: Context, iface: Interface): void {
  const { link, said = [] } = iface;
  if (link === undefined) return;
  const remarks = remarksOn(link);
  for (const remark of remarks) if (!said.includes(remark)) ctx.log('warn', remark);
  const mended = said.includes(remarkOnForwarding({ ...link, forwarding: false })[0] ?? '');
  if (link.forwarding === true && mended)
    ctx.log('info', `${link.name} forwards now: it is offered to hosts`);
  if (remarks.length > 0) iface.said = remarks;
  else delete iface.said;
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
