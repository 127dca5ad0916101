/**
 * Each interface as the configuration wants it, by name: also of those that another one's settings need, members of a
 * bridge, parents of VLANs and the devices of VRFs.
 */
import { isSame } from '../../difference.ts';
import { type Address, readAddress } from './interface-address.ts';
import type { InterfaceSettings } from './interface-record.ts';

/** The interface that is always there: what is of all interfaces stands in its record. */
export const LOOPBACK = 'lo';

/** A link that is made where it is not there. */
export type Device =
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
}

/** The part of the configuration that speaks of interfaces. */
export interface SettingsConfig {
  readonly interfaces: Readonly<Record<string, { readonly settings?: InterfaceSettings }>>;
  /** By name; those that have a VRF of their own. */
  readonly tables?: Readonly<Record<string, { readonly number: number }>>;
}

export interface WantedInterfaces {
  readonly byName: ReadonlyMap<string, Wanted>;
  /** By name, those that are on it or in it: VLANs of a parent, members of a bridge or VRF. */
  readonly dependents: ReadonlyMap<string, readonly string[]>;
}

const known = new WeakMap<SettingsConfig, WantedInterfaces>();

/** The same object for the same configuration: it follows from it alone, and a configuration is replaced as a whole. */
export function wantedOf(config: SettingsConfig): WantedInterfaces {
  let wanted = known.get(config);
  if (wanted === undefined) {
    const byName = wantedIn(config);
    wanted = { byName, dependents: dependentsIn(byName) };
    known.set(config, wanted);
  }
  return wanted;
}

/** Names of which another configuration wants something else. */
export function differingIn(before: SettingsConfig, after: SettingsConfig): string[] {
  const [was, will] = [wantedOf(before).byName, wantedOf(after).byName];
  const names = new Set([...was.keys(), ...will.keys()]);
  return [...names].filter((name) => !isSame(was.get(name), will.get(name)));
}

function dependentsIn(byName: ReadonlyMap<string, Wanted>): Map<string, string[]> {
  const dependents = new Map<string, string[]>();
  for (const [name, { device, master }] of byName)
    for (const other of [device?.kind === 'vlan' ? device.parent : undefined, master])
      if (other !== undefined) dependents.set(other, [...(dependents.get(other) ?? []), name]);
  return dependents;
}

function wantedIn({ interfaces, tables = {} }: SettingsConfig): ReadonlyMap<string, Wanted> {
  const wanted = new Map<string, Wanted>();
  const needed = (name: string): Wanted => {
    const one = wanted.get(name) ?? { addresses: [] };
    wanted.set(name, one);
    // Nothing passes through one that is down, unless that is what its own settings say.
    one.up ??= true;
    return one;
  };
  for (const [name, { settings }] of Object.entries(interfaces))
    if (settings !== undefined) wanted.set(name, ownOf(settings));
  for (const [name, { settings }] of Object.entries(interfaces)) {
    const { vlan, bridge = [], vrf } = settings ?? {};
    if (vlan !== undefined) needed(vlan.parent);
    for (const member of bridge) needed(member).master = name;
    const table = vrf === undefined ? undefined : tables[vrf];
    if (vrf === undefined || table === undefined) continue;
    needed(vrf).device = { kind: 'vrf', table: table.number };
    wanted.get(name)!.master = vrf;
  }
  if (Object.values(interfaces).some(({ settings }) => settings?.forwarding === true))
    wanted.set(LOOPBACK, { ...(wanted.get(LOOPBACK) ?? { addresses: [] }), forwardAll: true });
  return wanted;
}

function ownOf({ addresses, up, mtu, description, forwarding, vlan, bridge }: InterfaceSettings): Wanted {
  const device: Device | undefined =
    vlan !== undefined ? { kind: 'vlan', ...vlan } : bridge !== undefined ? { kind: 'bridge' } : undefined;
  const serves = addresses.length > 0 || device !== undefined;
  return {
    ...(device !== undefined && { device }),
    ...((up !== undefined || serves) && { up: up ?? true }),
    ...(mtu !== undefined && { mtu }),
    ...(description !== undefined && { alias: description }),
    ...(forwarding !== undefined && { forwarding }),
    addresses: addresses.flatMap((text) => readAddress(text) ?? []),
  };
}
