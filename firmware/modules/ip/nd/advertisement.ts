/** Sending Router Advertisements of IPv6 (RFC 4861 6.2.3, 6.2.5), and what becomes of those that do not leave. */
import type { Context } from 'hitless/runtime';
import type { RawIp6Out } from '../../../../drivers/raw-ip6.ts';
import { count } from '../../counter.ts';
import { leftOutText, lineDue, noteWell } from '../../limited-log.ts';
import type { IpAgenda } from '../agenda.ts';
import type { Interface, State } from '../state.ts';
import type { Advertising, Known, Sender6 } from './advertising-record.ts';
import { factsOf } from './eligibility.ts';
import { ALL_NODES6, type PrefixInformation, type RouterAdvertisement6 } from './offer.ts';
import { encodeAll } from './packet.ts';

/** MAX_FINAL_RTR_ADVERTISEMENTS (section 10), also for what a router that goes on does not offer any more. */
const FAREWELLS = 3;
/** RFC 4862 5.5.3 (e): hosts do not believe in less than two hours. */
const TWO_HOURS = 7200;
/** Messages in a row that were not sent, until the interface counts as failing. */
const FAILING = 3;

/** Advertises to all nodes what the interface offers, and that they forget what it does not offer any more. */
export function advertise6(state: State, iface: Interface, agenda: IpAgenda, ctx: Context): void {
  const own = iface.advertising;
  if (own?.offer === undefined) return;
  const senders: Sender6[] = own.senders ?? [{ from: own.source ?? '' }];
  const advertisement = withFarewells(own.offer, own.known);
  let sent = true;
  for (const { from, ...mac } of senders)
    sent = send(state, iface, own, { ...advertisement, ...mac }, from, ctx) && sent;
  if (sent) noteKnown(own, own.offer);
  agenda.advertised6(iface, sent);
}

/**
 * 6.2.5: as the last one, with lifetime 0. Routes (RFC 4191 4) and name servers go as well; prefixes stay for as long as they
 * were to, for another router may have them too.
 */
export function farewell6(
  state: State,
  iface: Interface,
  offer: RouterAdvertisement6,
  source: string,
  ctx: Context,
): void {
  const own = iface.advertising;
  // Nobody was told of anything.
  if (own === undefined || Object.keys(own.known).length === 0) return;
  const last: RouterAdvertisement6 = {
    ...offer,
    lifetime: 0,
    routes: offer.routes.map((route) => ({ ...route, lifetime: 0 })),
    servers: offer.servers.map((servers) => ({ ...servers, lifetime: 0 })),
    search: offer.search.map((search) => ({ ...search, lifetime: 0 })),
  };
  if (!send(state, iface, own, withFarewells(last, own.known), source, ctx)) return;
  count(own.counters, 'withdrawn');
  own.known = {};
}

/** True when all messages that it takes went out. */
function send(
  state: State,
  iface: Interface,
  own: Advertising,
  advertisement: RouterAdvertisement6,
  from: string,
  ctx: Context,
): boolean {
  const mtu = factsOf(state, iface.name)?.link.mtu ?? 0;
  let sent = true;
  for (const payload of encodeAll(advertisement, mtu)) {
    const packet: RawIp6Out = { to: ALL_NODES6, payload, from };
    const result = ctx.transmit('icmp6', iface.name, packet);
    count(own.counters, result === 'sent' ? 'sent' : 'notSent');
    sent &&= result === 'sent';
  }
  noteSent(state, iface.name, own, sent, ctx);
  return sent;
}

// --- what hosts have heard and are to forget

