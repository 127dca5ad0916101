/** `show ipv6 nd ra`: router advertisements of IPv6, in the words of FRR's `show interface`. */
import type { Context, ManifestView } from 'hitless/runtime';
import { formatDuration } from '../../duration.ts';
import { type RowSteps, Rows } from '../../rows.ts';
import type { DropReason6 } from '../drop.ts';
import type { Advertising, AdvertisingConfig } from '../nd/advertising-record.ts';
import { factsOf, sendersOf, sourceOf } from '../nd/eligibility.ts';
import { INFINITE, type RouterAdvertisement6 } from '../nd/offer.ts';
import type { State } from '../state.ts';
import type { NotShown } from './query.ts';

export const advertisingViews = {
  advertising: {
    words: 'ipv6 nd ra',
    aliases: ['ipv6 nd interface', 'ipv6 nd ra-interfaces'],
    description:
      'IPv6 router advertisements: what they say, when the next leaves, who asked, who contradicts',
    takes: [{ name: 'interface', description: 'the name of an interface; all without it', optional: true }],
    request: 'showAdvertising6',
    lines: 'lines',
    none: 'no interface is configured for IPv6 router advertisements',
  },
} satisfies Record<string, ManifestView>;

/**
 * Router advertisements of an interface as the answer to `showAdvertising6`, version 1, shows them; `lines` is for people.
 * Intervals, ages and timers are in ms, lifetimes in s.
 */
export interface AdvertisingView {
  interface: string;
  /** Whether any leave now. */
  advertising: boolean;
  /** Why none do. */
  why?: string;
  /** The address that they leave from, or addresses, of Active virtual routers. */
  source?: string;
  interval: number;
  minInterval: number;
  /** Their content; absent while none leave. */
  says?: Omit<RouterAdvertisement6, 'type'>;
  /** Since the last one left; absent where none has. */
  lastAgo?: number;
  /** Until the next one leaves. */
  nextIn?: number;
  /** A host has asked, and is answered by the next one. */
  asked: boolean;
  sent: number;
  notSent: number;
  /** Valid advertisements of other routers. */
  heard: number;
  /** Valid solicitations. */
  solicited: number;
  /** Those of them that had no answer of their own: they were answered together with one before. */
  limited: number;
  /** Messages that were dropped, by reason. */
  dropped: Partial<Record<DropReason6, number>>;
  /** Other routers that contradict this one, and in what. */
  contradicts: { router: string; says: string }[];
  /** Why it offers less than it is configured to. */
  remarks: string[];
  lines: string[];
}

const DROPPED: readonly DropReason6[] = [
  'hopLimit',
  'truncated',
  'foreign',
  'code',
  'optionLength',
  'linkLayerAddress',
  'source',
];

export function advertisingRows(state: State, body: unknown, ctx: Context): Rows | NotShown {
  const { interface: only } = (body ?? {}) as { interface?: string };
  if (only !== undefined && state.config.interfaces[only]?.advertising === undefined) {
    if (!state.names.has(only) && !state.interfaces.has(only))
      return { refused: `there is no interface "${only}"; "show ip interface brief" lists them` };
    return {
      refused: `${only} is not configured for IPv6 router advertisements: "set ip interfaces ${only} router-advertisements" does so`,
    };
  }
  return new Rows((rows) => interfaces(state, only, rows, ctx));
}

function* interfaces(state: State, only: string | undefined, rows: Rows, ctx: Context): RowSteps {
  const names = only === undefined ? Object.keys(state.config.interfaces).sort() : [only];
  rows.size = names.length;
  for (const name of names) yield viewOf(state, name, ctx);
}

function viewOf(state: State, name: string, ctx: Context): AdvertisingView | undefined {
  const config = state.config.interfaces[name]?.advertising;
  if (config === undefined) return undefined;
  const own = state.interfaces.get(name)?.advertising;
  const { type: _, ...says } = { ...(own?.offer ?? { type: 'advertisement' }), ...macOf(own?.senders) };
  const source = own?.senders?.map(({ from }) => from).join(', ') ?? own?.source;
  const facts = {
    interface: name,
    ...(own?.offer === undefined
      ? { advertising: false, why: whyNot(state, name) }
      : { advertising: true, says: structuredClone(says) as NonNullable<AdvertisingView['says']> }),
    ...(source !== undefined && { source }),
    interval: config.interval,
    minInterval: config.minInterval,
    ...timesOf(name, own, ctx),
    asked: own?.asked ?? false,
    ...countsOf(own),
    contradicts: Object.entries(own?.disputes ?? {}).map(([router, text]) => ({ router, says: text })),
    remarks: [...(own?.remarks ?? [])],
  };
  return { ...facts, lines: linesOf(facts, config) };
}

function macOf(senders: Advertising['senders']): { mac?: string } {
  const mac = senders?.[0]?.mac;
  return mac === undefined ? {} : { mac };
}

