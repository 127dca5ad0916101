/** An interface with virtual routers: when they start and stop (RFC 9568 6.4.1), and which packets they take (7.1). */
import type { Context } from 'hitless/runtime';
import type { LinkState } from '../../../drivers/links.ts';
import type { RawIpIn } from '../../../drivers/raw-ip.ts';
import { count } from '../counter.ts';
import { checkAgreement } from './agreement.ts';
import type { DropReason } from './drop.ts';
import { decode } from './packet.ts';
import { groupKey, type State } from './state.ts';
import { advertisementReceived, OWNER, running, shutdown, startup } from './virtual-router.ts';

/** Takes note of a link's state: up with an address is the event Startup, anything else is Shutdown. */
export function linkChanged(ctx: Context, state: State, link: LinkState): void {
  state.links.set(link.name, link);
  for (const [key, router] of state.groups) {
    if (router.interface !== link.name) continue;
    const run = running(state, key);
    if (run === undefined) shutdown(ctx, router);
    else if (router.state === 'Initialize') startup(ctx, run);
    else if (router.state === 'Active') router.active = run.own;
  }
}

/** A packet that was dropped: why, and how many were for this reason, of its virtual router or of unknown ones. */
export interface Dropped {
  reason: DropReason;
  dropped: number;
}

/** Handles a packet; answers why it was dropped, if it was. */
export function receive(ctx: Context, state: State, name: string, datum: RawIpIn): Dropped | undefined {
  const drop = (reason: DropReason, counters = state.counters) => ({
    reason,
    dropped: count(counters, reason),
  });
  const link = state.links.get(name);
  if (!link?.up || link.addresses.length === 0) return drop('inactive');
  if (link.addresses.some(({ address }) => address === datum.from)) return drop('own');
  const adv = decode(datum);
  if ('error' in adv) return drop(adv.error);
  const run = running(state, groupKey(name, adv.group));
  if (run === undefined) return drop('vrid');
  const { counters } = run.router.statistics;
  if (run.config.priority === OWNER) return drop('owner', counters);
  if (adv.interval === 0) return drop('interval', counters);
  count(counters, 'received');
  checkAgreement(ctx, state, run, adv, datum.from);
  advertisementReceived(ctx, run, adv, datum.from);
  return undefined;
}
