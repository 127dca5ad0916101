/**
 * The changes that lead from the kernel's view of one interface to the wanted one, in their order. Only what was not there
 * before becomes ours, and only that is taken back.
 *
 * Addresses are kept as they are wanted. Other values are set once, when the link comes or the configuration says another:
 * whoever sets a link down by hand wants that.
 */
import type { KernelChange, LinkWanted } from '../../../../drivers/kernel-tables.ts';
import type { AddressWanted, InterfaceAddress } from '../../../../drivers/netlink/address.ts';
import type { Link } from '../../../../drivers/netlink/link.ts';
import { OWN_PROTOCOL } from '../rib/route-record.ts';
import { type Address, broadcastOf, readAddress, textOf } from './interface-address.ts';
import type { Aspect, Given, Kept, Owned, OwnValue } from './interface-record.ts';
import { FORWARDING6, sysctlPath, sysctlsOf } from './sysctl.ts';
import type { Wanted } from './wanted.ts';

/** Rows of a table of the state. */
interface Rows<Key, Row> {
  get(key: Key): Row | undefined;
  has(key: Key): boolean;
  values(): Iterable<Row>;
}

/** The kernel's links and addresses. */
export interface View {
  /** By index. */
  readonly links: Rows<number, { readonly link: Link }>;
  /** Indexes by name. */
  readonly names: Rows<string, number>;
  /** By the driver's key. */
  readonly addresses: Rows<string, InterfaceAddress>;
}

/** One aspect that is to be as wanted. */
export interface Step {
  readonly aspect: Aspect;
  /** Absent where it is so already: then only note is taken. */
  readonly change?: KernelChange;
  /** The record of it before and after; absent is none. */
  readonly before?: Kept;
  readonly after?: Kept;
  readonly rank: number;
}

/**
 * Variables come first, so that nothing is lost by what follows; addresses come before others go. One is closed before it is
 * given, and open after it was taken.
 */
const RANKS = [
  'close',
  'variable',
  'hush',
  'hushed',
  'link',
  'up',
  'clash',
  'give',
  'announce',
  'take',
  'open',
  'outlives',
  'variable back',
  'down',
] as const;
/** IFA_F_NODAD (linux/if_addr.h). */
const NO_DAD = 0x02;
type Rank = (typeof RANKS)[number];

/**
 * The steps to what is wanted of a link; with nothing wanted, to what it was before us.
 * @param now the clock, in ms
 */
export function stepsTo(
  wanted: Wanted | undefined,
  link: Link,
  owned: Owned,
  view: View,
  now: number,
): Step[] {
  const wants = wanted ?? { addresses: [] };
  const steps = [
    ...closedSteps(wants, link, owned),
    ...sysctlSteps(wants, link, owned),
    ...linkSteps(wants, link, owned, view),
    ...hushSteps(wants, link, owned),
    ...addressSteps(wants, link, owned, view, now),
  ];
  return steps
    .filter(({ aspect }) => owned.refusals.get(aspect)?.again !== undefined || !owned.refusals.has(aspect))
    .sort((one, other) => one.rank - other.rank);
}

function closedSteps({ closed = [] }: Wanted, { index }: Link, { kept }: Owned): Step[] {
  const change = (verb: 'replace' | 'remove', address: string): KernelChange => {
    return { verb, kind: 'closed', wanted: { index, address } };
  };
  const closing = closed.flatMap((address) => {
    const aspect: Aspect = `closed ${address}`;
    const own = kept.get(aspect) as OwnValue<boolean> | undefined;
    if (own !== undefined && own.unsure === undefined) return [];
    // Where it is refused it is open, be it that it was closed before.
    return [stepOf(aspect, 'close', change('replace', address), undefined, { now: true })];
  });
  const opening = keptOf(kept, 'closed').filter((address) => !closed.includes(address));
  return [
    ...closing,
    ...opening.map((address) => {
      const aspect: Aspect = `closed ${address}`;
      return stepOf(aspect, 'open', change('remove', address), kept.get(aspect), undefined);
    }),
  ];
}

