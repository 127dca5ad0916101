/**
 * Sends frames of Ethernet on one interface, as many in a second as it is told, or as the machine can. Orders are lines of
 * JSON; each is answered by a line when it is done. Run by flood.ts.
 */
import { createInterface } from 'node:readline';
import { loadSocket } from '../../drivers/native/socket.ts';
import { SOCK_RAW } from '../../drivers/netlink/constants.ts';

/** From Linux' socket.h. */
const AF_PACKET = 17;
/** Frames between two looks at the clock. */
const BURST = 32;

export interface FloodOrder {
  /** In hexadecimal digits. They are sent in this order, again and again. */
  frames: string[];
  /** How long to send, and how many in a second. */
  seconds: number;
  rate: number;
}

export interface FloodDone {
  sent: number;
  /** Those that the kernel did not take. */
  refused: number;
  seconds: number;
}

const Socket = loadSocket();
const socket = new Socket(AF_PACKET, SOCK_RAW, 0);
const index = Number(process.argv[2]);
// `struct sockaddr_ll` of packet(7): family, protocol, index of the interface.
const where = Buffer.alloc(20);
where.writeUInt16LE(AF_PACKET, 0);
where.writeInt32LE(index, 4);
const bound = socket.bind(where);
if (bound < 0) throw new Error(`bind: errno ${-bound}`);

async function send({ frames, seconds, rate }: FloodOrder): Promise<FloodDone> {
  const all = frames.map((hex) => Buffer.from(hex, 'hex'));
  const begun = performance.now();
  const elapsed = () => (performance.now() - begun) / 1_000;
  const done = { sent: 0, refused: 0, seconds: 0 };
  for (let at = 0; elapsed() < seconds; ) {
    // Frames that are late follow in small bursts, too: the kernel's queue is short.
    const due = Math.min(Math.ceil(elapsed() * rate), at + BURST);
    for (; at < due; at++) done[socket.send(all[at % all.length]!) < 0 ? 'refused' : 'sent']++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { ...done, seconds: elapsed() };
}

for await (const line of createInterface({ input: process.stdin }))
  console.log(JSON.stringify(await send(JSON.parse(line) as FloodOrder)));
socket.close();
