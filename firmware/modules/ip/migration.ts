/** The earlier shape of the state, and the state handlers from and to it. */
import { addTo, type Counters } from '../counter.ts';
import type { LinkState } from '../messages/link.ts';
import type { Config, Counted, Interface, State } from './state.ts';

/** State version 1, of 1.0.0 and 1.1.0. */
export interface StateV1 {
  config: Config;
  relay: number;
  links: Map<string, LinkState>;
  counters: Counters<Counted>;
}

/** Version 1 advertised the first address of each interface, so hosts may know that one. */
export function up({ config, relay, links, counters }: StateV1): State {
  const interfaces = Object.keys(config.interfaces).map((name): [string, Interface] => {
    const link = links.get(name);
    const advertised = link?.addresses.slice(0, 1).map(({ address }) => address) ?? [];
    return [name, { name, ...(link && { link }), advertised, initial: 0, counters: {} }];
  });
  return { config, relay, interfaces: new Map(interfaces), counters: { ...counters } };
}

/** Counts are added up over the interfaces; which addresses hosts know is forgotten. */
export function down({ config, relay, interfaces, counters }: State): StateV1 {
  const links = new Map<string, LinkState>();
  const total = { ...counters };
  for (const { name, link, counters: counted } of interfaces.values()) {
    if (link !== undefined) links.set(name, link);
    addTo(total, counted);
  }
  return { config, relay, links, counters: total };
}
