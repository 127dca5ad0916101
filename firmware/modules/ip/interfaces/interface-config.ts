/** The keys of an interface that are set in the kernel: their schema, what they contradict, and the settings that are made of them. */
import type { BrokenRelation, JsonSchema } from 'hitless/runtime';
import { isLinkLocal, readAddress, textOf, whyNotOfInterface } from './interface-address.ts';
import type { InterfaceSettings } from './interface-record.ts';

const MOST_ADDRESSES = 256;
/** Ports of a bridge in Linux (BR_MAX_PORTS). */
const MOST_MEMBERS = 1023;
/** RFC 8200 section 5. */
const LEAST_MTU_6 = 1280;

const NAME: JsonSchema = { type: 'string', format: 'interface-name' };

/** Keys beside those of router discovery. */
export const SETTINGS_KEYS: Readonly<Record<string, JsonSchema>> = {
  addresses: {
    type: 'array',
    maxItems: MOST_ADDRESSES,
    items: {
      type: 'string',
      pattern: '^([0-9.]+|[0-9a-fA-F.]*:[0-9a-fA-F:.]*)/[0-9]{1,3}$',
      allowed: 'an address with the length of its prefix, such as 10.0.1.1/24 or fd00:1::1/64',
    },
    allowed: `a list of at most ${MOST_ADDRESSES} addresses, such as [10.0.1.1/24, 'fd00:1::1/64']`,
    description:
      'IPv4 and IPv6 addresses that it is given, and that it has as long as they stand here; others that it has stay. An address that it had before is left there at the end',
  },
  up: {
    type: 'boolean',
    unset:
      'left as it is; up where addresses, vlan or bridge are given, and where it is a member or a parent of one',
    description: 'whether it is set up, once: whoever sets it down by hand is not overruled',
  },
  mtu: {
    type: 'integer',
    minimum: 68,
    maximum: 65_536,
    unit: 'bytes',
    unset: 'left as it is',
    description: 'its MTU',
  },
  description: {
    type: 'string',
    minLength: 1,
    maxBytes: 255,
    allowed: 'a text of 1 to 255 bytes',
    unset: 'left as it is',
    description: "the link's alias, which `ip link` shows",
  },
  forwarding: {
    type: 'boolean',
    unset: 'left as it is; the log says where it is off',
    description:
      'whether the kernel forwards IPv4 and IPv6 packets that come in there. With IPv6 the interface believes other routers no more, and the kernel forgets default routes that it heard there, unless `accept_ra` is 2',
  },
  vlan: {
    type: 'object',
    additionalProperties: false,
    required: ['parent', 'id'],
    properties: {
      parent: { ...NAME, description: 'the interface that it is on' },
      id: { type: 'integer', minimum: 1, maximum: 4094, description: 'its number (IEEE 802.1Q)' },
    },
    unset: 'none',
    description: 'makes this interface as a VLAN; it is removed at the end if it was not there before',
  },
  bridge: {
    type: 'array',
    maxItems: MOST_MEMBERS,
    uniqueItems: true,
    items: NAME,
    allowed: 'a list of interfaces, such as [eth1, eth2]',
    unset: 'none',
    description:
      'makes this interface as a bridge of these; it is removed at the end if it was not there before',
  },
  vrf: {
    ...NAME,
    unset: 'none',
    description: 'the table of `tables` that is for what comes in there; its VRF is made under the same name',
  },
};

/** The keys as the schema has them; in `check`, whatever is wrong by itself is missing. */
export interface Keys {
  addresses?: readonly (string | undefined)[];
  up?: boolean;
  mtu?: number;
  description?: string;
  forwarding?: boolean;
  vlan?: { parent?: string; id?: number };
  bridge?: readonly (string | undefined)[];
  vrf?: string;
}

type Interfaces = Readonly<Record<string, Keys | undefined>>;

/** The part of the whole configuration that gives interfaces addresses before any module. */
export interface Whole {
  interfaces?: Readonly<Record<string, { addresses?: readonly (string | undefined)[] } | undefined>>;
}