function sysctlSteps(wanted: Wanted, { name }: Link, { kept }: Owned): Step[] {
  const values = sysctlsOf(wanted);
  const variables = [...values.keys(), ...keptOf(kept, 'sysctl').filter((variable) => !values.has(variable))];
  return variables.flatMap((variable) => {
    const aspect: Aspect = `sysctl ${variable}`;
    const own = kept.get(aspect) as OwnValue<string> | undefined;
    const set = (value: string): KernelChange => {
      const path = sysctlPath(name, variable);
      // The kernel is about to report that the device leaves the routers' group: the hush comes first.
      const joined = variable === FORWARDING6 && wanted.hushed !== undefined;
      return { verb: 'set', kind: 'sysctl', path, value, ...(joined && { joined }) };
    };
    // Their present value is not mirrored: the answer to a change tells the one before.
    return valueStep(aspect, own, values.get(variable), undefined, set, ['variable', 'variable back']);
  });
}

/**
 * Right behind the variables, the last of which is joined to it: by IPv6's being off for an instant. The addresses go then, and the
 * reports (RFC 3810 6.1) that the kernel was about to send. Where an address is left for itself, they follow for a second.
 */
function hushSteps({ hushed }: Wanted, { name }: Link, { kept }: Owned): Step[] {
  const path = sysctlPath(name, 'ipv6/disable_ipv6');
  const step = (aspect: 'hush' | 'hushed', value: string): Step[] => {
    const own = kept.get(aspect) as OwnValue<boolean> | undefined;
    if (hushed === undefined)
      return own === undefined ? [] : [stepOf(aspect, aspect, undefined, own, undefined)];
    if (own !== undefined && own.unsure === undefined) return [];
    return [stepOf(aspect, aspect, { verb: 'set', kind: 'sysctl', path, value }, own, { now: true })];
  };
  return [...step('hush', '1'), ...step('hushed', '0')];
}

function linkSteps(wanted: Wanted, link: Link, { kept }: Owned, view: View): Step[] {
  const set = (settings: LinkWanted): KernelChange => {
    return { verb: 'set', kind: 'link', wanted: { index: link.index, ...settings } };
  };
  const step = <Value>(
    aspect: Aspect,
    value: Value | undefined,
    is: Value,
    change: (value: Value) => KernelChange,
    ranks: readonly [Rank, Rank] = ['link', 'link'],
  ) => valueStep(aspect, kept.get(aspect) as OwnValue<Value> | undefined, value, is, change, ranks);
  return [
    ...step('master', masterOf(wanted, view), link.master, (master) =>
      // One that it was in before may be gone.
      set({ master: master === 0 || view.links.has(master) ? master : 0 }),
    ),
    ...step('mtu', wanted.mtu, link.mtu, (mtu) => set({ mtu })),
    ...step('alias', wanted.alias, link.alias, (alias) => set({ alias })),
    ...step('up', wanted.up, link.up, (up) => set({ up }), [wanted.up === false ? 'down' : 'up', 'down']),
    // With arp_notify and ndisc_notify the kernel announces all addresses when a link is given the MAC that it has.
    ...valueStep(
      'announced',
      kept.get('announced') as OwnValue<string> | undefined,
      wanted.announced,
      undefined,
      () => set({ mac: link.mac }),
      ['announce', 'announce'],
    ),
    ...valueStep(
      'outlives',
      kept.get('outlives') as OwnValue<number> | undefined,
      wanted.outlives,
      undefined,
      (outlives) => set({ outlives }),
      ['outlives', 'outlives'],
    ),
  ];
}

/** Undefined while it is not there. */
function masterOf({ master }: Wanted, { names }: View): number | undefined {
  return master === undefined ? undefined : names.get(master);
}

export function linkNamed({ links, names }: View, name: string): Link | undefined {
  const index = names.get(name);
  return index === undefined ? undefined : links.get(index)?.link;
}

