/** The keys of an interface (RFC 2328 C.3, C.5, C.6), what they contradict, and what is made of them. */
import type { BrokenRelation, JsonSchema } from 'hitless/runtime';
import { formatDuration } from '../../duration.ts';
import type { AuthenticationConfig, InterfaceConfig, InterfaceType } from '../config-record.ts';
import {
  AUTHENTICATION,
  type AuthenticationKeys,
  authenticationOf,
  checkAuthentication,
} from './authentication-config.ts';
import { ID, type Path } from './schemas.ts';

const MOST_NETWORKS = 64;
const MOST_NEIGHBORS = 256;
/** Below a second a Hello says HelloInterval 0 and RouterDeadInterval 1 s, as FRR's "minimal" does. */
const SECOND = 1000;
const DEFAULT_PRIORITY = 1;
const DEFAULT_POLL = 120_000;

/** Those that a virtual link has, too. */
export const TIMES: Record<string, JsonSchema> = {
  // C.3: HelloInterval is a 16-bit count of seconds on the wire (A.3.2).
  'hello-interval': {
    duration: { least: '50ms', most: '65535s' },
    default: '10s',
    allowed:
      'a whole number of seconds from 1s to 65535s, or less than a second, from 50ms, as FRR has it with `dead-interval minimal`',
    description: 'time between two hellos; the same on every router of the network',
  },
  'dead-interval': {
    duration: { least: '1s', most: '262140s', step: '1s' },
    unset: 'four times `hello-interval`, and at least 1s',
    description:
      'how long a neighbour may be silent, more than `hello-interval`; the same on every router of the network',
  },
  'retransmit-interval': {
    duration: { least: '1s', most: '65535s', step: '1s' },
    default: '5s',
    description: 'how long an acknowledgment is waited for (RxmtInterval)',
  },
  'transmit-delay': {
    duration: { least: '1s', most: '3600s', step: '1s' },
    default: '1s',
    description: 'by how much an LSA is older when it has crossed the link (InfTransDelay)',
  },
};

export const INTERFACE: Record<string, JsonSchema> = {
  area: { ...ID, unset: 'that of the section', description: 'its area' },
  type: {
    enum: ['broadcast', 'point-to-point', 'point-to-multipoint', 'non-broadcast', 'loopback'],
    unset: 'as the link is: a loopback, one with an address that has a peer, else broadcast',
    description: 'how routers find each other there (RFC 2328 1.2)',
  },
  passive: {
    type: 'boolean',
    default: false,
    description: 'its network is told to others, and nobody is spoken to there',
  },
  cost: {
    type: 'integer',
    minimum: 1,
    maximum: 65_535,
    unset: '10; by its speed, where there is a `reference-bandwidth`',
    description: 'cost of sending by it',
  },
  ...TIMES,
  address: {
    type: 'string',
    format: 'ipv4-or-network',
    unset: 'the first address that is one of a network',
    description: 'the subnet that takes part, where the interface has several; the log says which is used',
  },
  networks: {
    type: 'array',
    minItems: 1,
    maxItems: MOST_NETWORKS,
    uniqueItems: true,
    items: { type: 'string', format: 'ipv4-or-network' },
    unset: 'the one of `address`',
    allowed: `a list of 1 to ${MOST_NETWORKS} networks of the interface, such as [10.0.1.0/24, 10.0.2.0/24]`,
    description: 'the subnets that take part, each with neighbours of its own',
  },
  priority: {
    type: 'integer',
    minimum: 0,
    maximum: 255,
    default: DEFAULT_PRIORITY,
    description: 'the highest becomes designated router where there is none yet; 0: never',
  },
  'mtu-ignore': {
    type: 'boolean',
    default: false,
    description: 'neighbours whose packets may be larger than ours are taken all the same',
  },
  authentication: AUTHENTICATION,
  neighbors: {
    type: 'object',
    maxProperties: MOST_NEIGHBORS,
    propertyNames: { type: 'string', format: 'ipv4', allowed: 'the address of a neighbour' },
    additionalProperties: {
      type: 'object',
      additionalProperties: false,
      properties: {
        priority: {
          type: 'integer',
          minimum: 0,
          maximum: 255,
          default: 0,
          description: 'its priority, until its first hello says it',
        },
        'poll-interval': {
          duration: { least: '1s', most: '65535s', step: '1s' },
          default: '2m',
          description: 'time between two hellos to it while it is silent',
        },
        cost: {
          type: 'integer',
          minimum: 1,
          maximum: 65_535,
          unset: 'that of the interface',
          description: 'cost of sending to it, on point-to-multipoint',
        },
      },
    },
    unset: 'none',
    description: 'by address, where there is no multicast: non-broadcast and point-to-multipoint',
  },
};

