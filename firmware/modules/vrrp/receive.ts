/** Which packets are taken (RFC 9568 7.1), and who is told what they say. */
import type { Context } from 'hitless/runtime';
import type { RawIpIn } from '../../../drivers/raw-ip.ts';
import { type Counters, count } from '../counter.ts';
import { leftOutText, lineDue } from '../limited-log.ts';
import { chooseSubnet } from '../subnet.ts';
import type { VrrpAgenda } from './agenda.ts';
import { checkAgreement } from './agreement.ts';
import { formHeard } from './checksum-form.ts';
import { DROP_REASONS, type DropReason } from './drop.ts';
import { checksumForms, decode, OWNER } from './packet.ts';
import { running } from './running.ts';
import { groupKey, type State } from './state.ts';

/** Handles a packet, or drops it: counted, and told within limits. */
export function receive(state: State, name: string, datum: RawIpIn, agenda: VrrpAgenda, ctx: Context): void {
  const dropped = take(state, name, datum, agenda, ctx);
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
  datum: RawIpIn,
  agenda: VrrpAgenda,
  ctx: Context,
): Dropped | undefined {
  const { from } = datum;
  const link = state.links.get(name);
  if (!link?.up || chooseSubnet(link).used === undefined) return { reason: 'inactive' };
  if (link.addresses.some(({ address }) => address === from)) return { reason: 'own' };
  const adv = decode(datum);
  if ('error' in adv) return { reason: adv.error };
  const router = state.groups.get(groupKey(name, adv.group));
  const run = router && running(state, router);
  if (run === undefined) return { reason: 'vrid' };
  const { counters } = run.router.statistics;
  // The owner takes no advertisement, but others have to take its own: it has to know their form.
  if (adv.interval !== 0) formHeard(state, run, checksumForms(datum), from, ctx);
  if (run.priority === OWNER) return { reason: 'owner', counters };
  if (adv.interval === 0) return { reason: 'interval', counters };
  count(counters, 'received');
  checkAgreement(state, run, adv, from, ctx);
  const { priority, interval } = adv;
  agenda.virtualRouter(run.router, { type: 'Advertisement', priority, interval, from }, run);
  return undefined;
}

/** 7.1: who discards should log it, but not flood the log. */
function tellDrop(state: State, name: string, from: string, reason: DropReason, ctx: Context): void {
  const due = lineDue(state.limited, `drop ${reason}`, `${name} ${from}`, ctx.now());
  if (due === undefined) return;
  ctx.log(
    'warn',
    `dropped a packet from ${from} on ${name}: ${DROP_REASONS[reason]} (${reason})${leftOutText(due)}`,
  );
}
