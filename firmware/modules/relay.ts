/** Sending relay numbers (messages/relay.ts). */
import type { Context } from 'hitless/runtime';
import type { Relay } from './messages/relay.ts';

/** Sends this relay number; returns the next one, which is the same again unless OSPF's mailbox took it (design rule 5). */
export function sendRelay(ctx: Context, relay: number): number {
  const body: Relay = { relay };
  return ctx.send('OSPF', 'relay', body) === 'queued' ? relay + 1 : relay;
}
