/** An interface on which routers are discovered: when it begins to advertise, when it does, and when it ceases (4.3). */
import type { Context } from 'hitless/runtime';
import type { Broadcast } from '../../messages/broadcast.ts';
import type { LinkState } from '../../messages/link.ts';
import { beat, begin, followTick, retime } from '../../pulse.ts';
import type { IpAgenda } from '../agenda.ts';
import { configOf, type Interface, isDiscovered, type State } from '../state.ts';
import { eligibleOf, remarkOnForwarding, remarksOn } from './eligibility.ts';
import { ALL_SYSTEMS } from './packet.ts';

/** MAX_INITIAL_ADVERTISEMENTS (RFC 1256 section 6) */
const MAX_INITIAL_ADVERTISEMENTS = 3;
/** MAX_INITIAL_ADVERT_INTERVAL (section 6), in ms. */
const MAX_INITIAL_ADVERT_INTERVAL = 16_000;

/** Takes note of a link's state: hosts are told to forget addresses that went away, and soon of a new interface. */
export function linkChanged(
  state: State,
  iface: Interface,
  link: LinkState,
  agenda: IpAgenda,
  ctx: Context,
): void {
  const was = iface.link;
  iface.link = link;
  if (!isDiscovered(state.config, iface.name)) return;
  if (eligibleOf(was).length === 0 && eligibleOf(link).length > 0) {
    iface.initial = MAX_INITIAL_ADVERTISEMENTS;
    beat(ctx, 'advertise', iface.name, intervalOf(state, iface));
  }
  if (link.forwarding === false) {
    // Hosts may have learned them from a router that was here before and ended without a word.
    const told = was?.forwarding === false ? was.addresses.map(({ address }) => address) : [];
    const own = link.addresses.map(({ address }) => address).filter((address) => !told.includes(address));
    agenda.mayKnow(iface, own);
  }
  sayRemarks(state, iface, ctx);
  agenda.withdraw(iface);
}

/** Has each interface advertise whose interval ends with this tick. */
export function advertiseOnTick(state: State, broadcast: Broadcast, agenda: IpAgenda, ctx: Context): void {
  for (const iface of state.interfaces.values()) {
    if (!isDiscovered(state.config, iface.name)) continue;
    // The first few may be over with this one: then the next tick that is due comes later.
    const { interval } = configOf(state, iface);
    if (followTick(ctx, 'advertise', iface.name, broadcast, intervalOf(state, iface), interval))
      advertiseNow(state, iface, agenda, ctx);
  }
}

/** Has an interface advertise whose interval has ended. */
export function advertiseNow(state: State, iface: Interface, agenda: IpAgenda, ctx: Context): void {
  // A version before may have said and withdrawn less.
  sayRemarks(state, iface, ctx);
  agenda.withdraw(iface);
  agenda.advertise(iface, ALL_SYSTEMS, true);
}

/**
 * Opens the port and starts the timer of the interval, also where the interface is down: nothing leaves there. Does nothing
 * where the interface is not to be advertised.
 */
export function startAdvertising(state: State, iface: Interface, ctx: Context): void {
  if (!isDiscovered(state.config, iface.name)) {
    // Versions before 3.0.0 advertise on all.
    ctx.cancelTimer('advertise', iface.name);
    return;
  }
  // The host says of its link what it knows when the port comes into use.
  ctx.openPort('icmp', iface.name);
  begin(ctx, 'advertise', iface.name, intervalOf(state, iface));
}

/** Goes on with another interval. */
export function retimeAdvertising(state: State, iface: Interface, ctx: Context): void {
  retime(ctx, 'advertise', iface.name, intervalOf(state, iface));
}

/** The interval may be another by now. */
export function goOn(state: State, iface: Interface, due: number, ctx: Context): void {
  const interval = intervalOf(state, iface);
  beat(ctx, 'advertise', iface.name, interval, due + interval - ctx.now());
}

/** A regular advertisement has left. */
export function advertised(iface: Interface): void {
  if (iface.initial > 0) iface.initial--;
}

/** RFC 1256 4.3: the interface ceases to be an advertising one. Should it begin again, hosts are told soon. */
export function cease(iface: Interface, agenda: IpAgenda, ctx: Context): void {
  ctx.cancelTimer('advertise', iface.name);
  iface.initial = MAX_INITIAL_ADVERTISEMENTS;
  agenda.ceased(iface);
  agenda.withdraw(iface, true);
}

/** Milliseconds until the next advertisement; the first few come sooner (4.3). */
function intervalOf(state: State, iface: Interface): number {
  const { interval } = configOf(state, iface);
  return iface.initial > 0 ? Math.min(interval, MAX_INITIAL_ADVERT_INTERVAL) : interval;
}

/** Says what is new about the interface. Says nothing twice. */
function sayRemarks(state: State, iface: Interface, ctx: Context): void {
  const { link, said = [] } = iface;
  if (link === undefined) return;
  // Where forwarding is set here, the kernel's refusal is told.
  const isSet = configOf(state, iface).settings?.forwarding === true;
  const remarks = remarksOn(isSet ? { ...link, forwarding: true } : link);
  for (const remark of remarks) if (!said.includes(remark)) ctx.log('warn', remark);
  const mended = said.includes(remarkOnForwarding({ ...link, forwarding: false })[0] ?? '');
  if (link.forwarding === true && mended)
    ctx.log('info', `${link.name} forwards now: it is offered to hosts`);
  if (remarks.length > 0) iface.said = remarks;
  else delete iface.said;
}
