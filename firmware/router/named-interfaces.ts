/** The interfaces on which the configuration puts the ports of modules that were made for api 1. */
import type { CompatPort } from '../compat/ports.ts';
import { at, keys } from '../config/paths.ts';
import { formatPath, type KeyPath } from '../config/problem.ts';

/**
 * @param data the configuration file's
 * @returns by interface, the key of the configuration that names it
 */
export function interfacesOf({ interfaces }: CompatPort, data: unknown): Map<string, string> {
  const named = new Map<string, string>();
  for (const path of keys(data, interfaces.in.split('.'))) {
    const place: KeyPath = interfaces.as === undefined ? path : [...path, interfaces.as];
    named.set(String(interfaces.as === undefined ? path.at(-1) : at(data, place)), formatPath(place));
  }
  return named;
}