/** @param is the present value; undefined where it is not known */
function valueStep<Value>(
  aspect: Aspect,
  own: OwnValue<Value> | undefined,
  value: Value | undefined,
  is: Value | undefined,
  change: (value: Value) => KernelChange,
  [doing, undoing]: readonly [Rank, Rank],
): Step[] {
  const before = own as Kept | undefined;
  if (value !== undefined) {
    if (own?.now === value && own.unsure === undefined) return [];
    const was = own === undefined ? is : own.was;
    const after = { ...(was !== undefined && { was }), now: value } as Kept;
    return [stepOf(aspect, doing, value === is ? undefined : change(value), before, after)];
  }
  if (own === undefined) return [];
  // Another value is not ours any more.
  const back = own.was !== undefined && own.was !== own.now && (is === undefined || is === own.now);
  return [stepOf(aspect, undoing, back ? change(own.was as Value) : undefined, before, undefined)];
}

function addressSteps(wanted: Wanted, link: Link, owned: Owned, view: View, now: number): Step[] {
  const texts = new Set(wanted.addresses.map(textOf));
  const going = keptOf(owned.kept, 'address').filter((text) => !texts.has(text));
  // IPv6 has an address once, whatever its prefix; and then the other one has to go first.
  const clashes = (text: string) =>
    wanted.addresses.some(({ family, address }) => family === 6 && text.startsWith(`${address}/`));
  const taken = going.map((text) => {
    const aspect: Aspect = `address ${text}`;
    const before = owned.kept.get(aspect);
    // Whether it came already does not matter: the kernel has the giving before the taking.
    const there = (before as Given).lost === undefined;
    const change = there ? addressChange('remove', link, readAddress(text)!) : undefined;
    return stepOf(aspect, clashes(text) ? 'clash' : 'take', change, before, undefined);
  });
  const given = wanted.addresses.flatMap((address) => {
    const aspect: Aspect = `address ${textOf(address)}`;
    if (owned.kept.has(aspect)) return [];
    const row = view.addresses.get(keyOf(link, textOf(address)));
    const after: Given = { at: now, back: 0, ...(row !== undefined && { told: true }) };
    if (row === undefined)
      return [stepOf(aspect, 'give', addressChange('replace', link, address), undefined, after)];
    // It is ours from an earlier life; any other was there before us.
    return row.protocol === OWN_PROTOCOL ? [stepOf(aspect, 'give', undefined, undefined, after)] : [];
  });
  return [...taken, ...given];
}

/** Gives an address, or takes it away. */
export function addressChange(verb: 'replace' | 'remove', { index }: Link, address: Address): KernelChange {
  const broadcast = broadcastOf(address);
  const wanted: AddressWanted = {
    index,
    address: address.address,
    prefixLength: address.prefixLength,
    ...(verb === 'replace' && {
      protocol: OWN_PROTOCOL,
      ...(broadcast !== undefined && { broadcast }),
      ...(address.noDad === true && { flags: NO_DAD }),
    }),
  };
  return { verb, kind: 'address', wanted };
}

/** The driver's key of an address without a peer. */
export function keyOf({ index }: Pick<Link, 'index'>, text: string): string {
  return `${index} ${text} `;
}

/** Texts of the addresses, or names of the variables, of which something is kept. */
function keptOf(kept: Owned['kept'], about: 'address' | 'closed' | 'sysctl'): string[] {
  return [...kept.keys()].flatMap((aspect) => {
    return aspect.startsWith(`${about} `) ? [aspect.slice(about.length + 1)] : [];
  });
}

function stepOf(
  aspect: Aspect,
  rank: Rank,
  change: KernelChange | undefined,
  before: Kept | undefined,
  after: Kept | undefined,
): Step {
  return {
    aspect,
    rank: RANKS.indexOf(rank),
    ...(change !== undefined && { change }),
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
  };
}
