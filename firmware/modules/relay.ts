/**
 * The message `relay`, version 1, that IP and VRRP send to OSPF once per broadcast. Its numbers are consecutive,
 * so whoever loses or repeats a message, across a swap too, is found out (paper, section 5).
 */
import type { Context } from 'hitless/runtime';

export interface Relay {
  relay: number;
}

/** Sends this relay number; answers the next one, which is the same again unless OSPF's mailbox took it (design rule 5). */
export function sendRelay(ctx: Context, relay: number): number {
  const body: Relay = { relay };
  return ctx.send('OSPF', 'relay', body) === 'queued' ? relay + 1 : relay;
}
