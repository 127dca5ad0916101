/** A router with neighbours on three of four networks, and what may be changed of it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { stringify } from 'yaml';
import { newestRelease } from '../../newest-release.ts';
import { swapped } from '../../source-bundle.ts';
import type { Choices } from './changes.ts';
import {
  type Configuration,
  type Group,
  MODULES,
  type ModuleName,
  type OspfInterface,
  TIMERS,
} from './configuration.ts';
import { INTERFACES, Place } from './place.ts';

const RELEASES = new URL('../../../firmware/releases/', import.meta.url);

const OSPF: OspfInterface = { 'hello-interval': '1s', 'dead-interval': '60s' };

/** 10, 20 and 30 have keepalived beside them; in 20 it has the higher priority. */
const GROUPS = [
  ['wan0', 10],
  ['wan1', 20],
  ['wan2', 30],
  ['wan3', 40],
  ['wan0', 11],
] as const;

const SHARED = ['wan0/10', 'wan1/20', 'wan2/30'];

function group(name: string, number: number): Group {
  const host = SHARED.includes(`${name}/${number}`) ? 254 : 240;
  return {
    interface: name,
    group: number,
    priority: number === 20 ? 50 : 200,
    interval: '600ms',
    addresses: [`10.9.${name.slice(3)}.${host}`],
  };
}

/**
 * Puts two versions of a module into a directory: its newest release under two other numbers.
 * @param more is put behind their code
 */
function versionsOf(module: ModuleName, bundles: string, more = ''): string[] {
  const name = module.toLowerCase();
  const newest = newestRelease(name);
  const text = readFileSync(new URL(`${name}-${newest}.cjs`, RELEASES), 'utf8');
  return [1000, 1001].map((patch) => {
    const version = newest.replace(/\d+$/, String(patch));
    writeFileSync(
      join(bundles, `${name}-${version}.cjs`),
      swapped(text, `"${newest}"`, `"${version}"`) + more,
    );
    return `${name}@${version}`;
  });
}

export interface Surroundings {
  place: Place;
  /** The configuration by which it runs at first. */
  first: Configuration;
  choices: Choices;
}

export interface SurroundingsOptions {
  /** Code that is put behind that of versions, by module. */
  more?: Partial<Record<ModuleName, string>>;
  /** A device for a console on a serial line. */
  serial?: string;
}

/** Starts it. Ends with the test. */
export async function makeSurroundings(
  t: Test,
  { more = {}, serial }: SurroundingsOptions = {},
): Promise<Surroundings> {
  const place = await Place.make(t);
  const bundles = join(place.directory, 'bundles');
  mkdirSync(bundles);
  const versions = {} as Record<ModuleName, string[]>;
  for (const module of MODULES) versions[module] = versionsOf(module, bundles, more[module]);
  const each = <T>(names: readonly string[], of: (name: string) => T) =>
    Object.fromEntries(names.map((name) => [name, of(name)]));
  const first: Configuration = {
    router: {
      id: '10.9.0.1',
      state: join(place.directory, 'state'),
      bundles: ['bundles'],
      modules: Object.fromEntries(MODULES.map((module) => [module, versions[module][0]!])),
    },
    ...(serial !== undefined && { console: { serial: { path: serial } } }),
    interfaces: each(INTERFACES, (name) => ({ addresses: [`10.9.${name.slice(3)}.1/24`] })),
    ip: { interfaces: each(['wan0', 'wan1'], () => ({ interval: '1s' })) },
    ospf: { interfaces: each(INTERFACES.slice(0, 3), () => ({ ...OSPF })), timers: { ...TIMERS } },
    vrrp: GROUPS.slice(0, 4).map(([name, number]) => group(name, number)),
  };
  place.write(stringify(first));
  await place.start();
  const choices: Choices = {
    interfaces: INTERFACES,
    routerIds: ['10.9.0.1', '10.9.9.1', '10.9.9.9'],
    versions,
    shared: SHARED,
    group,
    groups: GROUPS,
    ospf: OSPF,
  };
  return { place, first, choices };
}
