/**
 * The sections of modules that were made for api 1: their manifests say nothing of configuration, so it stands here.
 * A version of api 2 brings its own, and takes nothing from this file.
 */
import type { BrokenRelation, JsonSchema } from '../../runtime/index.ts';
import type { ConfigSection } from '../config/check.ts';
import type { KeyPath } from '../config/problem.ts';
import { perInterface } from '../modules/per-interface.ts';
import { compatNeeds } from './needs.ts';
import {
  deadAfterHello,
  each,
  intervalsFitPeriod,
  lifetimeCoversIntervals,
  ospfHasRouterId,
} from './relations.ts';
import { ipSettings, ospfSettings, timerSettings, vrrpSettings } from './settings.ts';
import { groupsAreUnique, virtualAddressesFit } from './virtual-routers.ts';

const TIMER: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  default: {},
  unset: 'no TIMER module, unless a version needs it',
  description: 'the module TIMER, whose event `broadcast` IP, OSPF and VRRP before 2.2.0 act on',
  properties: {
    period: {
      duration: { least: '10ms', most: '1h' },
      default: '1s',
      description:
        'time between two events; intervals of versions before 2.2.0 are whole multiples of it, later ones have timers of their own',
    },
  },
};

const IP: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['interfaces'],
  unset: 'no IP module',
  description:
    'ICMP router advertisements (RFC 1256), of all addresses that belong to a network, where the kernel forwards',
  properties: {
    // RFC 1256 4.1: AdvertisementLifetime, at most 9,000 seconds.
    lifetime: {
      duration: { least: '1s', most: '9000s', step: '1s' },
      unset: 'three times the longest `interval`',
      description: 'how long hosts believe an advertisement; not below any `interval`',
    },
    interfaces: perInterface('where it advertises, by name', {
      // RFC 1256 4.1: MaxAdvertisementInterval is 4 to 1,800 seconds, 600 by default; less only makes sense in a lab.
      interval: {
        duration: { least: '10ms', most: '30m' },
        default: '10m',
        allowed: "a time from 10ms to 30m (less than 4s, RFC 1256's least, is for a lab)",
        description: 'the longest time between two advertisements (MaxAdvertisementInterval)',
      },
      // RFC 1256 4.1: a signed 32-bit number; the least means "never a default router".
      preference: {
        type: 'integer',
        minimum: -2_147_483_648,
        maximum: 2_147_483_647,
        default: 0,
        description: 'preference as default router; the least means never',
      },
    }),
  },
};

const OSPF: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['interfaces'],
  unset: 'no OSPF module',
  description: 'OSPF hellos and neighbours (RFC 2328)',
  properties: {
    area: {
      type: 'string',
      format: 'ipv4',
      default: '0.0.0.0',
      allowed: 'an area id: four numbers with dots, such as 0.0.0.0 for the backbone',
      description: 'area of all interfaces',
    },
    interfaces: perInterface('where it takes part, by name', {
      // RFC 2328 C.3: HelloInterval is a 16-bit count of seconds on the wire (A.3.2).
      'hello-interval': {
        duration: { least: '1s', most: '65535s', step: '1s' },
        default: '10s',
        description: 'time between two hellos; the same on every router of the network',
      },
      // RFC 2328 C.3: four hello intervals unless told, which is also its most here.
      'dead-interval': {
        duration: { least: '2s', most: '262140s', step: '1s' },
        unset: 'four times `hello-interval`',
        description:
          'how long a neighbour may be silent, more than `hello-interval`; the same on every router of the network',
      },
      address: {
        type: 'string',
        format: 'ipv4-or-network',
        unset: 'the first address that is one of a network',
        description:
          'the subnet that takes part, where the interface has several. Host prefixes (`/32`) and addresses with a peer take no part; the log says which is used',
      },
      priority: {
        const: 0,
        default: 0,
        allowed:
          '0: the election of a designated router comes in a later release, this router never stands for it',
        description: 'it never stands for designated router',
      },
    }),
  },
};

const VRRP: JsonSchema = {
  type: 'array',
  minItems: 1,
  identity: ['interface', 'group'],
  allowed: 'a list of groups with at least one group, or no vrrp section at all',
  unset: 'no VRRP module',
  description: 'virtual routers (RFC 9568, IPv4)',
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
      checksum: {
        enum: ['auto', 'rfc9568', 'pseudo-header'],
        default: 'auto',
        description:
          'what the checksum of sent advertisements covers: the message alone (RFC 9568; Cisco) or a pseudo-header too (RFC 5798; FRR and keepalived by default). `auto` begins with the pseudo-header and follows the group. Both are taken always',
      },
      addresses: {
        type: 'array',
        minItems: 1,
        maxItems: 255,
        items: { type: 'string', format: 'ipv4-host' },
        allowed: 'a list of 1 to 255 IPv4 addresses, such as [10.0.1.254] (RFC 9568 5.2.5)',
        description:
          "the virtual addresses, of a network of the interface, each once and in one group of it. One that is the interface's own makes this router the owner, with priority 255",
      },
    },
  },
};

const SCHEMAS = { timer: TIMER, ip: IP, ospf: OSPF, vrrp: VRRP };

/** The parts of a `ConfigSection` that api 2 has in its manifest. */
interface CompatSection {
  module: string;
  name: string;
  schema: JsonSchema;
  /** The keys of which versions without timers of their own take whole multiples of the timer's period. */
  intervals(whole: unknown): KeyPath[];
  relations(whole: unknown): Iterable<BrokenRelation>;
  settings(section: never, whole: never): unknown;
}

const SECTIONS: readonly CompatSection[] = [
  {
    module: 'TIMER',
    name: 'timer',
    schema: TIMER,
    intervals: () => [],
    relations: () => [],
    settings: timerSettings,
  },
  {
    module: 'IP',
    name: 'ip',
    schema: IP,
    intervals: (whole) => each(whole, ['ip', 'interfaces'], 'interval'),
    relations: lifetimeCoversIntervals,
    settings: ipSettings,
  },
  {
    module: 'OSPF',
    name: 'ospf',
    schema: OSPF,
    intervals: (whole) => each(whole, ['ospf', 'interfaces'], 'hello-interval'),
    *relations(whole) {
      yield* deadAfterHello(whole);
      yield* ospfHasRouterId(whole);
    },
    settings: ospfSettings,
  },
  {
    module: 'VRRP',
    name: 'vrrp',
    schema: VRRP,
    intervals: (whole) => each(whole, ['vrrp'], 'interval'),
    *relations(whole) {
      yield* groupsAreUnique(whole);
      yield* virtualAddressesFit(whole);
    },
    settings: vrrpSettings,
  },
];

/** The section of a version of api 1; undefined for a module that nobody here knows. */
export function compatSection(module: string, bundle: string): ConfigSection | undefined {
  const found = SECTIONS.find((section) => section.module === module);
  if (found === undefined) return undefined;
  const { name, schema, relations, intervals, settings } = found;
  const isDriven = (compatNeeds(module, bundle.slice(bundle.indexOf('@') + 1)) ?? []).length > 0;
  const bound = isDriven ? intervals : () => [];
  return {
    module,
    bundle,
    name,
    schema,
    check: async (_, whole) => [...intervalsFitPeriod(whole, bound(whole), SCHEMAS), ...relations(whole)],
    settings: async (section, whole) => settings(section as never, whole as never),
    run: async (_, body) => body(),
  };
}

/** Modules of api 1 that have a section, each with its name. */
export const COMPAT_SECTIONS: readonly { module: string; name: string; schema: JsonSchema }[] = SECTIONS;
