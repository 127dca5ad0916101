/** VRRP's section of the configuration (RFC 9568 6.1), and the settings that are made of it. */
import type { JsonSchema, ManifestConfig } from 'hitless/runtime';
import { canonicalAddress, familyOf } from '../prefix.ts';
import {
  type ChecksumForm,
  type Config,
  type GroupConfig,
  keyOf,
  nameOf,
  type Script,
  type Track,
} from './config-record.ts';
import type { Family, Version } from './constants.ts';
import { ADDRESS_WORDS, adjacencyOf, check, isProgram } from './relations.ts';

/** In ms. */
const CHECK_INTERVAL = 1_000;
const TIME_LIMIT = 10_000;

/** Keys of a program, besides the one that has its path. */
const PROGRAM: Record<string, JsonSchema> = {
  arguments: {
    type: 'array',
    maxItems: 16,
    items: { type: 'string', maxLength: 256, pattern: '^[^\\u0000]*$' },
    unset: 'none',
    description: 'arguments of the program, as they are: no shell reads them',
  },
  user: {
    type: 'string',
    pattern: '^[A-Za-z0-9_.-]{1,32}$',
    allowed: 'the name or number of a user, but root',
    unset: 'nobody; in the service the user of the router',
    description: 'the user that the program runs as; it has no capability',
  },
  'time-limit': {
    duration: { least: '100ms', most: '10m' },
    default: '10s',
    description: 'after which the program is killed with its process group',
  },
};

const NOTIFY: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['program'],
  unset: 'none is run',
  description:
    'a program that is run with each change of role, one at a time; of further changes the newest waits',
  properties: {
    program: {
      type: 'string',
      format: 'absolute-path',
      maxLength: 256,
      description:
        'its arguments are INSTANCE, interface/group, MASTER, BACKUP, FAULT or STOP, and the priority',
    },
    ...PROGRAM,
  },
};

const TRACK: JsonSchema = {
  type: 'array',
  minItems: 1,
  maxItems: 16,
  identity: ['of'],
  description: 'what the virtual router depends on',
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['of'],
    properties: {
      of: {
        type: 'string',
        minLength: 1,
        maxLength: 256,
        allowed:
          'the name of an interface, a prefix such as 0.0.0.0/0, the address of a next hop, the absolute path of a program, or ospf: and the name of an interface or a router id, such as ospf:eth1',
        description:
          'an interface that is up, a prefix that the RIB has, a next hop that can be reached, a program that ends with code 0, or an OSPF neighbour that is Full (OSPF 4.2.0)',
      },
      interval: {
        duration: { least: '100ms', most: '1h' },
        unset: '1s',
        description: 'of a program: the time from start to start',
      },
      arguments: PROGRAM.arguments!,
      user: PROGRAM.user!,
      'time-limit': {
        duration: { least: '100ms', most: '10m' },
        unset: '10s',
        description: PROGRAM['time-limit']!.description as string,
      },
      decrement: {
        type: 'integer',
        minimum: 1,
        maximum: 253,
        unset: 'the virtual router does not run meanwhile',
        description: 'the priority is so much lower while it is not there, at least 1',
      },
    },
  },
};

const SCHEMA: JsonSchema = {
  type: 'array',
  minItems: 1,
  identity: ['interface', 'group'],
  allowed: 'a list of groups with at least one group, or no vrrp section at all',
  unset: 'no VRRP module',
  description: 'virtual routers (RFC 9568, RFC 3768)',
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['interface', 'group', 'addresses'],
    properties: {
      interface: { type: 'string', format: 'interface-name', description: 'where the group is' },
      group: {
        type: 'integer',
        minimum: 1,
        maximum: 255,
        allowed: 'a whole number from 1 to 255 (RFC 9568 5.2.3)',
        description: 'VRID, once per interface; the same on all routers of the group',
      },
      version: {
        enum: [3, 2],
        default: 3,
        description: 'version of VRRP; 2 (RFC 3768) is for old routers, IPv4 and intervals of whole seconds',
      },
      priority: {
        type: 'integer',
        minimum: 1,
        maximum: 255,
        default: 100,
        allowed: 'a whole number from 1 to 255, where 255 is for the owner of the addresses (RFC 9568 5.2.4)',
        description: 'the highest is active',
      },
      // RFC 9568 5.2.7: Max Advertise Interval is 12 bits of centiseconds.
      interval: {
        duration: { least: '10ms', most: '40950ms', step: '10ms' },
        default: '1s',
        description: 'time between two advertisements',
      },
      preempt: {
        type: 'boolean',
        default: true,
        description: 'whether to take over from an active router of lower priority',
      },
      'preempt-delay': {
        duration: { least: '0s', most: '1h' },
        default: '0s',
        description: 'for how long an active router of lower priority is left alone first',
      },
      'start-delay': {
        duration: { least: '0s', most: '1h' },
        default: '0s',
        description: 'for how long it takes no part after the interface came up or the router started',
      },
      'virtual-mac': {
        type: 'boolean',
        default: true,
        description:
          "whether the addresses have the virtual router's own MAC (RFC 9568 7.3), so that hosts need not learn another; otherwise that of the interface",
      },
      accept: {
        type: 'boolean',
        default: true,
        description:
          'Accept_Mode (RFC 9568 6.1): whether the host takes packets to the addresses, as a ping of the gateway. With false the kernel drops them by nf_tables, while ARP and IPv6 neighbour discovery are answered (IP 3.5.0). The owner takes them always',
      },
      checksum: {
        enum: ['auto', 'rfc9568', 'pseudo-header'],
        default: 'auto',
        description:
          'what the checksum of sent IPv4 advertisements covers: the message alone (RFC 9568; Cisco) or a pseudo-header too (RFC 5798; FRR and keepalived by default). `auto` begins with the pseudo-header and follows the group. Both are taken always',
      },
      sync: {
        type: 'string',
        pattern: '^[A-Za-z0-9_-]{1,32}$',
        allowed: 'a name of up to 32 letters, digits, _ and -',
        unset: 'it is active or not by itself',
        description: 'virtual routers of one name are active together, or none is',
      },
      track: TRACK,
      notify: NOTIFY,
      addresses: {
        type: 'array',
        minItems: 1,
        maxItems: 255,
        items: { type: 'string', maxLength: 45, allowed: ADDRESS_WORDS },
        allowed: 'a list of 1 to 255 addresses, such as [10.0.1.254] (RFC 9568 5.2.5)',
        description:
          "the virtual addresses, of a network of the interface, each once and in one group of it. One that is the interface's own makes this router the owner, with priority 255. IPv6 addresses make an IPv6 virtual router of the same number, the first of them is link-local",
      },
    },
  },
};

