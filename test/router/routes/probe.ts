/** Single packets from one agent to another, of either family: which came, and what the way there says of others. */
import { setTimeout as delay } from 'node:timers/promises';
import { loadSocket, type NativeSocket } from '../../../drivers/native/socket.ts';
import { familyOfText, putAddress } from '../../../drivers/netlink/ip-text.ts';

const PORT = 4001;
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_DGRAM = 2;
/** Level and option by which a socket is told of all ICMP errors (ip(7), ipv6(7)). */
const RECVERR = { 4: [0, 11], 6: [41, 25] } as const;

/** Hears probes of both families. */
export class ProbeReceiver {
  readonly #socket = new (loadSocket())(AF_INET6, SOCK_DGRAM, 0);
  readonly #into = Buffer.alloc(64);
  readonly #heard: string[] = [];

  constructor() {
    if (this.#socket.bind(addressOf('::')) < 0) throw new Error(`port ${PORT} is in use`);
    this.#socket.watch(() => this.#readable());
  }

  get heard(): readonly string[] {
    this.#readable();
    return this.#heard;
  }

  #readable(): void {
    for (let length = this.#length(); length >= 0; length = this.#length())
      this.#heard.push(this.#into.toString('latin1', 0, length));
  }

  #length(): number {
    return this.#socket.receive(this.#into);
  }
}

/**
 * Sends a text there, and waits for what the way says of it.
 * @returns the errno of that, or 0 where nothing was said for `patience` ms
 */
export async function probe(to: string, text: string, patience: number): Promise<number> {
  const family = familyOfText(to);
  const socket = new (loadSocket())(family === 4 ? AF_INET : AF_INET6, SOCK_DGRAM, 0);
  try {
    const [level, option] = RECVERR[family];
    socket.setOption(level, option, Buffer.from([1, 0, 0, 0]));
    const refused = socket.connect(addressOf(to)) || Math.min(socket.send(Buffer.from(text)), 0);
    return refused === 0 ? await said(socket, patience) : -refused;
  } finally {
    socket.close();
  }
}

async function said(socket: NativeSocket, patience: number): Promise<number> {
  const into = Buffer.alloc(64);
  const giveUp = performance.now() + patience;
  while (performance.now() < giveUp) {
    const received = socket.receive(into);
    if (received < 0 && received !== -11) return -received;
    await delay(5);
  }
  return 0;
}

/** struct sockaddr_in, sockaddr_in6 */
function addressOf(address: string): Buffer {
  const family = familyOfText(address);
  const bytes = Buffer.alloc(family === 4 ? 16 : 28);
  bytes.writeUInt16LE(family === 4 ? AF_INET : AF_INET6, 0);
  bytes.writeUInt16BE(PORT, 2);
  putAddress(address, family, bytes, family === 4 ? 4 : 8);
  return bytes;
}
