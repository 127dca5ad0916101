/** `show ip interface` and `show ipv6 interface`, `show ip arp` and `show ipv6 neighbors`. */
import type { ManifestView } from 'hitless/runtime';
import type { InterfaceAddress } from '../../../../drivers/netlink/address.ts';
import type { Link } from '../../../../drivers/netlink/link.ts';
import type { Neighbor } from '../../../../drivers/netlink/neighbor.ts';
import { type RowSteps, Rows } from '../../rows.ts';
import { isOwnDevice } from '../interfaces/device.ts';
import { lingeringOf } from '../interfaces/lingering.ts';
import { type LinkRow, MAIN_TABLE, type State } from '../state.ts';
import type { NotShown } from './query.ts';

const ONE = [{ name: 'interface', description: 'the name of an interface; all without it', optional: true }];

const BRIEF = [
  { key: 'interface', title: 'INTERFACE' },
  { key: 'status', title: 'STATUS' },
  { key: 'vrf', title: 'VRF' },
  { key: 'addresses', title: 'ADDRESSES' },
];
const WHOLE = [
  ...BRIEF,
  { key: 'mtu', title: 'MTU' },
  { key: 'speed', title: 'MBIT/S' },
  { key: 'forwarding', title: 'FORWARDING' },
  { key: 'advertised', title: 'ADVERTISED' },
  { key: 'description', title: 'DESCRIPTION' },
  { key: 'problems', title: 'PROBLEM' },
];
const NEIGHBORS = [
  { key: 'address', title: 'ADDRESS' },
  { key: 'mac', title: 'MAC' },
  { key: 'state', title: 'STATE' },
  { key: 'interface', title: 'INTERFACE' },
];

export const interfaceViews = {
  brief: {
    words: 'ip interface brief',
    description: 'interfaces with their state, VRF and IPv4 addresses',
    takes: ONE,
    request: 'showInterfaces',
    columns: BRIEF,
    none: 'no interfaces',
  },
  interfaces: {
    words: 'ip interface',
    description:
      'interfaces: addresses, MTU, whether the kernel forwards IPv4, advertised addresses, settings refused',
    takes: ONE,
    request: 'showInterfaces',
    columns: WHOLE,
    none: 'no interfaces',
  },
  brief6: {
    words: 'ipv6 interface brief',
    description: 'interfaces with their state, VRF and IPv6 addresses',
    takes: ONE,
    request: 'showInterfaces6',
    columns: BRIEF,
    none: 'no interfaces',
  },
  interfaces6: {
    words: 'ipv6 interface',
    description:
      'interfaces: addresses, MTU, whether the kernel forwards IPv6, advertised prefixes, settings refused',
    takes: ONE,
    request: 'showInterfaces6',
    columns: WHOLE,
    none: 'no interfaces',
  },
  neighbors: {
    words: 'ip arp',
    aliases: ['arp', 'ip neighbors'],
    description: 'IPv4 neighbours of the kernel (ARP): their MAC and state, of all interfaces or one',
    takes: ONE,
    request: 'showNeighbors',
    columns: NEIGHBORS,
    none: 'no neighbours',
  },
  neighbors6: {
    words: 'ipv6 neighbors',
    description: 'IPv6 neighbours of the kernel: their MAC and state, of all interfaces or one',
    takes: ONE,
    request: 'showNeighbors6',
    columns: NEIGHBORS,
    none: 'no neighbours',
  },
} satisfies Record<string, ManifestView>;

/** An interface as the answers to `showInterfaces` and `showInterfaces6`, version 1, show it. */
export interface InterfaceView {
  interface: string;
  index: number;
  status: 'up' | 'no carrier' | 'down';
  /** The table of its VRF; absent in the main table. */
  vrf?: string;
  addresses: string[];
  mtu: number;
  /** In Mbit/s, as other modules are told; absent where it is not known. */
  speed?: number;
  /** Absent where that is not known. */
  forwarding?: 'yes' | 'no';
  /** Told to hosts: addresses of routers (RFC 1256), prefixes (RFC 4861). */
  advertised?: string[];
  description?: string;
  /** Settings that the kernel refused. */
  problems?: string[];
}

/** @param now monotonic time in ms */
export function interfaceRows(state: State, family: 4 | 6, body: unknown, now: number): Rows | NotShown {
  const index = indexOf(state, body);
  if (typeof index === 'object') return index;
  return new Rows((rows) => interfaces(state, family, index, now, rows));
}

