/** VRRP's section of the configuration (RFC 9568 6.1), and the settings that are made of it. */
import type { JsonSchema, ManifestConfig } from 'hitless/runtime';
import { check } from './relations.ts';
import { type Config, type GroupConfig, keyOf } from './state.ts';

const SCHEMA: JsonSchema = {
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

/** A group of the section: times are ms. */
type Entry = Omit<GroupConfig, 'checksum'> & Required<Pick<GroupConfig, 'checksum'>>;

export const section: ManifestConfig = { section: 'vrrp', schema: SCHEMA, check, settings };

/** Intervals become centiseconds. Without `checksum` VRRP follows the group. */
function settings(section: readonly Entry[]): Config {
  return {
    groups: section.map(({ checksum, ...group }) => ({
      ...group,
      interval: group.interval / 10,
      ...(checksum !== 'auto' && { checksum }),
    })),
  };
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
  return {
    error: `the virtual router ${twice.group} on ${twice.interface} is configured twice; name it once (RFC 9568 1.6)`,
  };
}
