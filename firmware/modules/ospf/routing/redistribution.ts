/** Routes of other sources (../../messages/redistribute.ts): the subscription at IP, and what it tells. */
import type { Context } from 'hitless/runtime';
import { toNumber } from '../../address.ts';
import type {
  Redistribute,
  Redistributed,
  RedistributedChange,
  RedistributedSource,
  RedistributionTaken,
  Subscriptions,
} from '../../messages/redistribute.ts';
import type { OspfAgenda } from '../agenda.ts';
import { DEFAULT, externalsOf } from '../origination/origins.ts';
import { soughtDefaults } from '../selectors.ts';
import type { Redistributable, State } from '../state.ts';
import type { Working } from './working.ts';

const SUBSCRIBER = 'ospf';
const IP = 'IP';
/** Where a default route is looked for, of sources that are not redistributed. */
const OF_DEFAULT = ['static', 'kernel'] as const;
/** Rows of a turn. */
const SOME = 64;

/** Asks IP for what is redistributed: at a cold start, and whenever the configuration of it is another. */
export function subscribe(state: State, ctx: Context): void {
  const { redistribution } = state;
  redistribution.how = 'asked';
  const body: Redistribute = { to: SUBSCRIBER, sources: sourcesOf(state), family: 4 };
  // Where it is lost, the next of IP's `subscriptions` shows it.
  ctx.send(IP, 'redistribute', body);
}

/** The module's service ends. */
export function unsubscribe(ctx: Context): void {
  ctx.send(IP, 'redistribute', { to: SUBSCRIBER, sources: [] } satisfies Redistribute);
}

function sourcesOf({ config }: State): RedistributedSource[] {
  const { redistribute } = config;
  const sources: RedistributedSource[] = Object.entries(redistribute).map(
    ([source, { prefixList, routeMap }]) => ({
      source,
      ...(prefixList !== undefined && { prefixList }),
      ...(routeMap !== undefined && { routeMap }),
    }),
  );
  const [first] = soughtDefaults(config);
  if (first === undefined) return sources;
  const { routeMap } = first;
  for (const source of OF_DEFAULT)
    if (redistribute[source] === undefined)
      sources.push({ source, ...(routeMap !== undefined && { routeMap }) });
  return sources;
}

/** IP's event `redistributed`. */
export function takeRedistributed(
  state: State,
  { to, session, number, whole, changes }: Redistributed,
  agenda: OspfAgenda,
  ctx: Context,
): void {
  if (to !== SUBSCRIBER) return;
  const { redistribution } = state;
  if (whole === 'begin' || whole === 'all') {
    redistribution.set++;
    redistribution.how = 'telling';
  } else if (redistribution.how === 'asked') return;
  else if (session !== redistribution.session || number !== redistribution.number + 1) {
    subscribe(state, ctx);
    return;
  }
  redistribution.session = session;
  redistribution.number = number;
  for (const change of changes) take(state, change, agenda);
  if (whole === 'end' || whole === 'all') redistribution.how = 'sweep';
  tellTaken(state, ctx);
}

/** IP tells only so much ahead of this, and takes one that never says it for gone. Lost, the next one says it too. */
function tellTaken({ redistribution: { session, number } }: State, ctx: Context): void {
  ctx.send(IP, 'redistributionTaken', { to: SUBSCRIBER, session, number } satisfies RedistributionTaken);
}

/** IP's event `subscriptions`: ours is asked for again where it is not there, or has gone on without us. */
export function takeSubscriptions(state: State, { redistribute }: Subscriptions, ctx: Context): void {
  const theirs = redistribute[SUBSCRIBER];
  const { session, number, how } = state.redistribution;
  if (sourcesOf(state).length === 0) {
    if (theirs !== undefined) subscribe(state, ctx);
  } else if (how === 'asked' || theirs?.session !== session || theirs.number !== number)
    subscribe(state, ctx);
  else tellTaken(state, ctx);
}

/** Rows that a whole set did not have go. @returns whether something was done */
export function sweepSome(state: State, working: Working, agenda: OspfAgenda): boolean {
  const { redistribution, redistributable } = state;
  if (redistribution.how !== 'sweep') {
    delete working.sweep;
    return false;
  }
  working.sweep ??= redistributable.keys();
  for (let done = 0; done < SOME; done++) {
    const next = working.sweep.next();
    if (next.done === true) {
      delete working.sweep;
      redistribution.how = 'whole';
      return true;
    }
    const row = redistributable.get(next.value);
    if (row !== undefined && row.set !== redistribution.set) forget(state, next.value, agenda);
  }
  return true;
}

function take(state: State, change: RedistributedChange, agenda: OspfAgenda): void {
  const { prefix } = change;
  if ('remove' in change) {
    forget(state, prefix, agenda);
    return;
  }
  // Of a source that is asked for a default route alone, nothing else counts.
  if (prefix !== DEFAULT && state.config.redistribute[change.source] === undefined) return;
  const { source, metric, tag = 0, type, hops } = change;
  const [hop] = hops;
  const gateway = hops.length === 1 ? hop?.gateway : undefined;
  const row: Redistributable = {
    source,
    metric,
    tag,
    ...(type !== undefined && { type }),
    ...(gateway !== undefined && { gateway: toNumber(gateway) }),
    ...(hop !== undefined && { link: hop.interface }),
    set: state.redistribution.set,
  };
  const before = state.redistributable.get(prefix);
  state.redistributable.set(prefix, row);
  if (before === undefined || !isSame(before, row)) tell(state, prefix, agenda);
}

function forget(state: State, prefix: string, agenda: OspfAgenda): void {
  if (state.redistributable.delete(prefix)) tell(state, prefix, agenda);
}

function tell(state: State, prefix: string, agenda: OspfAgenda): void {
  for (const origin of externalsOf(state, prefix)) agenda.originate(origin);
}

function isSame(one: Readonly<Redistributable>, other: Readonly<Redistributable>): boolean {
  return (
    one.source === other.source &&
    one.metric === other.metric &&
    one.tag === other.tag &&
    one.type === other.type &&
    one.gateway === other.gateway &&
    one.link === other.link
  );
}
