/**
 * An interface on which IPv6 routers are discovered: when it becomes an advertising one, when the next advertisement leaves,
 * and when it ceases (RFC 4861 6.2.2, 6.2.4 to 6.2.6). One timer, `ra6`, says when: a solicitation draws it nearer.
 */
import type { Context } from 'hitless/runtime';
import { isSame } from '../../difference.ts';
import type { IpAgenda } from '../agenda.ts';
import type { Interface, State } from '../state.ts';
import { type Advertising, type AdvertisingConfig, newAdvertising } from './advertising-record.ts';
import { type Facts, factsOf, offerOf, remarksOn6, sendersOf, sourceOf } from './eligibility.ts';
import type { RouterAdvertisement6 } from './offer.ts';

/** Constants of section 10, in ms. */
const MAX_INITIAL_RTR_ADVERTISEMENTS = 3;
const MAX_INITIAL_RTR_ADVERT_INTERVAL = 16_000;
const MAX_RA_DELAY_TIME = 500;
const MIN_DELAY_BETWEEN_RAS = 3000;

/** Takes note of a link's switch. @param forwarding undefined: the link has no IPv6 any more */
export function forwards6(state: State, index: number, forwarding: boolean | undefined): void {
  if (forwarding === undefined) delete state.forwarding6[index];
  else state.forwarding6[index] = forwarding;
}

/**
 * Looks at the interface anew: its link, its addresses, its configuration, its virtual routers may be others than before.
 * @returns what was offered by its own address, where that is over: hosts know it by its virtual routers from now on
 */
export function follow6(state: State, iface: Interface, ctx: Context): Farewell | undefined {
  const config = state.config.interfaces[iface.name]?.advertising;
  if (config === undefined) return undefined;
  iface.advertising ??= newAdvertising();
  const own = iface.advertising;
  const facts = factsOf(state, iface.name);
  if (facts !== undefined) sayRemarks(iface.name, own, config, facts, ctx);
  const senders = sendersOf(state, iface.name);
  const address = facts && sourceOf(facts, own.source);
  const source = address && (senders?.[0]?.from ?? address);
  const { offer: before, source: from } = own;
  const isOver = senders !== undefined && own.senders === undefined && before !== undefined;
  const farewell = isOver && from !== undefined ? { offer: before, source: from } : undefined;
  if (facts === undefined || source === undefined || senders?.length === 0) {
    pause6(iface, ctx);
    return farewell;
  }
  const offer = offerOf(config, facts);
  const isAsBefore = own.source === source && isSame(own.senders, senders);
  if (isAsBefore && own.offer !== undefined && isSame(own.offer, offer)) return undefined;
  own.offer = offer;
  own.source = source;
  delete own.senders;
  if (senders !== undefined) own.senders = senders;
  own.soon = MAX_INITIAL_RTR_ADVERTISEMENTS;
  draw(state, iface, own, ctx);
  return farewell;
}

/** That is to be taken back, from this address. */
export interface Farewell {
  offer: RouterAdvertisement6;
  source: string;
}

/** Nothing can be sent now: what hosts have heard, they keep for as long as that was to last. */
function pause6({ name, advertising }: Interface, ctx: Context): void {
  if (advertising === undefined) return;
  delete advertising.offer;
  delete advertising.source;
  delete advertising.senders;
  advertising.asked = false;
  ctx.cancelTimer('ra6', name);
}

/** The state has an advertising interface, and a version between has left it no timer. */
export function resume6(state: State, iface: Interface, ctx: Context): void {
  const own = iface.advertising;
  if (own?.offer !== undefined && ctx.timerDue('ra6', iface.name) === undefined) draw(state, iface, own, ctx);
}

/** 6.2.6: a host has asked. */
export function asked6(state: State, iface: Interface, ctx: Context): void {
  const own = iface.advertising;
  if (own?.offer === undefined) return;
  own.asked = true;
  draw(state, iface, own, ctx);
}

/** The interval is another: the next one leaves by it. */
export function retime6(state: State, iface: Interface, ctx: Context): void {
  const own = iface.advertising;
  const config = state.config.interfaces[iface.name]?.advertising;
  if (own?.offer === undefined || config === undefined) return;
  const due = ctx.timerDue('ra6', iface.name);
  const after = intervalOf(own, iface.name, config);
  if (due === undefined || due > after) ctx.setTimer('ra6', iface.name, after);
}

