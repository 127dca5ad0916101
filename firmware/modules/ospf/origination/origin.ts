/** Which LSA of ours an origin has now: its key, and back (lsdb/origination.ts keeps both). */
import type { Origin, State } from '../state.ts';

/** One text for each origin: the key of `state.origins`. */
export function originText(of: Origin): string {
  switch (of.lsa) {
    case 'router':
    case 'router-information':
      return `${of.lsa} ${of.area}`;
    case 'network':
      return `${of.lsa} ${of.iface}`;
    case 'summary':
    case 'nssa':
      return `${of.lsa} ${of.area} ${of.prefix}`;
    case 'asbr':
      return `asbr ${of.area} ${of.router}`;
    case 'external':
      return `external ${of.prefix}`;
  }
}

/** The origin of an LSA that we keep up; undefined for one that is not ours, or is flushed. */
export function originOf(state: State, key: string): Origin | undefined {
  const origin = state.originated.get(key)?.origin;
  return origin !== undefined && state.origins.get(originText(origin)) === key ? origin : undefined;
}
