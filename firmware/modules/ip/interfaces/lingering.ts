/**
 * Devices that are left as they are for a while, with all that the kernel has of them: another router is about to take over, and
 * hosts are to lose nothing until it has. A version before 3.4.0 knows none, and goes on by the timer `settings` of the link.
 */
import { MOST_TAKEOVER_MS } from '../../messages/virtual-routers.ts';
import type { Lingering, SettingsState } from './interface-record.ts';

type Settings = Pick<SettingsState, 'lingering'>;

/** The device stays as it is for so many ms from now on. @param now monotonic time in ms */
export function linger(settings: Settings, name: string, ms: number, now: number): void {
  settings.lingering ??= new Map();
  for (const [each] of settings.lingering)
    if (lingeringOf(settings, each, now) === undefined) settings.lingering.delete(each);
  settings.lingering.set(name, { ms, until: now + ms });
}

/** It is as it is wanted from now on. */
export function endLinger({ lingering }: Settings, name: string): void {
  lingering?.delete(name);
}

/** Undefined where it is not left as it is. After a checkpoint of another boot the clock may have begun elsewhere. */
export function lingeringOf({ lingering }: Settings, name: string, now: number): Lingering | undefined {
  const one = lingering?.get(name);
  const left = one === undefined ? 0 : one.until - now;
  return left > 0 && left <= MOST_TAKEOVER_MS ? one : undefined;
}

/** Until the last of them is over, in ms. */
export function lingersFor(settings: Settings, now: number): number {
  let longest = 0;
  for (const name of settings.lingering?.keys() ?? [])
    longest = Math.max(longest, (lingeringOf(settings, name, now)?.until ?? now) - now);
  return longest;
}
