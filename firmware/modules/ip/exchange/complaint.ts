/** Lines of the log about what other modules ask for and is refused: one for each cause, and seldom again. */
import type { Context } from 'hitless/runtime';
import { leftOutText, lineDue } from '../../limited-log.ts';
import type { State } from '../state.ts';

/** @param kind of the message; with `cause`, such as the sender and the reason, it tells one line from others */
export function complain(state: State, kind: string, cause: string, text: string, ctx: Context): void {
  state.lines ??= new Map();
  const due = lineDue(state.lines, kind, cause, ctx.now());
  if (due !== undefined) ctx.log('warn', `${text}${leftOutText(due)}`);
}
