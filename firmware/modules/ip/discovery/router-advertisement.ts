/** Sending Router Advertisements (RFC 1256 4.3), and what becomes of those that do not leave. */
import type { Context } from 'hitless/runtime';
import type { RawIpOut } from '../../../../drivers/raw-ip.ts';
import { count } from '../../counter.ts';
import { leftOutText, lineDue, noteWell } from '../../limited-log.ts';
import type { IpAgenda } from '../agenda.ts';
import { configOf, type Interface, type State } from '../state.ts';
import { eligibleOf } from './eligibility.ts';
import { ALL_SYSTEMS, addressesThatFit, encode } from './packet.ts';

/** Messages in a row that were not sent, until the interface counts as failing: one may meet a full buffer. */
export const FAILING = 3;

/** Advertises what an interface offers; nothing is sent when that is nothing. */
export function advertise(
  state: State,
  iface: Interface,
  to: string,
  regular: boolean,
  agenda: IpAgenda,
  ctx: Context,
): void {
  const addresses = eligibleOf(iface.link);
  if (!send(state, iface, to, addresses, state.config.lifetime, ctx)) return;
  mayKnow(iface, addresses);
  if (regular) agenda.advertised(iface);
}

/** Takes note of addresses that hosts may know. */
export function mayKnow(iface: Interface, addresses: readonly string[]): void {
  iface.advertised = [...new Set([...iface.advertised, ...addresses])];
}

/** Has hosts forget what is not offered any more. */
export function withdraw(state: State, iface: Interface, ctx: Context): void {
  // While the interface is down nobody can be told; what is gone by then is told when it comes up.
  if (!iface.link?.up || iface.link.addresses.length === 0) return;
  const now = eligibleOf(iface.link);
  const gone = iface.advertised.filter((address) => !now.includes(address));
  if (gone.length > 0) forget(state, iface, gone, ctx);
}

/** Has hosts forget all that they may know. */
export function withdrawAll(state: State, iface: Interface, ctx: Context): void {
  if (iface.link?.up && iface.advertised.length > 0) forget(state, iface, iface.advertised, ctx);
}

/** 4.3: tells all hosts to forget these addresses, by a lifetime of 0. */
function forget(state: State, iface: Interface, gone: readonly string[], ctx: Context): void {
  if (!send(state, iface, ALL_SYSTEMS, gone, 0, ctx)) return;
  count(iface.counters, 'withdrawn');
  iface.advertised = iface.advertised.filter((address) => !gone.includes(address));
}

/** As many messages as the MTU asks for; true when there was something to send and all went out. */
function send(
  state: State,
  iface: Interface,
  to: string,
  addresses: readonly string[],
  lifetime: number,
  ctx: Context,
): boolean {
  const { preference } = configOf(state, iface);
  const most = addressesThatFit(iface.link?.mtu ?? 0);
  let sent = addresses.length > 0;
  for (let i = 0; i < addresses.length; i += most) {
    const some = addresses.slice(i, i + most).map((address) => ({ address, preference }));
    const packet: RawIpOut = { to, payload: encode({ type: 'advertisement', lifetime, addresses: some }) };
    const result = ctx.transmit('icmp', iface.name, packet);
    count(iface.counters, result === 'sent' ? 'sent' : 'notSent');
    // One host that cannot be reached is not the router's trouble.
    if (to === ALL_SYSTEMS) noteSent(state, iface, result === 'sent', ctx);
    sent &&= result === 'sent';
  }
  return sent;
}

/** Takes note of what became of one message to all hosts. */
function noteSent(state: State, iface: Interface, sent: boolean, ctx: Context): void {
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
export function failingOf(state: State): Set<string> {
  return new Set([...state.interfaces.values()].filter(isFailing).map(({ name }) => name));
}

/** The faults of these interfaces, in words. */
export function failureText(names: readonly string[], ctx: Context): string {
  return names.map((name) => `advertisements on ${name} are not sent: ${reasonOf(ctx, name)}`).join('; ');
}

function isFailing({ unsent = 0 }: Interface): boolean {
  return unsent >= FAILING;
}

function reasonOf(ctx: Context, name: string): string {
  return ctx.portFailure('icmp', name)?.reason ?? 'its port does not say why';
}
