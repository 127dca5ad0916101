/** Routes for IP (../../messages/routes.ts): what differs, or the whole set where IP wants it. */
import type { Context } from 'hitless/runtime';
import type { RoutesWanted } from '../../messages/routes.ts';
import type { State } from '../state.ts';
import type { Working } from './working.ts';

/** The route to a prefix is another. */
export function announceLater(_state: State, _prefix: string): void {}

/** IP's event `routesWanted`. */
export function takeRoutesWanted(
  _state: State,
  _body: RoutesWanted,
  _working: Working,
  _ctx: Context,
): void {}

export function hasToAnnounce(_state: State, _now: number): boolean {
  return false;
}

/** Sends a message. @returns whether one was sent */
export function announceSome(_state: State, _working: Working, _ctx: Context): boolean {
  return false;
}

/** The module's service ends: IP has no routes of ours. */
export function withdrawAll(_state: State, _ctx: Context): void {}
