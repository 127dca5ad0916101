/**
 * Helping a neighbour to restart (RFC 3623 3): for its grace period it is told of as if it were fully adjacent, and is kept
 * though it is silent. A topology that changes ends that, for the neighbour cannot follow. Timer `grace`, by neighbour.
 */
import type { Context } from 'hitless/runtime';
import { toAddress } from '../../address.ts';
import { leftOutText, lineDue } from '../../limited-log.ts';
import type { OspfAgenda } from '../agenda.ts';
import { LS_OPAQUE_LINK, MAX_AGE } from '../constants.ts';
import { ageOf, findLsa } from '../lsdb/lsdb.ts';
import { isChangeAwaited } from '../lsdb/retransmission.ts';
import { decodeGrace, isGrace } from '../packet/grace.ts';
import { decodeLsa } from '../packet/lsa.ts';
import { areaConfigOf, areKnownById, configOf, findNeighbor, isRestarting } from '../selectors.ts';
import type { Interface, Lsa, Neighbor, State } from '../state.ts';

/** The longest period that is granted, in s: LSAs of a router that is gone longer are old (B). */
const LONGEST_PERIOD = 1_800;
/** Lines about one neighbour that need not wait. */
const LINES_AT_ONCE = 4;

/** An LSA has come that is a grace-LSA, or is another than before. Agenda item `restart`. */
export function lsaChanged(state: State, key: string, agenda: OspfAgenda, ctx: Context): void {
  const lsa = findLsa(state, key);
  if (lsa === undefined) return;
  if (lsa.type < LS_OPAQUE_LINK) {
    // 3.2 (3)
    for (const [iface, neighbor] of helped(state))
      if (reaches(state, iface, lsa)) endHelp(state, iface, neighbor, 'the topology changed', agenda, ctx);
  } else if (isGrace(lsa)) {
    graceChanged(state, lsa, agenda, ctx);
  }
}

/** Expiry of the timer `grace`: 3.2 (2). */
export function graceIsOver(state: State, key: string, agenda: OspfAgenda, ctx: Context): void {
  const found = findNeighbor(state, key);
  if (found !== undefined) endHelp(state, ...found, 'its grace period is over', agenda, ctx);
}

function graceChanged(state: State, lsa: Lsa, agenda: OspfAgenda, ctx: Context): void {
  const iface = state.interfaces.get(lsa.scope.slice('link '.length));
  const body = decodeLsa(lsa.bytes);
  const grace = 'data' in body ? decodeGrace(body.data) : undefined;
  if (iface === undefined || grace === undefined) return;
  const neighbor = [...iface.neighbors.values()].find(
    ({ address, routerId }) =>
      routerId === lsa.router &&
      (areKnownById(iface) || grace.address === undefined || grace.address === address),
  );
  if (neighbor === undefined) return;
  // 3.2 (1)
  if (lsa.age >= MAX_AGE) {
    endHelp(state, iface, neighbor, 'it has restarted', agenda, ctx);
    return;
  }
  const now = ctx.now();
  const left = Math.min(grace.period, LONGEST_PERIOD) - ageOf(lsa, now);
  const why = whyNot(state, neighbor, left);
  const who = `neighbour ${toAddress(neighbor.routerId)} on ${iface.key}`;
  if (why !== undefined) {
    tell(state, neighbor, `${who}: it restarts and is not helped: ${why}`, ctx);
    return;
  }
  if (neighbor.helping === undefined)
    tell(state, neighbor, `${who}: it restarts and is helped for ${left} s`, ctx);
  neighbor.helping = { until: now + left * 1_000, reason: grace.reason };
  ctx.setTimer('grace', neighbor.key, left * 1_000);
}

/** Whoever sends grace-LSAs does not decide how many lines that makes. */
function tell(state: State, { key }: Neighbor, text: string, ctx: Context): void {
  const due = lineDue(state.changes, 'grace', key, ctx.now(), LINES_AT_ONCE);
  if (due !== undefined) ctx.log('info', `${text}${leftOutText(due)}`);
}

/** 3.1. One that is helped already may say more of it, whatever its state is. */
function whyNot(state: State, neighbor: Neighbor, left: number): string | undefined {
  if (!state.config.gracefulRestart.helper) return 'the configuration forbids it';
  // (5)
  if (isRestarting(state)) return 'this router restarts itself';
  if (left <= 0) return 'its grace period is over';
  if (neighbor.helping !== undefined) return undefined;
  if (neighbor.state !== 'Full') return `its state is ${neighbor.state}`;
  return isChangeAwaited(state, neighbor) ? 'the topology has changed since' : undefined;
}

/** 3.2: we tell of it as it is, and elect anew. It has as long to say a Hello as a neighbour may be silent. */
function endHelp(
  state: State,
  iface: Interface,
  neighbor: Neighbor,
  why: string,
  agenda: OspfAgenda,
  ctx: Context,
): void {
  if (neighbor.helping === undefined) return;
  delete neighbor.helping;
  ctx.cancelTimer('grace', neighbor.key);
  ctx.log(
    'info',
    `neighbour ${toAddress(neighbor.routerId)} on ${iface.key}: it is helped no longer: ${why}`,
  );
  if (ctx.timerDue('inactivity', neighbor.timer) === undefined)
    ctx.setTimer('inactivity', neighbor.timer, configOf(state, iface).deadInterval);
  agenda.interface(iface, 'NeighborChange');
  agenda.originate({ lsa: 'router', area: iface.area });
  if (iface.virtual !== undefined) agenda.originate({ lsa: 'router', area: iface.virtual.area });
  agenda.originate({ lsa: 'network', iface: iface.key });
  agenda.adjacencies();
}

function helped(state: State): [Interface, Neighbor][] {
  return [...state.interfaces.values()].flatMap((iface) =>
    [...iface.neighbors.values()].flatMap((neighbor): [Interface, Neighbor][] =>
      neighbor.helping === undefined ? [] : [[iface, neighbor]],
    ),
  );
}

/** Whether an LSA would be flooded on the interface (3.2 (3)). */
function reaches(state: State, { area, type }: Interface, { scope }: Lsa): boolean {
  if (scope === 'as') return type !== 'virtual' && areaConfigOf(state, area).type === 'normal';
  return scope === `area ${area}`;
}
