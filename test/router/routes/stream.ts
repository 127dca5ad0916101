/** A stream of UDP packets with numbers, for agents in namespaces: what was sent, what came, and in which order. */
import { readFileSync } from 'node:fs';
import { loadSocket, type NativeSocket } from '../../../drivers/native/socket.ts';

export const PORT = 4000;
const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOL_SOCKET = 1;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
/** In bytes: what comes in a second in which the receiver is not let run. */
const BUFFER = 16 << 20;
/** A sender that was not let run does not make up for more than this at once. */
const MOST_AT_ONCE = 100;
const SIZE = 64;

/** By the receiver's count. */
export interface StreamReceived {
  received: number;
  duplicates: number;
  /** Packets that came behind a later one. */
  reordered: number;
  /** Numbers that are missing up to the highest that came: the first of them, and how many. */
  missing: number;
  firstMissing: number[];
  /** Most numbers in a row that are missing. */
  longestGap: number;
  highest: number;
  /** Packets for which the receiver itself had no room: that is no loss on the way. */
  noRoom: number;
}

export interface StreamSent {
  sent: number;
  /** By errno. */
  refused: Record<string, number>;
}

export class StreamReceiver {
  readonly #socket = socketWith(SO_RCVBUFFORCE);
  readonly #into = Buffer.alloc(SIZE);
  readonly #noRoomBefore = noRoom();
  #seen = new Uint8Array(1 << 20);
  #received = 0;
  #duplicates = 0;
  #reordered = 0;
  #highest = -1;

  constructor() {
    if (this.#socket.bind(addressOf('0.0.0.0')) < 0) throw new Error(`port ${PORT} is in use`);
    this.#socket.watch(() => this.#readable());
  }

  get report(): StreamReceived {
    this.#readable();
    const firstMissing: number[] = [];
    let [missing, gap, longestGap] = [0, 0, 0];
    for (let number = 0; number <= this.#highest; number++) {
      if (this.#seen[number] === 0) {
        gap++;
        missing++;
        if (firstMissing.length < 10) firstMissing.push(number);
      } else gap = 0;
      longestGap = Math.max(longestGap, gap);
    }
    return {
      ...{ received: this.#received, duplicates: this.#duplicates, reordered: this.#reordered },
      ...{ missing, firstMissing, longestGap, highest: this.#highest },
      noRoom: noRoom() - this.#noRoomBefore,
    };
  }

  close(): void {
    this.#socket.close();
  }

  #readable(): void {
    while (this.#socket.receive(this.#into) >= 4) this.#took(this.#into.readUInt32BE(0));
  }

  #took(number: number): void {
    if (number >= this.#seen.length) {
      const more = new Uint8Array(2 * this.#seen.length);
      more.set(this.#seen);
      this.#seen = more;
    }
    if (this.#seen[number] === 1) this.#duplicates++;
    else this.#received++;
    this.#seen[number] = 1;
    if (number < this.#highest) this.#reordered++;
    else this.#highest = number;
  }
}

export class StreamSender {
  readonly #socket = socketWith(SO_SNDBUFFORCE);
  readonly #packet = Buffer.alloc(SIZE);
  readonly #none = Buffer.alloc(0);
  readonly #to: readonly Buffer[];
  readonly #refused: Record<string, number> = {};
  readonly #timer: NodeJS.Timeout;
  #sent = 0;

  /**
   * @param to addresses, each in turn
   * @param rate packets in a second
   */
  constructor(to: readonly string[], rate: number) {
    this.#to = to.map(addressOf);
    let [last, owed] = [performance.now(), 0];
    this.#timer = setInterval(() => {
      const now = performance.now();
      owed = Math.min(owed + ((now - last) * rate) / 1000, MOST_AT_ONCE);
      last = now;
      for (; owed >= 1; owed--) this.#send();
    }, 1);
  }

  stop(): StreamSent {
    clearInterval(this.#timer);
    this.#socket.close();
    return this.report;
  }

  get report(): StreamSent {
    return { sent: this.#sent, refused: this.#refused };
  }

  #send(): void {
    this.#packet.writeUInt32BE(this.#sent, 0);
    const sent = this.#socket.sendTo(this.#packet, this.#to[this.#sent % this.#to.length]!, this.#none);
    // Refused by this host, it was never on its way.
    if (sent < 0) this.#refused[-sent] = (this.#refused[-sent] ?? 0) + 1;
    else this.#sent++;
  }
}

function socketWith(option: number): NativeSocket {
  const socket = new (loadSocket())(AF_INET, SOCK_DGRAM, 0);
  const size = Buffer.alloc(4);
  size.writeInt32LE(BUFFER);
  if (socket.setOption(SOL_SOCKET, option, size) < 0) throw new Error('a buffer of this size needs root');
  return socket;
}

/** struct sockaddr_in */
function addressOf(address: string): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16LE(AF_INET, 0);
  bytes.writeUInt16BE(PORT, 2);
  for (const [i, octet] of address.split('.').entries()) bytes.writeUInt8(Number(octet), 4 + i);
  return bytes;
}

/** UDP packets of this namespace for which a socket had no room (RcvbufErrors). */
function noRoom(): number {
  const [names = '', values = ''] = readFileSync('/proc/self/net/snmp', 'utf8').match(/^Udp: .*$/gm) ?? [];
  return Number(values.split(' ')[names.split(' ').indexOf('RcvbufErrors')]);
}
