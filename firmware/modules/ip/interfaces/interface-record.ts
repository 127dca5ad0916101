/** Records: settings of interfaces by the configuration, and how they are undone. */

/** Settings of one interface; an absent one is left as it is. */
export interface InterfaceSettings {
  /** `10.0.1.1/24`, `fd00:1::1/64`, in the kernel's form, each once. */
  addresses: string[];
  up?: boolean;
  /** In bytes. */
  mtu?: number;
  /** The link's alias. */
  description?: string;
  forwarding?: boolean;
  /** Makes it. */
  vlan?: { parent: string; id: number };
  /** Makes it, with these members. */
  bridge?: string[];
  /** The table whose VRF it is in. */
  vrf?: string;
}

/** An address of an interface, with the length of its network's prefix. */
export interface Address {
  family: 4 | 6;
  /** Canonical. */
  address: string;
  prefixLength: number;
  /** IPv6: nobody else is asked whether it has it (RFC 4862 5.4). */
  noDad?: true;
}

/** A link that is made where it is not there. */
export type Device =
  | { kind: 'macvlan'; parent: string; mac: string }
  | { kind: 'vlan'; parent: string; id: number }
  | { kind: 'bridge' }
  | { kind: 'vrf'; table: number };

export interface Wanted {
  device?: Device;
  /** Name of the bridge or VRF that it is in. */
  master?: string;
  up?: boolean;
  mtu?: number;
  alias?: string;
  forwarding?: boolean;
  /** Of the loopback: some interface forwards, so IPv6 is forwarded by all where the kernel cannot by one. */
  forwardAll?: true;
  addresses: readonly Address[];
  /** Canonical addresses, also such as it does not have: this host takes no packets to them. */
  closed?: readonly string[];
  /** Further variables of the kernel, as `ipv4/arp_ignore`. */
  variables?: Readonly<Record<string, string>>;
  /** Of a device with a MAC of its own: whenever it is another text, its addresses are announced. */
  announced?: string;
  /** Of a device with a MAC of its own: should the program be killed, it stays for so many ms. */
  outlives?: number;
  /** Of a device whose IPv6 addresses are gone: the kernel does not tell the LAN that it leaves their groups. */
  hushed?: true;
}

/** A value that we set. */
export interface OwnValue<Value> {
  /** The value before; absent where that is not known, and then it is not put back. */
  was?: Value;
  now: Value;
  /** The answer was lost: it is set again. */
  unsure?: true;
}

/** An address that we gave. Times are the clock, in ms. */
export interface Given {
  at: number;
  /** How often in a row it was given back. */
  back: number;
  /** The kernel told it since. */
  told?: true;
  /** It is gone, and we did not take it: it is given back then. */
  lost?: number;
  /** It went with the link's being down. */
  down?: true;
  /** Another host has it (duplicate address detection, RFC 4862 5.4). */
  duplicate?: true;
}

/** A change that the kernel refused. */
export interface SettingsRefusal {
  message: string;
  /** Something changed since, so that it may be tried again. */
  again?: true;
}

/** One thing of a link that is set: `address 10.0.1.1/24`, `closed 10.0.1.254`, `sysctl ipv4/forwarding`. */
export type Aspect =
  | 'mtu'
  | 'up'
  | 'alias'
  | 'master'
  | 'announced'
  | 'outlives'
  | 'hush'
  | 'hushed'
  | `address ${string}`
  | `closed ${string}`
  | `sysctl ${string}`;

/** A record of an aspect, for its undoing. */
export type Kept = OwnValue<number> | OwnValue<boolean> | OwnValue<string> | Given;

/** All that is ours of the link with one index. */
export interface Owned {
  /** The link's name when it was looked at last. */
  name: string;
  /** The link as it was then, as far as a refusal may depend on it. */
  condition: string;
  kept: Map<Aspect, Kept>;
  refusals: Map<Aspect, SettingsRefusal>;
}

/** A change of a request, as it is to be taken back where the kernel refuses it. */
export interface AskedAspect {
  aspect: Aspect;
  before?: Kept;
}

/** The subject of a request: aspects of the link with this index, in the order of its changes, or the making of a device. */
export type SettingsRequest = { index: number; asked: AskedAspect[] } | { device: string };

/** A device that is left as it is for a while. */
export interface Lingering {
  /** For how long, in ms. */
  ms: number;
  /** Its end: monotonic time in ms. */
  until: number;
}

/** All that is kept of the settings of interfaces. */
export interface SettingsState {
  /** By index. */
  ours: Map<number, Owned>;
  /** By name, the devices that were asked for and are not there yet. */
  devices: Map<string, { refused?: SettingsRefusal }>;
  /** By the request's number. */
  underWay: Map<number, SettingsRequest>;
  /** Links (`link 7`) and devices (`device lan0.10`) that are looked at when the kernel takes requests again. */
  waiting: Set<string>;
  /** By name; absent before the first, and before 3.4.0. Owner: interfaces/lingering.ts */
  lingering?: Map<string, Lingering>;
}

export function newSettings(): SettingsState {
  return { ours: new Map(), devices: new Map(), underWay: new Map(), waiting: new Set() };
}

/** The same without requests, whose answers never come: what they set is set again. */
export function withoutRequests({ ours, underWay }: SettingsState): SettingsState {
  const settings = newSettings();
  for (const [index, owned] of ours) settings.ours.set(index, { ...owned, kept: new Map(owned.kept) });
  for (const about of underWay.values()) {
    if ('device' in about) continue;
    const kept = settings.ours.get(about.index)?.kept;
    for (const { aspect } of about.asked) {
      const value = kept?.get(aspect);
      if (value !== undefined && 'now' in value) kept?.set(aspect, { ...value, unsure: true });
    }
  }
  return settings;
}