/** One is due. */
export function due6(iface: Interface, agenda: IpAgenda): void {
  if (iface.advertising?.offer !== undefined) agenda.advertise6(iface);
}

/** One was to leave to all nodes. @param sent it did; else it is tried again, as soon as the first few follow each other */
export function advertised6(state: State, iface: Interface, sent: boolean, ctx: Context): void {
  const own = iface.advertising;
  const config = state.config.interfaces[iface.name]?.advertising;
  if (own === undefined || config === undefined) return;
  const interval = intervalOf(own, iface.name, config);
  if (sent) {
    own.asked = false;
    own.lastAt = ctx.now();
    if (own.soon > 0) own.soon--;
  }
  const near = own.soon > 0 || !sent;
  ctx.setTimer('ra6', iface.name, near ? Math.min(interval, MAX_INITIAL_RTR_ADVERT_INTERVAL) : interval);
}

/** 6.2.5: it is no advertising interface from now on, and hosts are told. */
export function cease6(iface: Interface, agenda: IpAgenda, ctx: Context): void {
  const own = iface.advertising;
  if (own === undefined) return;
  ctx.cancelTimer('ra6', iface.name);
  own.asked = false;
  // A virtual router goes on, on another router: it does not take leave.
  const isVirtual = own.senders !== undefined;
  if (own.offer !== undefined && !isVirtual) agenda.farewell6(iface, own.offer, own.source ?? '');
  delete own.offer;
  delete own.source;
  delete own.senders;
}

/** IPv6 advertisements are configured there no more. */
export function forget6(iface: Interface): void {
  delete iface.advertising;
}

/**
 * Draws the next one nearer, to within MAX_RA_DELAY_TIME of now, and no nearer to the last than MIN_DELAY_BETWEEN_RAS; in a
 * lab with shorter intervals, than those (RFC 6275 7.5).
 */
function draw(state: State, { name }: Interface, own: Advertising, ctx: Context): void {
  const { minInterval } = state.config.interfaces[name]!.advertising!;
  const apart = Math.min(MIN_DELAY_BETWEEN_RAS, minInterval);
  const now = ctx.now();
  // After a checkpoint of another boot the clock may have begun elsewhere.
  const last = own.lastAt !== undefined && own.lastAt <= now ? own.lastAt : Number.NEGATIVE_INFINITY;
  const after = Math.max(0, last + apart - now) + randomOf(own, name) * MAX_RA_DELAY_TIME;
  const due = ctx.timerDue('ra6', name);
  if (due === undefined || due > after) ctx.setTimer('ra6', name, after);
}

/** 6.2.4: uniformly distributed between the least and the longest interval. */
function intervalOf(own: Advertising, name: string, { interval, minInterval }: AdvertisingConfig): number {
  return minInterval + randomOf(own, name) * (interval - minInterval);
}

/** From 0 to 1: differs between routers, interfaces and draws, and is the same when replayed. */
function randomOf(own: Advertising, name: string): number {
  own.draws++;
  let hash = 2_166_136_261 ^ own.draws;
  for (const character of `${own.source ?? ''} ${name}`)
    hash = Math.imul(hash ^ character.charCodeAt(0), 16_777_619);
  for (const [shift, factor] of [
    [16, 0x85eb_ca6b],
    [13, 0xc2b2_ae35],
  ] as const)
    hash = Math.imul(hash ^ (hash >>> shift), factor);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** Says what is new about the interface. Says nothing twice. */
function sayRemarks(
  name: string,
  own: Advertising,
  config: AdvertisingConfig,
  facts: Facts,
  ctx: Context,
): void {
  const remarks = remarksOn6(name, config, facts);
  for (const remark of remarks) if (!own.remarks.includes(remark)) ctx.log('warn', remark);
  if (remarks.length === 0 && own.remarks.length > 0 && facts.unforwarded === undefined)
    ctx.log('info', `${name} forwards IPv6 now: it is offered to hosts`);
  own.remarks = remarks;
}
