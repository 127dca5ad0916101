/** The fate of sent messages: failures are told with the kernel's reason, and again when they have ended. */
import type { Context } from 'hitless/runtime';
import { leftOutText, lineDue, noteWell } from '../limited-log.ts';
import type { Interface, State } from './state.ts';

/** Messages in a row that were not sent, until the interface counts as failing: one may meet a full buffer. */
export const FAILING = 3;

/** Takes note of what became of one message to all hosts. */
export function noteSent(ctx: Context, state: State, iface: Interface, sent: boolean): void {
  state.lines ??= new Map();
  const { name, unsent = 0 } = iface;
  if (sent) {
    if (unsent === 0) return;
    delete iface.unsent;
    noteWell(state.lines, 'notSent', name, ctx.now());
    const due = lineDue(state.lines, 'sentAgain', name, ctx.now());
    if (due !== undefined)
      ctx.log('info', `${name}: advertisements are sent again, ${unsent} were not${leftOutText(due)}`);
    return;
  }
  iface.unsent = unsent + 1;
  const due = lineDue(state.lines, 'notSent', name, ctx.now());
  if (due !== undefined)
    ctx.log('warn', `${name}: an advertisement was not sent: ${reasonOf(ctx, name)}${leftOutText(due)}`);
}

/** The interfaces whose messages do not go out. */
export function failingOf(state: State): string[] {
  return [...state.interfaces.values()].filter(isFailing).map(({ name }) => name);
}

/** The faults of these interfaces, in words. */
export function failureText(ctx: Context, names: readonly string[]): string {
  return names.map((name) => `advertisements on ${name} are not sent: ${reasonOf(ctx, name)}`).join('; ');
}

function isFailing({ unsent = 0 }: Interface): boolean {
  return unsent >= FAILING;
}

function reasonOf(ctx: Context, name: string): string {
  // Hosts of before 2.1.0 have no reasons to tell.
  return ctx.portFailure?.('icmp', name)?.reason ?? 'its port does not say why';
}
