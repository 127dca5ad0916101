/** OSPF's section of the configuration (RFC 2328 C.1 to C.3), and the settings that are made of it. */
import type { BrokenRelation, JsonSchema, ManifestConfig } from 'hitless/runtime';
import { formatDuration } from '../duration.ts';
import { perInterface } from '../per-interface.ts';
import type { Config, InterfaceConfig } from './state.ts';

const INTERFACE: Record<string, JsonSchema> = {
  // C.3: HelloInterval is a 16-bit count of seconds on the wire (A.3.2).
  'hello-interval': {
    duration: { least: '1s', most: '65535s', step: '1s' },
    default: '10s',
    description: 'time between two hellos; the same on every router of the network',
  },
  // C.3: four hello intervals unless told, which is also its most here.
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
};

const SCHEMA: JsonSchema = {
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
    interfaces: perInterface('where it takes part, by name', INTERFACE),
  },
};

/** As the schema has it, times in ms. In `check` whatever is wrong by itself is missing. */
export interface Section {
  area: string;
  interfaces: Record<string, InterfaceSection>;
}

interface InterfaceSection {
  'hello-interval': number;
  'dead-interval'?: number;
  priority: number;
  address?: string;
}

/** The configuration with all sections: the router's id is the router's, not OSPF's. */
interface Whole {
  router?: { id?: string };
}

export const section: ManifestConfig = {
  section: 'ospf',
  schema: SCHEMA,
  check: (section: Partial<Section>, whole: Whole) => [...deadAfterHello(section), ...hasRouterId(whole)],
  settings,
};

/** C.3: a neighbour is declared down after several hellos that did not come. */
function* deadAfterHello({ interfaces = {} }: Partial<Section>): Generator<BrokenRelation> {
  for (const [name, keys] of Object.entries<Partial<InterfaceSection>>(interfaces)) {
    const { 'hello-interval': hello, 'dead-interval': dead } = keys;
    if (hello === undefined || dead === undefined || dead > hello) continue;
    yield {
      path: ['ospf', 'interfaces', name, 'dead-interval'],
      text: `more than hello-interval, which is ${formatDuration(hello)}; four times as much is usual (RFC 2328 C.3)`,
    };
  }
}

/** C.1: nothing of OSPF can be sent without it. */
function* hasRouterId({ router }: Whole): Generator<BrokenRelation> {
  if (router?.id !== undefined) return;
  yield {
    path: ['router', 'id'],
    text: 'a router id such as 10.0.1.1, because there is an ospf section',
  };
}

function settings({ area, interfaces }: Section, { router }: { router: { id: string } }): Config {
  const settingsOf = ({ priority, address, ...times }: InterfaceSection): InterfaceConfig => {
    const hello = times['hello-interval'];
    return {
      helloInterval: hello / 1000,
      // C.3: RouterDeadInterval is a multiple of HelloInterval, say 4.
      deadInterval: (times['dead-interval'] ?? 4 * hello) / 1000,
      priority,
      ...(address !== undefined && { address }),
    };
  };
  const each = Object.entries(interfaces).map(([name, keys]) => [name, settingsOf(keys)] as const);
  return { routerId: router.id, area, interfaces: Object.fromEntries(each) };
}

/** The configuration as `initial` and `configure` are given it, or what is wrong with it. */
export function readConfig(given: unknown): Config | { error: string } {
  const { routerId, area = '0.0.0.0', interfaces = {} } = (given ?? {}) as Partial<Config>;
  if (typeof routerId !== 'string') {
    return {
      error: 'OSPF needs { routerId: "a.b.c.d", area, interfaces } as its configuration; routerId is missing',
    };
  }
  return { routerId, area, interfaces };
}