/** As the schema has them, times in ms. In `check` whatever is wrong by itself is missing. */
export interface TimeKeys {
  'hello-interval': number;
  'dead-interval'?: number;
  'retransmit-interval': number;
  'transmit-delay': number;
}

export interface InterfaceKeys extends TimeKeys {
  area?: string;
  type?: InterfaceType;
  passive: boolean;
  cost?: number;
  address?: string;
  networks?: string[];
  priority: number;
  'mtu-ignore': boolean;
  authentication?: AuthenticationKeys;
  neighbors?: Record<string, { priority: number; 'poll-interval': number; cost?: number }>;
}

export function* checkInterface(
  keys: Partial<InterfaceKeys>,
  chains: readonly string[],
  path: Path,
): Generator<BrokenRelation> {
  yield* checkTimes(keys, path);
  yield* checkAuthentication(keys.authentication, chains, [...path, 'authentication']);
  if (keys.address !== undefined && keys.networks !== undefined)
    yield {
      path: [...path, 'networks'],
      text: 'left out where there is `address`, which names the one network',
    };
  const { type, neighbors } = keys;
  if (neighbors !== undefined && type !== 'non-broadcast' && type !== 'point-to-multipoint')
    yield {
      path: [...path, 'neighbors'],
      text: 'left out, or type non-broadcast or point-to-multipoint beside it',
    };
}

/** C.3: a neighbour is declared down after several hellos that did not come. */
export function* checkTimes(keys: Partial<TimeKeys>, path: Path): Generator<BrokenRelation> {
  const { 'hello-interval': hello, 'dead-interval': dead } = keys;
  if (hello === undefined) return;
  if (hello >= SECOND && hello % SECOND !== 0)
    yield { path: [...path, 'hello-interval'], text: 'a whole number of seconds, or less than one' };
  if (dead !== undefined && dead <= hello)
    yield {
      path: [...path, 'dead-interval'],
      text: `more than hello-interval, which is ${formatDuration(hello)}; four times as much is usual (RFC 2328 C.3)`,
    };
  // A Hello then says one second, and so do the others'.
  if (hello < SECOND && dead !== undefined && dead !== SECOND)
    yield { path: [...path, 'dead-interval'], text: '1s, with a hello-interval below a second' };
}

/** One for each network of it, by key. */
export function interfacesOf(
  link: string,
  keys: InterfaceKeys,
  area: string,
  ofArea: AuthenticationConfig,
): [string, InterfaceConfig][] {
  const { networks, address } = keys;
  if (networks === undefined) return [[link, interfaceOf(link, keys, area, ofArea, address)]];
  return networks.map((network, i) => [
    i === 0 ? link : `${link}/${network}`,
    interfaceOf(link, keys, area, ofArea, network),
  ]);
}

function interfaceOf(
  link: string,
  keys: InterfaceKeys,
  area: string,
  ofArea: AuthenticationConfig,
  address: string | undefined,
): InterfaceConfig {
  const each = Object.entries(keys.neighbors ?? {}).map(
    ([name, { priority, cost, 'poll-interval': poll }]) => {
      const neighbor = { priority, pollInterval: poll ?? DEFAULT_POLL, ...(cost !== undefined && { cost }) };
      return [name, neighbor] as const;
    },
  );
  return {
    link,
    area: keys.area ?? area,
    ...(address !== undefined && { address }),
    ...(keys.type !== undefined && { type: keys.type }),
    passive: keys.passive,
    ...(keys.cost !== undefined && { cost: keys.cost }),
    priority: keys.priority,
    ...timesOf(keys),
    mtuIgnore: keys['mtu-ignore'],
    authentication: keys.authentication === undefined ? ofArea : authenticationOf(keys.authentication),
    neighbors: Object.fromEntries(each),
  };
}

export function timesOf(keys: TimeKeys) {
  const hello = keys['hello-interval'];
  return {
    helloInterval: hello,
    deadInterval: keys['dead-interval'] ?? Math.max(SECOND, 4 * hello),
    retransmitInterval: keys['retransmit-interval'],
    transmitDelay: keys['transmit-delay'],
  };
}