/** Undefined where the keys set nothing. */
export function settingsOf({ addresses = [], vlan, bridge, ...others }: Keys): InterfaceSettings | undefined {
  const { up, mtu, description, forwarding, vrf } = others;
  const texts = addresses.flatMap((text) => readAddress(text ?? '') ?? []).map(textOf);
  const settings = {
    ...(up !== undefined && { up }),
    ...(mtu !== undefined && { mtu }),
    ...(description !== undefined && { description }),
    ...(forwarding !== undefined && { forwarding }),
    ...(vlan !== undefined && { vlan: vlan as { parent: string; id: number } }),
    ...(bridge !== undefined && { bridge: bridge as string[] }),
    ...(vrf !== undefined && { vrf }),
  };
  if (texts.length === 0 && Object.keys(settings).length === 0) return undefined;
  return { addresses: [...new Set(texts)], ...settings };
}

/** The relations that do not hold. @param tables those of the section, by name */
export function* checkInterfaces(
  interfaces: Interfaces,
  tables: Readonly<Record<string, unknown>>,
  whole: Whole,
): Generator<BrokenRelation> {
  yield* addressesAreOfInterfaces(interfaces);
  yield* addressesAreOnce(interfaces, whole);
  yield* mtusFit(interfaces);
  yield* vlansFit(interfaces);
  yield* membersAreOnce(interfaces);
  yield* vrfsAreTables(interfaces, tables);
}

const LOOPBACK = 'lo';

function* entriesOf(interfaces: Interfaces): Generator<readonly [string, Keys]> {
  for (const [name, keys] of Object.entries(interfaces)) if (keys !== undefined) yield [name, keys];
}

function pathOf(name: string, ...keys: (string | number)[]): (string | number)[] {
  return ['ip', 'interfaces', name, ...keys];
}

function* addressesAreOfInterfaces(interfaces: Interfaces): Generator<BrokenRelation> {
  for (const [name, { addresses = [] }] of entriesOf(interfaces)) {
    for (const [i, text] of addresses.entries()) {
      if (text === undefined) continue;
      const address = readAddress(text);
      const path = pathOf(name, 'addresses', i);
      if (address === undefined) {
        yield { path, text: 'an address with the length of its prefix, such as 10.0.1.1/24 or fd00:1::1/64' };
        continue;
      }
      const why = whyNotOfInterface(address, name === LOOPBACK);
      if (why !== undefined) yield { path, text: `an address that an interface can have: this is ${why}` };
    }
  }
}

/** Two interfaces with one address would both answer for it; in VRFs of their own they are apart. */
function* addressesAreOnce(interfaces: Interfaces, whole: Whole): Generator<BrokenRelation> {
  const holders = new Map<string, { name: string; path: string }>();
  const keyOf = (text: string | undefined, name: string): string | undefined => {
    const address = readAddress(text ?? '');
    if (address === undefined) return undefined;
    return `${address.address} ${isLinkLocal(address) ? name : ''} ${interfaces[name]?.vrf ?? ''}`;
  };
  for (const [name, given] of Object.entries(whole.interfaces ?? {}))
    for (const text of given?.addresses ?? []) {
      const key = keyOf(text, name);
      if (key !== undefined) holders.set(key, { name, path: `interfaces.${name}.addresses` });
    }
  for (const [name, { addresses = [] }] of entriesOf(interfaces)) {
    for (const [i, text] of addresses.entries()) {
      const key = keyOf(text, name);
      if (key === undefined) continue;
      const before = holders.get(key);
      const own = `ip.interfaces.${name}.addresses`;
      // The router gives it addresses before any module does: they may stand here as well.
      if (before !== undefined && (before.name !== name || before.path === own)) {
        yield {
          path: pathOf(name, 'addresses', i),
          found: `${text} a second time`,
          text: `each address once (it is in ${before.path} already)`,
        };
      } else holders.set(key, { name, path: own });
    }
  }
}

