/** Requests to the kernel: numbered, a few under way at a time, each remembered until its answer. */
import type { Context } from 'hitless/runtime';
import type { KernelChange, KernelOut } from '../../../drivers/kernel-tables.ts';
import type { KernelRequest, State } from './state.ts';

/** Changes of one request (`MOST_CHANGES` of the port). */
export const MOST_CHANGES = 256;
/** Requests under way of each kind; the port takes 8 in all. */
const MOST_UNDER_WAY: Readonly<Record<KernelRequest['by'], number>> = { fib: 4, settings: 3 };

/** Each is answered by the port soon, in ms, be it that the kernel did not: one that is not was never sent. */
export const OVERDUE_MS = 60_000;

/** Whether one more may be sent. */
export function hasRoom({ requests }: State, by: KernelRequest['by']): boolean {
  let underWay = 0;
  for (const request of requests.values()) if (request.by === by) underWay++;
  return underWay < MOST_UNDER_WAY[by];
}

/**
 * Sends changes; the answer comes to the file that it is by, in kernel.ts. Ask `hasRoom` first.
 * @param keys at the place of each change the key of what it is about
 * @param request its number, where it is known already
 * @returns the request's number; undefined when the port does not take it
 */
export function sendRequest(
  state: State,
  by: KernelRequest['by'],
  keys: string[],
  changes: KernelChange[],
  ctx: Context,
  request = nextRequest(state, ctx),
): number | undefined {
  const out: KernelOut = { do: 'change', request, changes };
  if (ctx.transmit('kernel', '', out) !== 'sent') return undefined;
  state.requests.set(request, { by, keys, at: ctx.now() });
  return request;
}

/** Has all our routes removed, as the module's last word: nobody waits for the answer. @param after so many ms from now */
export function withdrawAll(state: State, after: number, ctx: Context): void {
  const out: KernelOut = { do: 'withdraw', request: nextRequest(state, ctx), after };
  ctx.transmit('kernel', '', out);
}

/**
 * Sends changes as the module's last word: nobody waits for the answers, and many requests may be under way.
 * @param after so many ms from now they are carried out
 */
export function sendLast(state: State, changes: readonly KernelChange[], after: number, ctx: Context): void {
  for (let at = 0; at < changes.length; at += MOST_CHANGES) {
    const some = changes.slice(at, at + MOST_CHANGES);
    const request = nextRequest(state, ctx);
    const out: KernelOut = { do: 'change', request, changes: some, leaving: true, after };
    ctx.transmit('kernel', '', out);
  }
}

/** Asks for a list of all, which comes behind what is under way. */
export function askForList(ctx: Context): void {
  const out: KernelOut = { do: 'list' };
  ctx.transmit('kernel', '', out);
}

/** Says that all data up to this number were handled. */
export function acknowledge(number: number, ctx: Context): void {
  const out: KernelOut = { do: 'taken', number };
  ctx.transmit('kernel', '', out);
}

/** Whether the oldest of those under way waits for too long. */
export function isOverdue({ requests }: State, now: number): boolean {
  for (const { at } of requests.values()) return now - at >= OVERDUE_MS;
  return false;
}

/** A request was answered. */
export function forgetRequest({ requests }: State, number: number): void {
  requests.delete(number);
}

/** Takes all that are under way: they are lost. */
export function takeRequests(state: State): KernelRequest[] {
  const lost = [...state.requests.values()];
  state.requests.clear();
  return lost;
}

/**
 * Numbers are no lower than the clock in microseconds: where the state goes back to an earlier one, they are not used
 * again, and an answer to a request that it does not know is none to another.
 */
export function nextRequest({ kernel }: State, ctx: Context): number {
  kernel.request = Math.max(kernel.request + 1, Math.floor(ctx.now() * 1_000));
  return kernel.request;
}
