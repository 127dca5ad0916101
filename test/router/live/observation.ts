/** Facts on the router and its peers at one instant, in the parts that are compared. */

import { viewOfFrr } from '../../frr-log.ts';
import { MODULES, type ModuleName, type Roles } from './configuration.ts';
import { BESIDE, type Place } from './place.ts';

interface Neighbor {
  routerId: string;
  address: string;
  state: string;
  /** As it declares them. */
  dr: number;
  bdr: number;
  since: number;
  events: Record<string, number>;
}

interface OspfState {
  config: unknown;
  routing: { number: number; due?: object; running?: object };
  counters: Record<string, number>;
  interfaces: Record<
    string,
    {
      dr: number;
      bdr: number;
      neighbors: Record<string, Neighbor>;
      acknowledgments: object;
      flooding: object;
    }
  >;
  originated: Record<string, { waiting: boolean }>;
  requests: object;
  retransmissions: object;
  unannounced: object;
}

interface VirtualRouter {
  state: string;
  /** The address of the Active that it heard last. */
  active: string;
  checksum: { heard: Record<string, { at: number }> };
  statistics: { counters: object; resignations: number; becameActive: number; lastChange?: object };
}

interface VrrpState {
  config: { groups: object[] };
  counters: object;
  groups: Record<string, VirtualRouter>;
  telling: { number: number };
}

/** A virtual router, as IP holds it. */
interface HeldRouter {
  active: boolean;
  repeated: number;
}

interface IpState {
  config: unknown;
  sources: Record<string, { number: number }>;
  virtual?: {
    sources: Record<string, { number: number }>;
    routers: Record<string, HeldRouter>;
    deviceOf: object;
  };
  names: object;
  requests: object;
  settings: { ours: Record<string, { kept: { announced?: { now: string } } }> };
  counters: object;
  kernel: object;
  interfaces: Record<string, { counters: object }>;
}

export interface States {
  IP?: IpState;
  OSPF?: OspfState;
  VRRP?: VrrpState;
}

interface ModuleRow {
  name: string;
  version: string;
  service: string;
  errors: number;
  interrupted: number;
  suspect: boolean;
  restarts: number;
}

/** All that a change without an effect must leave as it was. */
export interface Whole {
  states: States;
  modules: readonly ModuleRow[];
  running: string;
  file: string;
  history: unknown;
}

export async function rowsOf(place: Place): Promise<ModuleRow[]> {
  return place.data<ModuleRow[]>('show modules');
}

export async function statesOf(place: Place): Promise<States> {
  const states: Partial<Record<ModuleName, unknown>> = {};
  for (const module of MODULES) {
    const { ok, code, message, data } = await place.exec(`show state ${module}`);
    if (ok) states[module] = (data as { state: unknown }).state;
    else if (code !== 'MODULE_UNKNOWN') throw new Error(`show state ${module}: ${code}: ${message}`);
  }
  return states as States;
}

export async function runningText(place: Place): Promise<string> {
  return (await place.data<{ text: string }>('show configuration')).text;
}

export async function wholeOf(place: Place): Promise<Whole> {
  const modules = (await rowsOf(place)).map(
    ({ name, version, service, errors, interrupted, suspect, restarts }) => ({
      ...{ name, version, service, errors },
      ...{ interrupted, suspect, restarts },
    }),
  );
  return {
    states: await statesOf(place),
    modules,
    running: await runningText(place),
    file: place.text,
    history: await place.data('show configuration history'),
  };
}

/** Leaves out what packets and ticks write, and nothing else: counters, times, and records of lines of the log. */
export function withoutTraffic(whole: Whole): unknown {
  const { states, ...others } = structuredClone(whole);
  const { IP, OSPF, VRRP } = states;
  for (const each of [IP, OSPF, VRRP]) if (each !== undefined) each.counters = {};
  if (OSPF !== undefined) {
    // The database is gone through at its own pace, and IP asks each 30 s for the number of the last message.
    Object.assign(OSPF, { drops: {}, changes: {}, agingAt: 0 });
    OSPF.routing.number = 0;
  }
  for (const sources of [IP?.sources, IP?.virtual?.sources])
    for (const source of Object.values(sources ?? {})) source.number = 0;
  if (VRRP !== undefined) Object.assign(VRRP, { limited: {}, telling: { ...VRRP.telling, number: 0 } });
  // The kernel tells of neighbours as packets come and go.
  if (IP !== undefined) Object.assign(IP, { lines: {}, neighbors: {}, kernel: { ...IP.kernel, number: 0 } });
  for (const { neighbors } of Object.values(OSPF?.interfaces ?? {}))
    for (const neighbor of Object.values(neighbors)) neighbor.events = {};
  for (const router of Object.values(VRRP?.groups ?? {})) {
    router.statistics.counters = {};
    for (const heard of Object.values(router.checksum.heard)) heard.at = 0;
  }
  for (const each of Object.values(IP?.interfaces ?? {})) each.counters = {};
  return { states: { IP, OSPF, VRRP }, ...others };
}