function timesOf(
  name: string,
  own: Advertising | undefined,
  ctx: Context,
): Pick<AdvertisingView, 'lastAgo' | 'nextIn'> {
  const due = ctx.timerDue('ra6', name);
  const ago = own?.lastAt === undefined ? -1 : ctx.now() - own.lastAt;
  // After a checkpoint of another boot the clock may have begun elsewhere.
  return { ...(ago >= 0 && { lastAgo: ago }), ...(due !== undefined && { nextIn: Math.max(0, due) }) };
}

function countsOf(
  own: Advertising | undefined,
): Pick<AdvertisingView, 'sent' | 'notSent' | 'heard' | 'solicited' | 'limited' | 'dropped'> {
  const { sent = 0, notSent = 0, heard = 0, solicited = 0, joined = 0, ...others } = own?.counters ?? {};
  const dropped = DROPPED.flatMap((reason) => {
    const counted = others[reason];
    return counted === undefined ? [] : [[reason, counted] as const];
  });
  return { sent, notSent, heard, solicited, limited: joined, dropped: Object.fromEntries(dropped) };
}

function whyNot(state: State, name: string): string {
  const facts = factsOf(state, name);
  if (facts === undefined) return 'there is no such interface';
  if (!facts.link.up) return 'it is down';
  if (!facts.link.carrier) return 'it has no carrier';
  if (sourceOf(facts, undefined) === undefined)
    return 'it has no link-local address yet that is known to be its own';
  if (sendersOf(state, name)?.length === 0) return 'none of its virtual routers is Active';
  return 'it is about to begin';
}

// --- for people

function linesOf(view: Omit<AdvertisingView, 'lines'>, config: AdvertisingConfig): string[] {
  const { interface: name, advertising, source, why, says } = view;
  return [
    advertising ? `Interface ${name} advertises from ${source}` : `Interface ${name} is silent: ${why}`,
    ...(says === undefined ? [] : saysLines(says)),
    `  ND router advertisements are sent every ${seconds(config.minInterval)} to ${seconds(config.interval)}`,
    `  ND router advertisements sent: ${view.sent} rcvd: ${view.heard} not sent: ${view.notSent}`,
    `  ND last router advertisement sent: ${view.lastAgo === undefined ? 'never' : `${seconds(view.lastAgo)} ago`}, next: ${nextText(view)}`,
    `  ND router solicitations rcvd: ${view.solicited} of which answered with one before: ${view.limited}`,
    ...Object.entries(view.dropped).map(
      ([reason, counted]) => `  ND messages dropped for ${reason}: ${counted}`,
    ),
    ...view.contradicts.map((other) => `  Router ${other.router} contradicts: ${other.says}`),
    ...view.remarks.map((remark) => `  ${remark}`),
  ];
}

function saysLines(says: NonNullable<AdvertisingView['says']>): string[] {
  return [
    `  ND advertised reachable time is ${says.reachableTime} milliseconds`,
    `  ND advertised retransmit interval is ${says.retransmitTimer} milliseconds`,
    `  ND advertised hop-count limit is ${says.hopLimit} hops`,
    ...(says.mtu === undefined ? [] : [`  ND advertised link MTU is ${says.mtu} bytes`]),
    `  ND router advertisements live for ${says.lifetime} seconds`,
    `  ND router advertisement default router preference is ${says.preference}`,
    `  Hosts use ${says.managed ? 'DHCP to obtain routable addresses' : 'stateless autoconfig for addresses'}.`,
    ...(says.other ? ['  Hosts use DHCP to obtain other configuration.'] : []),
    ...says.prefixes.map(
      ({ prefix, valid, preferred, onLink, autonomous }) =>
        `  ND advertised prefix ${prefix}: valid ${life(valid)}, preferred ${life(preferred)}${onLink ? ', on-link' : ''}${autonomous ? ', autonomous' : ''}`,
    ),
    ...says.routes.map(
      ({ prefix, lifetime, preference }) =>
        `  ND advertised route ${prefix}: ${life(lifetime)}, preference ${preference}`,
    ),
    ...says.servers.map(
      ({ addresses, lifetime }) => `  ND advertised DNS servers ${addresses.join(' ')}: ${life(lifetime)}`,
    ),
    ...says.search.map(
      ({ names, lifetime }) => `  ND advertised search list ${names.join(' ')}: ${life(lifetime)}`,
    ),
  ];
}

function nextText({ nextIn, asked }: Pick<AdvertisingView, 'nextIn' | 'asked'>): string {
  if (nextIn === undefined) return 'none is due';
  return `in ${seconds(nextIn)}${asked ? ', which a host has asked for' : ''}`;
}

function life(lifetime: number): string {
  return lifetime === INFINITE ? 'for ever' : `${lifetime} s`;
}

/** To a tenth of a second. */
function seconds(ms: number): string {
  return formatDuration(100 * Math.round(ms / 100));
}
