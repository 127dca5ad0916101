/**
 * Which key a packet is sent with, and which are taken, by their lifetimes (RFC 2328 D.3).
 *
 * The last key to expire goes on: to send without authentication is worse, and so is to fall silent. A router whose clock was
 * never set takes every key of its own, and sends the one that its neighbours send with: to learn the time, it needs routes.
 */
import type { AuthenticationConfig, Config, KeyConfig } from './config-record.ts';
import type { DropReason } from './drop.ts';

/** The wall clock in ms since 1970; before it, the clock of a board without a battery was not set yet. */
export const CLOCK_IS_SET_FROM = Date.UTC(2025, 0, 1);

export type Keys = Readonly<Record<string, KeyConfig>>;

export interface KeyToSend {
  id: number;
  key: KeyConfig;
  /** No key is to be sent at this time: this one goes on, or begins before its time. */
  outOfTime: boolean;
}

type Lifetime = 'send' | 'accept';

/** Those of an interface: its own, or those of a chain; a chain that is gone has none. */
export function keysOf(
  { keyChains }: Config,
  authentication: Extract<AuthenticationConfig, { type: 'cryptographic' }>,
): Keys {
  return 'keys' in authentication ? authentication.keys : (keyChains[authentication.keyChain] ?? {});
}

/**
 * The key with the latest beginning of those that are to be sent now; undefined when there is no key at all.
 * @param wall ms since 1970
 * @param heard id of the key that neighbours send with, for a clock that was not set
 */
export function keyToSend(keys: Keys, wall: number, heard?: number): KeyToSend | undefined {
  const own = heard === undefined ? undefined : keys[heard];
  if (wall < CLOCK_IS_SET_FROM && heard !== undefined && own !== undefined)
    return { id: heard, key: own, outOfTime: false };
  const all = Object.entries(keys).map(([id, key]) => ({ id: Number(id), key }));
  const now = all.filter(({ key }) => isIn(key, 'send', wall));
  const found = last(now, ({ key }) => key.send?.from ?? Number.NEGATIVE_INFINITY);
  if (found !== undefined) return { ...found, outOfTime: false };
  const spare = spareOf(all, 'send', wall);
  return spare && { ...spare, outOfTime: true };
}

/** The key of an id, or why packets that are signed with it are not taken. */
export function keyToAccept(
  keys: Keys,
  id: number,
  wall: number,
): KeyConfig | { error: Extract<DropReason, 'keyUnknown' | 'keyLifetime'> } {
  const key = keys[id];
  if (key === undefined) return { error: 'keyUnknown' };
  if (wall < CLOCK_IS_SET_FROM || isIn(key, 'accept', wall)) return key;
  const all = Object.entries(keys).map(([id, key]) => ({ id: Number(id), key }));
  if (all.some((other) => isIn(other.key, 'accept', wall))) return { error: 'keyLifetime' };
  return spareOf(all, 'accept', wall)?.id === id ? key : { error: 'keyLifetime' };
}

function isIn(key: KeyConfig, lifetime: Lifetime, wall: number): boolean {
  const { from = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY } = key[lifetime] ?? {};
  return from <= wall && wall < until;
}

interface Named {
  id: number;
  key: KeyConfig;
}

/** None has its time now: the one that expired last, or the one that begins first. */
function spareOf(all: readonly Named[], lifetime: Lifetime, wall: number): Named | undefined {
  const expired = all.filter(({ key }) => (key[lifetime]?.until ?? Number.POSITIVE_INFINITY) <= wall);
  return (
    last(expired, ({ key }) => key[lifetime]?.until ?? 0) ??
    last(all, ({ key }) => -(key[lifetime]?.from ?? 0))
  );
}

/** The one with the highest rank; of equals the one with the highest id. */
function last(all: readonly Named[], rankOf: (one: Named) => number): Named | undefined {
  let best: Named | undefined;
  for (const one of all)
    if (
      best === undefined ||
      rankOf(one) > rankOf(best) ||
      (rankOf(one) === rankOf(best) && one.id > best.id)
    )
      best = one;
  return best;
}