/** @param index of the only one; undefined for all */
function* interfaces(
  state: State,
  family: 4 | 6,
  index: number | undefined,
  now: number,
  rows: Rows,
): RowSteps {
  const indexes = index === undefined ? [...state.links.keys()].sort((one, other) => one - other) : [index];
  rows.size = indexes.length;
  for (const each of indexes) {
    const row = state.links.get(each);
    yield row && interfaceView(state, family, row, now);
  }
}

function interfaceView(
  state: State,
  family: 4 | 6,
  { link, table, addresses }: Readonly<LinkRow>,
  now: number,
): InterfaceView {
  const { name, index, up, carrier, mtu } = link;
  const description = descriptionOf(state, link, now);
  const speed = state.linksTold.get(index)?.speed;
  const forwarding = family === 4 ? state.interfaces.get(name)?.link?.forwarding : state.forwarding6[index];
  const advertised = family === 4 ? state.interfaces.get(name)?.advertised : advertised6(state, name);
  const problems = [...(state.settings.ours.get(index)?.refusals.values() ?? [])].map(
    ({ message }) => message,
  );
  return {
    interface: name,
    index,
    status: up ? (carrier ? 'up' : 'no carrier') : 'down',
    ...(table !== MAIN_TABLE && { vrf: vrfOf(state, table) }),
    addresses: addresses.flatMap((key) => {
      const address = state.addresses.get(key);
      return address?.family === family ? [addressText(address)] : [];
    }),
    mtu,
    ...(speed !== undefined && { speed }),
    ...(forwarding !== undefined && { forwarding: forwarding ? ('yes' as const) : ('no' as const) }),
    ...(advertised !== undefined && { advertised: [...advertised] }),
    ...(description !== '' && { description }),
    ...(problems.length > 0 && { problems }),
  };
}

/** Its alias; of a device of ours, that it is left as it is for a while. */
function descriptionOf({ settings }: State, link: Link, now: number): string {
  if (link.kind !== 'macvlan' || !isOwnDevice(link)) return link.alias;
  const until = lingeringOf(settings, link.name, now)?.until;
  return until === undefined
    ? ''
    : `stays ${Math.ceil(until - now)} ms more, for another router to take over`;
}

function advertised6({ interfaces }: State, name: string): string[] | undefined {
  return interfaces.get(name)?.advertising?.offer?.prefixes.map(({ prefix }) => prefix);
}

function vrfOf({ config }: State, table: number): string {
  const [found] = Object.entries(config.tables).filter(([, { number }]) => number === table);
  return found?.[0] ?? 'not configured';
}

function addressText({ address, prefixLength, peer, secondary }: InterfaceAddress): string {
  const to = peer === undefined ? '' : ` peer ${peer}`;
  return `${address}${to}/${prefixLength}${secondary ? ' secondary' : ''}`;
}

/** NUD_… of linux/neighbour.h, by their bits. */
const NEIGHBOR_STATES = [
  'incomplete',
  'reachable',
  'stale',
  'delay',
  'probe',
  'failed',
  'noarp',
  'permanent',
];

/** A neighbour as the answers to `showNeighbors` and `showNeighbors6`, version 1, show it. */
export interface NeighborView {
  address: string;
  mac: string;
  state: string;
  interface: string;
}

export function neighborRows(state: State, family: 4 | 6, body: unknown): Rows | NotShown {
  const index = indexOf(state, body);
  if (typeof index === 'object') return index;
  return new Rows((rows) => neighbors(state, family, index, rows));
}

function* neighbors(state: State, family: 4 | 6, index: number | undefined, rows: Rows): RowSteps {
  rows.size = state.neighbors.size;
  for (const neighbor of state.neighbors.values()) {
    const isShown = neighbor.family === family && (index === undefined || neighbor.index === index);
    yield isShown ? neighborView(state, neighbor) : undefined;
  }
}

function neighborView(state: State, { address, mac, state: bits, index }: Readonly<Neighbor>): NeighborView {
  return {
    address,
    mac,
    state: NEIGHBOR_STATES.find((_name, bit) => (bits & (1 << bit)) !== 0) ?? 'none',
    interface: state.links.get(index)?.link.name ?? `link ${index}`,
  };
}

/** The index of the interface that was typed; undefined where none was. */
function indexOf({ names }: State, body: unknown): number | undefined | NotShown {
  const { interface: name } = (body ?? {}) as { interface?: string };
  if (name === undefined) return undefined;
  return (
    names.get(name) ?? { refused: `there is no interface "${name}"; "show ip interface brief" lists them` }
  );
}
