/** Requests to the kernel: numbered, a few under way at a time, each remembered until its answer. */
import type { Context } from 'hitless/runtime';
import type { KernelChange, KernelOut } from '../../../drivers/kernel-tables.ts';
import type { KernelRequest, State } from './state.ts';

/** Changes of one request (`MOST_CHANGES` of the port). */
export const MOST_CHANGES = 256;
/** Requests under way of each kind; the port takes 8 in all. */
const MOST_UNDER_WAY: Readonly<Record<KernelRequest['by'], number>> = { fib: 4, settings: 3 };

/** Whether one more may be sent. */
export function hasRoom({ requests }: State, by: KernelRequest['by']): boolean {
  let underWay = 0;
  for (const request of requests.values()) if (request.by === by) underWay++;
  return underWay < MOST_UNDER_WAY[by];
}

/**
 * Sends changes; the answer comes to the file that it is by, in kernel.ts. Ask `hasRoom` first.
 * @param keys at the place of each change the key of what it is about
 * @returns the request's number
 */
export function sendRequest(
  state: State,
  by: KernelRequest['by'],
  keys: string[],
  changes: KernelChange[],
  ctx: Context,
): number {
  const request = nextRequest(state);
  state.requests.set(request, { by, keys, at: ctx.now() });
  const out: KernelOut = { do: 'change', request, changes };
  ctx.transmit('kernel', '', out);
  return request;
}

/** Has all our routes removed, as the module's last word: nobody waits for the answer. */
export function withdrawAll(state: State, ctx: Context): void {
  const out: KernelOut = { do: 'withdraw', request: nextRequest(state) };
  ctx.transmit('kernel', '', out);
}

/** Sends changes as the module's last word: nobody waits for the answers, and many requests may be under way. */
export function sendLast(state: State, changes: readonly KernelChange[], ctx: Context): void {
  for (let at = 0; at < changes.length; at += MOST_CHANGES) {
    const some = changes.slice(at, at + MOST_CHANGES);
    const out: KernelOut = { do: 'change', request: nextRequest(state), changes: some, leaving: true };
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

/** Takes a request from those under way; undefined when it is none, such as one of a session before. */
export function takeRequest({ requests }: State, number: number): KernelRequest | undefined {
  const request = requests.get(number);
  if (request !== undefined) requests.delete(number);
  return request;
}

/** Takes all of them: they are lost with their session. */
export function takeRequests(state: State): KernelRequest[] {
  const lost = [...state.requests.values()];
  state.requests.clear();
  return lost;
}

function nextRequest(state: State): number {
  state.kernel.request += 1;
  return state.kernel.request;
}