function* mtusFit(interfaces: Interfaces): Generator<BrokenRelation> {
  for (const [name, { mtu, addresses = [], vlan }] of entriesOf(interfaces)) {
    if (mtu === undefined) continue;
    const six = addresses.find((text) => text?.includes(':'));
    if (mtu < LEAST_MTU_6 && six !== undefined)
      yield {
        path: pathOf(name, 'mtu'),
        text: `${LEAST_MTU_6} or more, because of ${six} (RFC 8200 section 5)`,
      };
    const most = interfaces[vlan?.parent ?? '']?.mtu;
    if (most !== undefined && mtu > most)
      yield {
        path: pathOf(name, 'mtu'),
        text: `at most that of its parent ${vlan?.parent}, which is ${most}`,
      };
  }
}

function* vlansFit(interfaces: Interfaces): Generator<BrokenRelation> {
  const taken = new Map<string, string>();
  for (const [name, { vlan, bridge }] of entriesOf(interfaces)) {
    if (vlan === undefined) continue;
    if (bridge !== undefined)
      yield { path: pathOf(name, 'bridge'), text: 'not beside vlan: an interface is made as one of them' };
    const { parent, id } = vlan;
    if (parent !== undefined && isBelow(interfaces, parent, name))
      yield { path: pathOf(name, 'vlan', 'parent'), text: `an interface that is not on ${name} itself` };
    if (parent === undefined || id === undefined) continue;
    const before = taken.get(`${parent} ${id}`);
    if (before === undefined) taken.set(`${parent} ${id}`, name);
    else
      yield {
        path: pathOf(name, 'vlan', 'id'),
        found: `VLAN ${id} of ${parent} a second time`,
        text: `each number once on a parent (it is in ip.interfaces.${before} already)`,
      };
  }
}

/** The name is the other one, or is a VLAN on it, at whatever depth. */
function isBelow(interfaces: Interfaces, name: string, other: string): boolean {
  const seen = new Set<string>();
  for (
    let at: string | undefined = name;
    at !== undefined && !seen.has(at);
    at = interfaces[at]?.vlan?.parent
  ) {
    if (at === other) return true;
    seen.add(at);
  }
  return false;
}

function* membersAreOnce(interfaces: Interfaces): Generator<BrokenRelation> {
  const bridges = new Map<string, string>();
  for (const [name, { bridge = [] }] of entriesOf(interfaces)) {
    for (const [i, member] of bridge.entries()) {
      if (member === undefined) continue;
      const path = pathOf(name, 'bridge', i);
      const before = bridges.get(member);
      bridges.set(member, name);
      if (interfaces[member]?.bridge !== undefined)
        yield { path, text: `an interface that is no bridge, as ${member} is` };
      else if (before !== undefined && before !== name)
        yield {
          path,
          found: `${member} a second time`,
          text: `each interface in one bridge (it is in ip.interfaces.${before} already)`,
        };
      else if (interfaces[member]?.vrf !== undefined)
        yield {
          path,
          text: `an interface that is in no VRF: ${member} is in that of ${interfaces[member]?.vrf}`,
        };
    }
  }
}

function* vrfsAreTables(
  interfaces: Interfaces,
  tables: Readonly<Record<string, unknown>>,
): Generator<BrokenRelation> {
  for (const [name, { vrf }] of entriesOf(interfaces)) {
    if (vrf === undefined) continue;
    const path = pathOf(name, 'vrf');
    if (!Object.hasOwn(tables, vrf)) yield { path, text: 'the name of a table in ip.tables' };
    else if (vrf === name) yield { path, text: 'a table of another name: the VRF has the name of its table' };
    else if (interfaces[vrf]?.vlan !== undefined || interfaces[vrf]?.bridge !== undefined)
      yield { path, text: `a table whose name is free for its VRF: ip.interfaces.${vrf} is something else` };
  }
}