interface ScriptEntry {
  arguments?: readonly string[];
  user?: string;
  'time-limit'?: number;
}

interface TrackEntry extends ScriptEntry {
  of: string;
  decrement?: number;
  interval?: number;
}

/** A group of the section: times are ms. */
interface Entry {
  interface: string;
  group: number;
  version: Version;
  priority: number;
  interval: number;
  preempt: boolean;
  'preempt-delay': number;
  'start-delay': number;
  'virtual-mac': boolean;
  accept?: boolean;
  checksum: 'auto' | ChecksumForm;
  sync?: string;
  track?: readonly TrackEntry[];
  notify?: ScriptEntry & { program: string };
  addresses: readonly string[];
}

export const section: ManifestConfig = { section: 'vrrp', schema: SCHEMA, check, settings };

/** A virtual router for each family that a group has addresses of. Intervals become centiseconds. */
function settings(section: readonly Entry[]): Config {
  return {
    groups: section.flatMap((entry) => ([4, 6] as const).flatMap((family) => groupOf(entry, family) ?? [])),
  };
}

function groupOf(entry: Entry, family: Family): GroupConfig | undefined {
  const addresses = entry.addresses.filter((address) => familyOf(address) === family);
  if (addresses.length === 0) return undefined;
  const { checksum, sync, track = [], notify } = entry;
  return {
    interface: entry.interface,
    group: entry.group,
    family,
    version: entry.version,
    priority: entry.priority,
    interval: entry.interval / 10,
    preempt: entry.preempt,
    ...(entry['preempt-delay'] > 0 && { preemptDelay: entry['preempt-delay'] }),
    ...(entry['start-delay'] > 0 && { startDelay: entry['start-delay'] }),
    virtualMac: entry['virtual-mac'],
    ...(entry.accept === false && { accept: false as const }),
    addresses: addresses.map((address) => canonicalAddress(address) ?? address),
    // Without it, VRRP follows the group.
    ...(family === 4 && checksum !== 'auto' && { checksum }),
    ...(sync !== undefined && { sync }),
    ...(track.length > 0 && { track: track.map(trackOf) }),
    ...(notify !== undefined && { notify: scriptOf(notify.program, notify) }),
  };
}

function scriptOf(program: string, entry: ScriptEntry): Script {
  const { arguments: args, user, 'time-limit': timeLimit = TIME_LIMIT } = entry;
  return {
    program,
    timeLimit,
    ...(args !== undefined && { arguments: args }),
    ...(user !== undefined && { user }),
  };
}

function trackOf({ of, decrement, interval = CHECK_INTERVAL, ...entry }: TrackEntry): Track {
  const what = kindOf(of);
  return {
    what,
    of,
    ...(decrement !== undefined && { decrement }),
    ...(what === 'program' && { check: { ...scriptOf(of, entry), interval } }),
  };
}

/** The text says it: no interface has a name with a `/` or a `:` in it, or that is an address. */
function kindOf(of: string): Track['what'] {
  if (isProgram(of)) return 'program';
  if (adjacencyOf(of) !== undefined) return 'adjacency';
  if (of.includes('/')) return 'prefix';
  return canonicalAddress(of) === undefined ? 'interface' : 'next-hop';
}

/**
 * The configuration as `initial` and `configure` are given it, or what is wrong with it. Nothing is configured where nothing
 * is given.
 */
export function readConfig(given: unknown): Config | { error: string } {
  const { groups = [] } = (given ?? {}) as Partial<Config>;
  const keys = groups.map(keyOf);
  const twice = groups.find((group, i) => keys.indexOf(keyOf(group)) < i);
  if (twice === undefined) return { groups };
  return { error: `${nameOf(twice)} is configured twice; name it once (RFC 9568 1.6)` };
}
