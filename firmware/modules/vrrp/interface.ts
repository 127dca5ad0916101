/** An interface with virtual routers: when they start and stop (RFC 9568 6.4.1), and which packets they take (7.1). */
import type { Context } from 'hitless/runtime';
import type { LinkState } from '../../../drivers/links.ts';
import type { RawIpIn } from '../../../drivers/raw-ip.ts';
import { type Counters, count } from '../counter.ts';
import { leftOutText, lineDue } from '../limited-log.ts';
import { chooseSubnet } from '../subnet.ts';
import { checkAgreement } from './agreement.ts';
import { formHeard } from './checksum-form.ts';
import { DROP_REASONS, type DropReason } from './drop.ts';
import { OWNER, tellContradictions } from './ownership.ts';
import { checksumForms, decode } from './packet.ts';
import { running } from './running.ts';
import { groupKey, type State } from './state.ts';
import { addressesChanged, advertisementReceived, shutdown, startIdle, startup } from './virtual-router.ts';

/** Takes note of a link's state: up with an address is the event Startup, anything else is Shutdown. */
export function linkChanged(ctx: Context, state: State, link: LinkState): void {
  state.links.set(link.name, link);
  tellContradictions(ctx, state, link.name);
  for (const [key, router] of state.groups) {
    if (router.interface !== link.name) continue;
    const run = running(state, key);
    if (run === undefined) shutdown(ctx, state, router, 'shutdown');
    else if (router.state === 'Initialize') startup(ctx, state, run);
    else addressesChanged(ctx, state, run);
  }
}

/** With each tick: what no event sets off. */
export function lookAfter(ctx: Context, state: State): void {
  startIdle(ctx, state);
  if (state.checked) return;
  // A version before did not hold the configuration against the links, which are told with their changes only.
  state.checked = true;
  for (const name of state.links.keys()) tellContradictions(ctx, state, name);
}

/** Handles a packet, or drops it: counted, and told within limits. */
export function receive(ctx: Context, state: State, name: string, datum: RawIpIn): void {
  const dropped = take(ctx, state, name, datum);
  if (dropped === undefined) return;
  const { reason, counters = state.counters } = dropped;
  count(counters, reason);
  if (reason !== 'own' && reason !== 'inactive') tellDrop(ctx, state, name, datum.from, reason);
}

/** Why a packet is dropped, and where it is counted when its virtual router is known. */
interface Dropped {
  reason: DropReason;
  counters?: Counters<DropReason>;
}

function take(ctx: Context, state: State, name: string, datum: RawIpIn): Dropped | undefined {
  const { from } = datum;
  const link = state.links.get(name);
  if (!link?.up || chooseSubnet(link).used === undefined) return { reason: 'inactive' };
  if (link.addresses.some(({ address }) => address === from)) return { reason: 'own' };
  const adv = decode(datum);
  if ('error' in adv) return { reason: adv.error };
  const run = running(state, groupKey(name, adv.group));
  if (run === undefined) return { reason: 'vrid' };
  const { counters } = run.router.statistics;
  // The owner takes no advertisement, but others have to take its own: it has to know their form.
  if (adv.interval !== 0) formHeard(ctx, state, run, checksumForms(datum), from);
  if (run.priority === OWNER) return { reason: 'owner', counters };
  if (adv.interval === 0) return { reason: 'interval', counters };
  count(counters, 'received');
  checkAgreement(ctx, state, run, adv, from);
  advertisementReceived(ctx, state, run, adv, from);
  return undefined;
}

/** 7.1: who discards should log it, but not flood the log. */
function tellDrop(ctx: Context, state: State, name: string, from: string, reason: DropReason): void {
  const due = lineDue(state.limited, `drop ${reason}`, `${name} ${from}`, ctx.now());
  if (due === undefined) return;
  ctx.log(
    'warn',
    `dropped a packet from ${from} on ${name}: ${DROP_REASONS[reason]} (${reason})${leftOutText(due)}`,
  );
}
