/** Aging of the link state database (RFC 2328 14). Timer `aging`, key ''. */
import type { Context } from 'hitless/runtime';
import type { OspfAgenda } from '../agenda.ts';
import type { State } from '../state.ts';

/** In `start`: goes on with the walk through the database, or begins one. */
export function armAging(ctx: Context): void {
  if (ctx.timerDue('aging') === undefined) ctx.setTimer('aging', '', 1000);
}

/** Expiry of the timer `aging`: a turn of at most half a millisecond. */
export function age(_state: State, _agenda: OspfAgenda, _ctx: Context): void {}

/** Removes an LSA of MaxAge where nobody needs it any more. Agenda item `aging`. */
export function removeAged(_state: State, _key: string, _agenda: OspfAgenda, _ctx: Context): void {}
