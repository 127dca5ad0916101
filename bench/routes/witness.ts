/**
 * A program of its own that hears the kernel's routes and says when the last of those came that are waited for: the same
 * yardstick for every way, and no work for the one that is measured. It reads every millisecond on another thread: an event
 * each would cost it as much as a route costs the others.
 */
import { GROUP, RTM } from '../../drivers/netlink/constants.ts';
import { behind, isFault, messageAt } from '../../drivers/netlink/message.ts';
import { join, openNetlink } from '../../drivers/netlink/socket.ts';

/** So many routes of a protocol are waited for that come, also in the place of others, or that go. */
export interface Awaited {
  protocol: number;
  gone: boolean;
  count: number;
}

/** ms of the monotonic clock, at the first and the last route. */
export interface Witnessed {
  first: number;
  last: number;
}

/** Room for 100,000 events and more: the kernel reckons with 832 bytes for each. */
const RECEIVE_BUFFER = 128 << 20;
const LOOK_EVERY_MS = 1;
/** Of struct rtmsg. */
const PROTOCOL_AT = 5;

const socket = openNetlink(RECEIVE_BUFFER);
join(socket, GROUP.IPV4_ROUTE);
const nothing = new Uint8Array(0);
const into = Buffer.alloc(4 << 20);
let awaited: Awaited | undefined;
let seen = 0;
let first = 0;

process.on('message', (next: Awaited) => {
  awaited = next;
  seen = 0;
  process.send?.('ready');
});
const parent = process.ppid;
look();

function look(): void {
  // The program that it witnesses for may have ended in any way.
  if (!process.connected || process.ppid !== parent) process.exit();
  socket.request(nothing, into, (_sent, received, end, overrun) => {
    if (overrun) throw new Error('the kernel told of more routes than the witness had room for');
    count(received);
    // Without an errno the room was used up, and there is more.
    if (end === 0) look();
    else setTimeout(look, LOOK_EVERY_MS);
  });
}

function count(received: number): void {
  const now = Number(process.hrtime.bigint()) / 1e6;
  for (let at = 0; at < received; ) {
    const message = messageAt(into, at, received);
    if (isFault(message)) throw new Error('the kernel told something that is no message');
    at = behind(message);
    if (awaited === undefined || message.type !== (awaited.gone ? RTM.DELROUTE : RTM.NEWROUTE)) continue;
    if (into[message.from + PROTOCOL_AT] !== awaited.protocol) continue;
    if (++seen === 1) first = now;
    if (seen !== awaited.count) continue;
    process.send?.({ first, last: now } satisfies Witnessed);
    awaited = undefined;
  }
}
