/** Modules that tell of virtual routers (../../messages/virtual-routers.ts): each message is the next one, or the whole set is wanted. */
import type { Context } from 'hitless/runtime';
import {
  MOST_TAKEOVER_MS,
  MOST_VIRTUAL_ROUTERS,
  type VirtualRouterChange,
  type VirtualRouters,
  type VirtualRoutersWanted,
} from '../../messages/virtual-routers.ts';
import { canonicalAddress, familyOf } from '../../prefix.ts';
import { complain } from '../exchange/complaint.ts';
import { MOST_UNANSWERED } from '../exchange/exchange-record.ts';
import { isName, isRecord } from '../exchange/route-message.ts';
import type { State } from '../state.ts';
import type { VirtualSource } from './virtual-record.ts';
import {
  acceptAll,
  refresh,
  removeVirtual,
  setVirtual,
  type VirtualAgenda,
  virtualOf,
} from './virtual-router.ts';

/** A whole set that is wanted is asked for so often, in ms. */
const ASK_AGAIN_MS = 1_000;
/** Key of the timer `exchange`: no source of routes has a space in its name. */
export const VIRTUAL = 'virtual routers';
const MOST_SOURCES = 8;
const MOST_ADDRESSES = 255;
const ID = /^\S{1,64}$/;
const MAC = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/;

/** Takes a message. @param module the sender's name */
export function takeVirtualRouters(
  state: State,
  module: string,
  body: unknown,
  agenda: VirtualAgenda,
  ctx: Context,
): void {
  const message = (isRecord(body) ? body : {}) as unknown as VirtualRouters;
  const wrong = wrongIn(state, module, message);
  if (wrong !== undefined) {
    complain(state, 'virtual', module, `virtual routers from ${module} are refused: ${wrong}`, ctx);
    return;
  }
  const { source, session, number, whole, changes } = message;
  const { sources, routers } = virtualOf(state);
  const known = sources.get(source);
  const isNext = known !== undefined && known.session === session && known.number + 1 === number;
  const isTaken = whole === true || (isNext && !known.wanted);
  const row: VirtualSource = { module, session, number, wanted: !isTaken, unanswered: 0 };
  if (isTaken && (whole === true || known?.complete === true)) row.complete = true;
  sources.set(source, row);
  if (!isTaken) {
    ask(state, ctx);
    return;
  }
  const touched = new Set<string>();
  const ids = new Set(changes.map(({ id }) => `${source} ${id}`));
  if (whole === true)
    for (const [key, router] of routers)
      if (router.source === source && !ids.has(key)) removeVirtual(state, key, touched, ctx);
  for (const change of changes)
    if (change.remove === true) removeVirtual(state, `${source} ${change.id}`, touched, ctx);
    else setVirtual(state, source, change, touched, agenda, ctx);
  if (message.saysAccept !== true) acceptAll(state, source, touched);
  refresh(state, touched, agenda, ctx);
}

/** Asks all, with what there is of each that is whole; again each second while a whole set is wanted. */
export function askVirtual(state: State, ctx: Context): void {
  const has: Record<string, { session: string; number: number }> = {};
  for (const [source, { session, number, wanted, complete }] of state.virtual?.sources ?? [])
    if (!wanted && complete === true) has[source] = { session, number };
  const body: VirtualRoutersWanted = { has, takesAccept: true };
  ctx.publish('virtualRoutersWanted', body, { retain: 'all' });
}

/** The timer is due: whoever is asked has not told the whole set yet. */
export function askVirtualAgain(state: State, ctx: Context): void {
  if ([...(state.virtual?.sources.values() ?? [])].some(({ wanted }) => wanted)) ask(state, ctx);
}

/** The time of a question is over: virtual routers of those that have not answered several are held no more. */
export function missVirtual(state: State, agenda: VirtualAgenda, ctx: Context): void {
  const { sources, routers } = virtualOf(state);
  const touched = new Set<string>();
  for (const [source, row] of sources) {
    if (row.unanswered < MOST_UNANSWERED) {
      sources.set(source, { ...row, unanswered: row.unanswered + 1 });
      continue;
    }
    ctx.log('warn', `${row.module} does not answer: addresses of its virtual routers are taken away`);
    sources.delete(source);
    for (const [key, router] of routers)
      if (router.source === source) removeVirtual(state, key, touched, ctx);
  }
  refresh(state, touched, agenda, ctx);
}

function ask(state: State, ctx: Context): void {
  askVirtual(state, ctx);
  ctx.setTimer('exchange', VIRTUAL, ASK_AGAIN_MS);
}

function wrongIn(state: State, module: string, message: VirtualRouters): string | undefined {
  const { source, session, number, changes } = message;
  if (!isName(source)) return '`source` is no name';
  if (typeof session !== 'string' || session.length > 64)
    return '`session` is no text of at most 64 characters';
  if (!Number.isSafeInteger(number) || number < 0) return '`number` is no whole number';
  if (!Array.isArray(changes) || changes.length > MOST_VIRTUAL_ROUTERS)
    return `\`changes\` is no list of at most ${MOST_VIRTUAL_ROUTERS}`;
  const { sources, routers } = virtualOf(state);
  const owner = sources.get(source)?.module ?? module;
  if (owner !== module) return `"${source}" is ${owner}'s`;
  if (!sources.has(source) && sources.size >= MOST_SOURCES)
    return `there are ${MOST_SOURCES} sources already`;
  for (const change of changes) {
    const wrong = wrongChange(change);
    if (wrong !== undefined) return `${String(change?.id)}: ${wrong}`;
  }
  const after = new Set<string>();
  if (message.whole !== true)
    for (const router of routers.values()) if (router.source === source) after.add(router.id);
  for (const { id, remove } of changes)
    if (remove === true) after.delete(id);
    else after.add(id);
  return after.size > MOST_VIRTUAL_ROUTERS
    ? `there are more than ${MOST_VIRTUAL_ROUTERS} virtual routers`
    : undefined;
}

function isTakeover(takeover: unknown): boolean {
  return isRecord(takeover) && isTime(takeover.silent) && isTime(takeover.told);
}

function isTime(ms: unknown): boolean {
  return typeof ms === 'number' && ms >= 0 && ms <= MOST_TAKEOVER_MS;
}

function wrongChange(change: VirtualRouterChange): string | undefined {
  if (typeof change?.id !== 'string' || !ID.test(change.id)) return '`id` is no name';
  if (change.remove === true) return undefined;
  const { interface: name, family, group, mac, addresses, active = true, announced = 0 } = change;
  const { takeover = { silent: 0, told: 0 }, linger = 0, accept } = change;
  if (typeof name !== 'string' || name === '') return '`interface` is no name';
  if (family !== 4 && family !== 6) return '`family` is neither 4 nor 6';
  if (!Number.isInteger(group) || group! < 1 || group! > 255) return '`group` is no number from 1 to 255';
  if (mac !== undefined && !MAC.test(mac)) return '`mac` is none';
  if (active !== true) return '`active` is not true';
  if (!Number.isSafeInteger(announced)) return '`announced` is no whole number';
  if (!isTakeover(takeover)) return '`takeover` has no times of up to five minutes';
  if (!isTime(linger)) return '`linger` is no time of up to five minutes';
  if (accept !== undefined && accept !== false) return '`accept` is not false';
  if (!Array.isArray(addresses) || addresses.length > MOST_ADDRESSES)
    return '`addresses` is no list of at most 255';
  const stray = addresses.find((one) => canonicalAddress(String(one)) !== one || familyOf(one) !== family);
  return stray === undefined ? undefined : `"${stray}" is no address of the family`;
}