/** Prefixes, routes, servers and names that are offered, by kind and name. The router itself is one of them. */
function itemsOf(offer: RouterAdvertisement6): Known[] {
  const item = (what: Known['what'], name: string, prefix?: PrefixInformation): Known => ({
    what,
    name,
    farewells: FAREWELLS,
    ...(prefix !== undefined && { prefix }),
  });
  return [
    item('router', ''),
    ...offer.prefixes.map((prefix) => item('prefix', prefix.prefix, prefix)),
    ...offer.routes.map(({ prefix }) => item('route', prefix)),
    ...offer.servers.flatMap(({ addresses }) => addresses.map((address) => item('server', address))),
    ...offer.search.flatMap(({ names }) => names.map((name) => item('search', name))),
  ];
}

function keyOf({ what, name }: Known): string {
  return `${what} ${name}`;
}

/** They heard all that is offered; of the rest once more that it is not. */
function noteKnown(own: Advertising, offer: RouterAdvertisement6): void {
  const offered = itemsOf(offer).map((item) => [keyOf(item), item] as const);
  const before = Object.entries(own.known).map(
    ([key, item]) => [key, { ...item, farewells: item.farewells - 1 }] as const,
  );
  own.known = Object.fromEntries([...before.filter(([, { farewells }]) => farewells > 0), ...offered]);
}

function withFarewells(
  offer: RouterAdvertisement6,
  known: Readonly<Record<string, Known>>,
): RouterAdvertisement6 {
  const offered = new Set(itemsOf(offer).map(keyOf));
  const gone = Object.values(known).filter((item) => !offered.has(keyOf(item)));
  if (gone.length === 0) return offer;
  const namesOf = (what: Known['what']) => gone.filter((item) => item.what === what).map(({ name }) => name);
  const servers = namesOf('server');
  const names = namesOf('search');
  return {
    ...offer,
    prefixes: [...offer.prefixes, ...gone.flatMap(({ prefix }) => (prefix ? [fading(prefix)] : []))],
    routes: [
      ...offer.routes,
      ...namesOf('route').map((prefix) => ({ prefix, preference: 'medium' as const, lifetime: 0 })),
    ],
    servers: [...offer.servers, ...(servers.length > 0 ? [{ addresses: servers, lifetime: 0 }] : [])],
    search: [...offer.search, ...(names.length > 0 ? [{ names, lifetime: 0 }] : [])],
  };
}

/** RFC 4862 5.5.4: its addresses are not preferred any more. */
function fading(prefix: PrefixInformation): PrefixInformation {
  return { ...prefix, preferred: 0, valid: Math.min(prefix.valid, TWO_HOURS) };
}

// --- what was not sent

function noteSent(state: State, name: string, own: Advertising, sent: boolean, ctx: Context): void {
  state.lines ??= new Map();
  const { unsent } = own;
  own.unsent = sent ? 0 : unsent + 1;
  if (!sent) {
    const due = lineDue(state.lines, 'notSent6', name, ctx.now());
    if (due !== undefined)
      ctx.log(
        'warn',
        `${name}: an IPv6 advertisement was not sent: ${reasonOf(ctx, name)}${leftOutText(due)}`,
      );
    return;
  }
  if (unsent === 0) return;
  noteWell(state.lines, 'notSent6', name, ctx.now());
  const due = lineDue(state.lines, 'sentAgain6', name, ctx.now());
  if (due !== undefined)
    ctx.log('info', `${name}: IPv6 advertisements are sent again, ${unsent} were not${leftOutText(due)}`);
}

/** The interfaces whose IPv6 advertisements do not go out. */
export function failingOf6(state: State): string[] {
  const failing = ({ advertising }: Interface) => (advertising?.unsent ?? 0) >= FAILING;
  return [...state.interfaces.values()].filter(failing).map(({ name }) => name);
}

/** The faults of these interfaces, in words. */
export function failureText6(names: readonly string[], ctx: Context): string {
  return names
    .map((name) => `IPv6 advertisements on ${name} are not sent: ${reasonOf(ctx, name)}`)
    .join('; ');
}

function reasonOf(ctx: Context, name: string): string {
  return ctx.portFailure?.('icmp6', name)?.reason ?? 'its port does not say why';
}
