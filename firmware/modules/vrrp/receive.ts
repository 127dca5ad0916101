/** Which packets are taken (RFC 9568 7.1; of version 2, RFC 3768 7.1), and who is told what they say. */
import type { Context } from 'hitless/runtime';
import { type Counters, count } from '../counter.ts';
import { leftOutText, lineDue } from '../limited-log.ts';
import type { VrrpAgenda } from './agenda.ts';
import { checkAgreement } from './agreement.ts';
import { formHeard } from './checksum-form.ts';
import { type Family, OWNER } from './constants.ts';
import { DROP_REASONS, type DropReason } from './drop.ts';
import { isUsable } from './ownership.ts';
import { checksumForms, type Datum, decode } from './packet.ts';
import { running } from './running.ts';
import { dropsOf, keyOf, type State } from './state.ts';

/** Handles a packet, or drops it: counted, and told within limits. */
export function receive(
  state: State,
  name: string,
  family: Family,
  datum: Datum,
  agenda: VrrpAgenda,
  ctx: Context,
): void {
  const dropped = take(state, name, family, datum, agenda, ctx);
  if (dropped === undefined) return;
  const { reason, counters = state.counters } = dropped;
  count(counters, reason);
  if (reason !== 'own' && reason !== 'inactive') tellDrop(state, name, datum.from, reason, ctx);
}

/** Why a packet is dropped, and where it is counted when its virtual router is known. */
interface Dropped {
  reason: DropReason;
  counters?: Counters<DropReason>;
}

function take(
  state: State,
  name: string,
  family: Family,
  datum: Datum,
  agenda: VrrpAgenda,
  ctx: Context,
): Dropped | undefined {
  const { from } = datum;
  const link = state.links.get(name);
  if (!link?.up || !isUsable(link, family)) return { reason: 'inactive' };
  if (link.addresses.some(({ address }) => address === from)) return { reason: 'own' };
  const adv = decode(datum);
  if ('error' in adv) return { reason: adv.error };
  const router = state.groups.get(keyOf({ interface: name, group: adv.group, family }));
  if (router === undefined) return { reason: 'vrid' };
  const { counters } = router.statistics;
  const run = running(state, router);
  if (run === undefined) return { reason: 'inactive', counters };
  if (adv.version !== run.config.version) return { reason: 'version', counters };
  // The owner takes no advertisement, but others have to take its own: it has to know their form.
  if (adv.interval !== 0) formHeard(state, run, checksumForms(datum), from, ctx);
  if (run.priority === OWNER) return { reason: 'owner', counters };
  if (adv.interval === 0) return { reason: 'interval', counters };
  if (adv.version === 2 && adv.interval !== run.config.interval) return { reason: 'adverInterval', counters };
  count(counters, 'received');
  checkAgreement(state, run, adv, from, ctx);
  const { priority, interval } = adv;
  agenda.virtualRouter(router, { type: 'Advertisement', priority, interval, from }, run);
  return undefined;
}

/** 7.1: who discards should log it, but not flood the log. */
function tellDrop(state: State, name: string, from: string, reason: DropReason, ctx: Context): void {
  const due = lineDue(state.limited, dropsOf(reason), `${name} ${from}`, ctx.now());
  if (due === undefined) return;
  ctx.log(
    'warn',
    `dropped a packet from ${from} on ${name}: ${DROP_REASONS[reason]} (${reason})${leftOutText(due)}`,
  );
}
