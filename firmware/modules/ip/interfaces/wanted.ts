/**
 * Each interface as the configuration wants it, by name: also of those that another one's settings need, members of a
 * bridge, parents of VLANs and the devices of VRFs.
 */
import { isSame } from '../../difference.ts';
import { readAddress } from './interface-address.ts';
import type { Device, InterfaceSettings, Wanted } from './interface-record.ts';

/** The interface that is always there: what is of all interfaces stands in its record. */
export const LOOPBACK = 'lo';

export type { Device, Wanted } from './interface-record.ts';

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

/** Wishes beside the configuration, by name; and the devices that are on a link. */
export interface Besides {
  readonly wanted: ReadonlyMap<string, Wanted>;
  readonly devicesOn: ReadonlyMap<string, readonly string[]>;
}

/** All that is known of what is wanted. */
export interface WantedView {
  readonly config: SettingsConfig;
  readonly virtual?: Besides;
}

/** The interface as it is wanted; undefined where nothing is wanted of it. */
export function wantedNamed({ config, virtual }: WantedView, name: string): Wanted | undefined {
  const configured = wantedOf(config).byName.get(name);
  const besides = virtual?.wanted.get(name);
  if (configured === undefined || besides === undefined) return configured ?? besides;
  return {
    ...besides,
    ...configured,
    addresses: [...configured.addresses, ...besides.addresses],
    ...(besides.variables !== undefined && { variables: besides.variables }),
  };
}

/** Names of all of which something is wanted. */
export function namesWanted({ config, virtual }: WantedView): Set<string> {
  return new Set([...wantedOf(config).byName.keys(), ...(virtual?.wanted.keys() ?? [])]);
}

/** Those that are on it or in it: VLANs and macvlans of a parent, members of a bridge or VRF. */
export function dependentsOf({ config, virtual }: WantedView, name: string): readonly string[] {
  return [...(wantedOf(config).dependents.get(name) ?? []), ...(virtual?.devicesOn.get(name) ?? [])];
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
