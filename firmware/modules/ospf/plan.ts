/** The difference that another configuration makes, before anything of it is done. */
import { toAddress, toNumber } from '../address.ts';
import { differenceOf, isSame } from '../difference.ts';
import type { Config, InterfaceConfig, VirtualLinkConfig } from './config-record.ts';
import { BACKBONE } from './constants.ts';
import { soughtDefaults, virtualKey } from './selectors.ts';
import type { Id } from './state.ts';

/** The work that is left for after the decision; interfaces, and virtual links, are told by key. */
export interface Plan {
  /** The configuration from then on. */
  config: Config;
  /** Another router id: all of ours is flushed, and OSPF begins again (5). */
  startsAgain: boolean;
  added: readonly string[];
  removed: readonly string[];
  /** Interfaces that stay, with something about them that is not as before. */
  changed: readonly InterfaceChange[];
  areas: {
    added: readonly Id[];
    removed: readonly Id[];
    /** With another type or other ranges; those with another type have their interfaces among `changed`. */
    changed: readonly Id[];
  };
  /** IP is asked for something else. */
  redistributes: boolean;
  /** Something that routes, or LSAs of ours, are made of. */
  routes: boolean;
}

export interface InterfaceChange {
  key: string;
  /** It goes down and comes up again: its neighbours were those of another area, link or type. */
  restarts: boolean;
  /** Its HelloInterval is another, or it is passive no more. */
  retimed: boolean;
  /** Its priority is another: the election is looked at again. */
  elects: boolean;
  /** The cost of one of its neighbours is another. */
  costs: boolean;
}

/**
 * A plan that leads from one configuration to another. Any can be had: the way back of a change is one of them, and no
 * packet may bar it.
 */
export function planFor(before: Config, config: Config): Plan {
  const startsAgain = before.routerId !== config.routerId;
  const interfaces = differenceOf(interfacesOf(before), interfacesOf(config));
  const areas = differenceOf(before.areas, config.areas);
  const retyped = areas.changed.filter((id) => isRetyped(before, config, id));
  const concerned =
    startsAgain || before.referenceBandwidth !== config.referenceBandwidth
      ? interfaces.stayed
      : interfaces.stayed.filter(
          (key) => interfaces.changed.includes(key) || retyped.includes(areaOf(config, key)),
        );
  return {
    config,
    startsAgain,
    added: interfaces.added,
    removed: interfaces.removed,
    changed: concerned.map((key) =>
      changeOf(key, before, config, startsAgain || retyped.includes(areaOf(config, key))),
    ),
    areas: {
      added: areas.added.map(toNumber),
      removed: areas.removed.map(toNumber),
      changed: areas.changed.map(toNumber),
    },
    redistributes: !isSame(askedOf(before), askedOf(config)),
    routes: startsAgain || !isSame(routedBy(before), routedBy(config)),
  };
}

type Any = Partial<InterfaceConfig> & VirtualLinkConfig;

/** Interfaces and virtual links by key. */
export function interfacesOf({ interfaces, areas }: Config): Record<string, Any> {
  const virtual = Object.entries(areas).flatMap(([area, { virtualLinks }]) =>
    Object.entries(virtualLinks).map(
      ([router, link]) => [virtualKey(toNumber(area), toNumber(router)), link] as const,
    ),
  );
  return { ...interfaces, ...Object.fromEntries(virtual) };
}

function areaOf({ interfaces }: Config, key: string): string {
  return interfaces[key]?.area ?? toAddress(BACKBONE);
}

function isRetyped(before: Config, after: Config, id: string): boolean {
  return before.areas[id]?.type !== after.areas[id]?.type;
}

function changeOf(key: string, before: Config, after: Config, restarts: boolean): InterfaceChange {
  const [was, next] = [interfacesOf(before)[key]!, interfacesOf(after)[key]!];
  return {
    key,
    restarts: restarts || was.area !== next.area || was.type !== next.type || was.passive !== next.passive,
    retimed: was.helloInterval !== next.helloInterval || was.passive !== next.passive,
    elects: was.priority !== next.priority,
    costs: !isSame(costsOf(was), costsOf(next)),
  };
}

/** Of neighbours that are named, and have one. */
function costsOf({ neighbors = {} }: Any) {
  const each = Object.entries(neighbors).map(([name, { cost }]) => [name, cost] as const);
  return Object.fromEntries(each.filter(([, cost]) => cost !== undefined));
}

function askedOf(config: Config) {
  return { redistribute: config.redistribute, defaults: soughtDefaults(config) };
}

/** All but interfaces, timers and keys. */
function routedBy(config: Config) {
  const { interfaces: _interfaces, timers: _timers, keyChains: _chains, areas, ...rest } = config;
  const plain = Object.entries(areas).map(([id, { virtualLinks, ...area }]) => [
    id,
    { ...area, virtualLinks: Object.keys(virtualLinks) },
  ]);
  return { ...rest, areas: Object.fromEntries(plain) };
}
