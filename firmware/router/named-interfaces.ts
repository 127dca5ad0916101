/** The interfaces on which the configuration puts the ports of modules that were made for api 1. */
import type { CompatPort } from '../compat/ports.ts';
import { at, keys } from '../config/paths.ts';
import { formatPath, type KeyPath } from '../config/problem.ts';

/**
 * @param data the configuration file's
 * @returns by interface, the key of the configuration that names it
 */
export function interfacesOf({ interfaces }: CompatPort, data: unknown): Map<string, string> {
  return namedIn(data, interfaces.in, interfaces.as);
}

/** The same by a module's settings; each once. */
export function interfacesInSettings({ interfaces }: CompatPort, settings: unknown): string[] {
  return [...namedIn(settings, interfaces.settings, interfaces.as).keys()];
}

/** A module's own settings of an interface, by its section. */
export interface SetHere {
  /** It turns forwarding on or off, and says where it cannot. */
  readonly forwarding: boolean;
  /** It makes the interface. */
  readonly made: boolean;
}

/** Undefined where the section says nothing of it, or does not have settings by interface. */
export function setHere({ interfaces }: CompatPort, data: unknown, name: string): SetHere | undefined {
  if (interfaces.as !== undefined) return undefined;
  const has = (key: string) => at(data, [...interfaces.in.split('.'), name, key]) !== undefined;
  const set = { forwarding: has('forwarding'), made: has('vlan') || has('bridge') };
  return set.forwarding || set.made ? set : undefined;
}

function namedIn(data: unknown, place: string, as: string | undefined): Map<string, string> {
  const named = new Map<string, string>();
  for (const path of keys(data, place.split('.'))) {
    const key: KeyPath = as === undefined ? path : [...path, as];
    named.set(String(as === undefined ? path.at(-1) : at(data, key)), formatPath(key));
  }
  return named;
}
