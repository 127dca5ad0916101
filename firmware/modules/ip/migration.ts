/** Earlier shapes of the state, and the state handlers from and to them. */
import { type EndedTables, Table } from 'hitless/runtime';
import { addTo, type Counters } from '../counter.ts';
import type { LimitedLog } from '../limited-log.ts';
import type { LinkState } from '../messages/link.ts';
import type { LinkAndAddresses } from '../messages/links.ts';
import { readConfig } from './config.ts';
import { type SettingsState, withoutRequests } from './interfaces/interface-record.ts';
import { type Counted, emptyTables, type Interface, newInterface, type State } from './state.ts';

/** The configuration of versions before 3.0.0. */
export interface ConfigV2 {
  lifetime: number;
  interfaces: Record<string, { preference: number; interval: number }>;
}

/** State version 2, of 2.0.0 to 2.3.1. */
export interface StateV2 {
  config: ConfigV2;
  relay: number;
  interfaces: Map<string, Interface>;
  counters: Counters<Counted>;
  lines?: LimitedLog;
  /** How settings of interfaces are undone: versions before 3.0.0 neither read it nor lose it. */
  settings?: SettingsState;
  /** Links as they were told: so do these, for what is retained outlasts a version that tells nothing. */
  linksTold?: LinkAndAddresses[];
}

/** State version 1, of 1.0.0 and 1.1.0. */
export interface StateV1 {
  config: ConfigV2;
  relay: number;
  links: Map<string, LinkState>;
  counters: Counters<Counted>;
}

/** From 1 to 2. Version 1 advertised the first address of each interface, so hosts may know that one. */
export function up1({ config, relay, links, counters }: StateV1): StateV2 {
  const interfaces = Object.keys(config.interfaces).map((name): [string, Interface] => {
    const link = links.get(name);
    const advertised = link?.addresses.slice(0, 1).map(({ address }) => address) ?? [];
    return [name, { ...newInterface(name), ...(link && { link }), advertised }];
  });
  return { config, relay, interfaces: new Map(interfaces), counters: { ...counters } };
}

/** From 2 to 1. Counts are added up over the interfaces; which addresses hosts know is forgotten. */
export function down1({ config, relay, interfaces, counters }: StateV2): StateV1 {
  const links = new Map<string, LinkState>();
  const total = { ...counters };
  for (const { name, link, counters: counted } of interfaces.values()) {
    if (link !== undefined) links.set(name, link);
    addTo(total, counted);
  }
  return { config, relay, links, counters: total };
}

/** From 2 to 3. The kernel is listed when the port opens: routes of ours that are there are claimed then. */
export function up2({
  config,
  relay,
  interfaces,
  counters,
  lines,
  settings,
  linksTold = [],
}: StateV2): State {
  return {
    config: readConfig(config),
    relay,
    interfaces,
    counters,
    ...(lines !== undefined && { lines }),
    ...emptyTables(),
    linksTold: new Table(linksTold.map((link) => [link.index, link] as const)),
    ...(settings !== undefined && { settings }),
  };
}

/**
 * From 3 to 2. Routes stay in the kernel, and what is known of it is forgotten. The configuration stays whole: version 2
 * does not read what is new there, and a return finds the static routes again. So it does with what was there before our
 * settings of interfaces.
 */
export function down2(
  { config, relay, interfaces, counters, lines, settings }: State,
  { linksTold }: EndedTables = {},
): StateV2 {
  return {
    config,
    relay,
    interfaces,
    counters,
    ...(lines !== undefined && { lines }),
    ...(settings.ours.size > 0 && { settings: withoutRequests(settings) }),
    ...(linksTold !== undefined && linksTold.size > 0 && { linksTold: [...linksTold.values()] }),
  };
}
