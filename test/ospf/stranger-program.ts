/**
 * Sends packets of protocol 89 from addresses of its choice on one interface. Orders are lines of JSON; each is answered by a
 * line when it is done. Run by stranger.ts.
 */
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { loadRawSocket } from '../../drivers/addon.ts';
import { octets, writeIpv4 } from '../../drivers/ipv4.ts';
import { SO_BINDTODEVICE, SOL_SOCKET } from '../../drivers/netlink/constants.ts';
import { toAddress, toNumber } from '../../firmware/modules/address.ts';
import { ALL_SPF_ROUTERS } from '../../firmware/modules/ospf/constants.ts';
import { write32 } from '../../firmware/modules/ospf/packet/bytes.ts';
import { Mutator, summed } from './mutation.ts';

const OSPF = { protocol: 89, tos: 0xc0 };
const IP_HDRINCL = 3;
const IP_ADD_MEMBERSHIP = 35;
const TURN_MS = 10;

/** One packet after the other: of made-up routers from made-up addresses, or changed field by field. */
export interface StrangerOrder {
  /** Good packets in hexadecimal digits. */
  packets: string[];
  /** How many to send, and how many in a second. */
  count: number;
  rate: number;
  to: string[];
  /** Source addresses. `from` counts up from the first one, `made` of them. */
  from: string;
  made: number;
  /** The router id counts up with the address. */
  routerId?: string;
  /** Changed by chance, with this seed. */
  seed?: number;
  ids?: string[];
}

const [name = '', own = ''] = process.argv.slice(2);
const socket = loadRawSocket(createRequire(import.meta.url)).createSocket({ protocol: OSPF.protocol });
const device = Buffer.from(`${name}\0`);
socket.setOption(SOL_SOCKET, SO_BINDTODEVICE, device, device.length);
socket.setOption(0, IP_HDRINCL, 1);
const membership = Buffer.from([...octets(ALL_SPF_ROUTERS), ...octets(own)]);
socket.setOption(0, IP_ADD_MEMBERSHIP, membership, membership.length);
/** Every packet that comes here, as its address and what follows the IP header; the last ones alone are kept. */
const heard: { from: string; payload: string }[] = [];
socket.on('message', (bytes: Buffer) => {
  const start = (bytes[0]! & 15) * 4;
  heard.push({ from: bytes.subarray(12, 16).join('.'), payload: bytes.subarray(start).toString('hex') });
  if (heard.length > 2_000) heard.shift();
});
socket.on('error', () => {});

function sendFrom(from: string, to: string, payload: Uint8Array): boolean {
  const bytes = writeIpv4({ from, to, ttl: 1, payload }, OSPF);
  try {
    socket.wrap.send(bytes, 0, bytes.length, to, () => {});
    return true;
  } catch {
    // No room: it is sent again.
    return false;
  }
}

async function send(order: StrangerOrder): Promise<void> {
  const { packets, count, rate, to, from, made, routerId, seed, ids = [] } = order;
  const good = packets.map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));
  const mutator = seed === undefined ? undefined : new Mutator(seed, ids.map(toNumber));
  const begun = performance.now();
  let sent = 0;
  while (sent < count) {
    const due = Math.min(count, Math.ceil(((performance.now() - begun + TURN_MS) * rate) / 1000));
    for (; sent < due; sent++) {
      const who = sent % made;
      let bytes = good[sent % good.length]!;
      if (routerId !== undefined) {
        bytes = bytes.slice();
        write32(bytes, 4, toNumber(routerId) + who);
        summed(bytes);
      }
      const payload = mutator?.mutate(bytes) ?? bytes;
      if (!sendFrom(toAddress(toNumber(from) + who), to[sent % to.length]!, payload)) break;
    }
    await new Promise((resolve) => setTimeout(resolve, TURN_MS));
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'heard') console.log(JSON.stringify(heard));
  else {
    await send(JSON.parse(line) as StrangerOrder);
    console.log('"sent"');
  }
}
process.exit(0);