/** All that must stay the same of a neighbour, or a virtual router, as long as no change concerns it. */
export type Life = string;

const otherEnd = (name: string) => name.replace('wan', 'eth');

/** Of an interface's neighbour: in the router, and of the router at FRR. */
export function neighborLife(place: Place, { OSPF }: States, name: string): Life {
  const { address, state, since, routerId } =
    OSPF?.interfaces[name]?.neighbors[`10.9.${name.slice(3)}.2`] ?? ({ state: 'none' } as Neighbor);
  const frr = viewOfFrr(place.frr.log(), otherEnd(name));
  return JSON.stringify({ neighbor: { address, routerId, state, since }, frr });
}

/** Of a virtual router: in the router, and at keepalived, where it has one beside it. */
export function roleLife(place: Place, { VRRP }: States, key: string): Life {
  const found = VRRP?.groups[key];
  const { becameActive, lastChange } = found?.statistics ?? {};
  const beside = besideOf(key);
  const keepalived = beside === undefined ? undefined : place.keepalived.roles(beside.group);
  return JSON.stringify({ state: found?.state ?? 'none', becameActive, lastChange, keepalived });
}

export function besideOf(key: string) {
  return BESIDE.find(({ interface: name, group }) => `${name.replace('eth', 'wan')}/${group}` === key);
}

/** By virtual router, the priority of the one beside it. */
export const PRIORITIES: Readonly<Record<string, number>> = Object.fromEntries(
  BESIDE.map(({ interface: name, group, priority }) => [`${name.replace('eth', 'wan')}/${group}`, priority]),
);

/** Whether both ends have the same database there, and agree who is designated router and its backup. */
export function isFull(place: Place, { OSPF }: States, name: string): boolean {
  const iface = OSPF?.interfaces[name];
  const neighbor = iface?.neighbors[`10.9.${name.slice(3)}.2`];
  if (iface === undefined || neighbor === undefined) return false;
  const agree = neighbor.bdr !== 0 && neighbor.bdr === iface.bdr && neighbor.dr === iface.dr;
  return agree && neighbor.state === 'Full' && viewOfFrr(place.frr.log(), otherEnd(name)).state === 'Full';
}

/** Whether a virtual router is where it comes to rest, at both ends. */
export function isAtRest(place: Place, { VRRP }: States, key: string, roles: Roles): boolean {
  const found = VRRP?.groups[key];
  if (found?.state !== roles[key]) return false;
  const beside = besideOf(key);
  if (beside === undefined) return true;
  // The first advertisement that it hears is yet to come.
  if (found?.state === 'Backup' && found.active === '') return false;
  return place.keepalived.roles(beside.group).at(-1) === (roles[key] === 'Active' ? 'BACKUP' : 'MASTER');
}

/** Whether OSPF has nothing that it waits for, and nothing to do but to go on. */
export function isIdle({ OSPF }: States): boolean {
  if (OSPF === undefined) return true;
  const { routing, interfaces, originated, requests, retransmissions, unannounced } = OSPF;
  const isEmpty = (table: object) => Object.keys(table).length === 0;
  return (
    routing.due === undefined &&
    routing.running === undefined &&
    [requests, retransmissions, unannounced].every(isEmpty) &&
    Object.values(originated).every(({ waiting }) => !waiting) &&
    Object.values(interfaces).every((each) => isEmpty(each.acknowledgments) && isEmpty(each.flooding))
  );
}

/** So often IP announces addresses again that came. */
const REPEATS = 2;

/** Whether IP waits for nothing, sends no advertisements closer together, and has announced virtual addresses to the end. */
export function isQuiet({ IP }: States): boolean {
  const { interfaces = {}, requests = {}, names = {}, virtual, settings } = IP ?? {};
  const announced = Object.values(settings?.ours ?? {}).flatMap(({ kept }) => kept.announced?.now ?? []);
  const devices = Object.keys(names).filter((name) => name.startsWith('vrrp'));
  const wanted = Object.keys(virtual?.deviceOf ?? {});
  return (
    Object.keys(requests).length === 0 &&
    Object.values(interfaces).every((each) => (each as { initial?: number }).initial === 0) &&
    Object.values(virtual?.routers ?? {}).every(({ active, repeated }) => !active || repeated === REPEATS) &&
    announced.every((text) => text.split(' ')[1] === String(REPEATS)) &&
    devices.sort().join() === wanted.sort().join()
  );
}
