/**
 * The other end of an adjacency on a point-to-point link, as little of RFC 2328 as feeding a database takes: it is the slave
 * of the exchange, describes and sends all that it has, acknowledges all that comes and keeps nothing of it.
 */

import {
  OPTION_E,
  PACKET_ACKNOWLEDGMENT,
  PACKET_DESCRIPTION,
  PACKET_HELLO,
  PACKET_REQUEST,
  PACKET_UPDATE,
} from '../../../firmware/modules/ospf/constants.ts';
import {
  decodeAcknowledgment,
  encodeAcknowledgment,
} from '../../../firmware/modules/ospf/packet/acknowledgment.ts';
import {
  decodeDescription,
  encodeDescription,
  FLAG_I,
  FLAG_M,
  FLAG_MS,
  headersThatFit,
} from '../../../firmware/modules/ospf/packet/description.ts';
import { decodePacket, encodePacket } from '../../../firmware/modules/ospf/packet/header.ts';
import { decodeHello, encodeHello } from '../../../firmware/modules/ospf/packet/hello.ts';
import { decodeLsaHeader } from '../../../firmware/modules/ospf/packet/lsa-header.ts';
import { decodeRequest } from '../../../firmware/modules/ospf/packet/request.ts';
import { decodeUpdate, encodeUpdate, UPDATE } from '../../../firmware/modules/ospf/packet/update.ts';
import { DEVICE_ID } from '../topology.ts';

const MTU = 1500;
/** Of a packet: the headers of IP and OSPF are taken off. */
const ROOM = MTU - 20 - 24;
const NO_AUTHENTICATION = { type: 0 } as const;

export const HELLO_S = 1;
export const DEAD_S = 10;

export type Lsas = Map<string, Uint8Array>;

/** An LSA by what names it (RFC 2328 12.1). */
export function nameOf({ type, id, router }: { type: number; id: number; router: number }): string {
  return `${type} ${id} ${router}`;
}

export class Session {
  readonly #id: number;
  readonly #lsas: Lsas;
  readonly #send: (packet: Uint8Array) => void;
  #speaks = false;
  #hears = false;
  /** Of the exchange: what is still to be described, the last answer and its number. */
  #rest: Uint8Array[] = [];
  #answered = -1;
  #answer: Uint8Array | undefined;
  /** The first Database Description has come. */
  onDescribed: () => void = () => {};
  /** An LSA has come. */
  onLsa: (lsa: Uint8Array) => void = () => {};
  /** One that was sent is acknowledged. */
  onAcknowledged: (name: string) => void = () => {};

  constructor(id: number, lsas: Lsas, send: (packet: Uint8Array) => void) {
    this.#id = id;
    this.#lsas = lsas;
    this.#send = send;
  }

  /** The first of these makes it speak: until then it hears nothing. */
  hello(): void {
    this.#speaks = true;
    const body = encodeHello({
      mask: 0xffff_ff00,
      helloInterval: HELLO_S,
      options: OPTION_E,
      priority: 0,
      deadInterval: DEAD_S,
      dr: 0,
      bdr: 0,
      neighbors: this.#hears ? [DEVICE_ID] : [],
    });
    this.#packet(PACKET_HELLO, body);
  }

  /** Takes a packet that has come. */
  receive(payload: Uint8Array): void {
    if (!this.#speaks) return;
    const packet = decodePacket(payload);
    if ('error' in packet || packet.routerId !== DEVICE_ID) return;
    if (packet.type === PACKET_HELLO) this.#hello(packet.body);
    else if (packet.type === PACKET_DESCRIPTION) this.#describe(packet.body);
    else if (packet.type === PACKET_REQUEST) this.#supply(packet.body);
    else if (packet.type === PACKET_UPDATE) this.#acknowledge(packet.body);
    else if (packet.type === PACKET_ACKNOWLEDGMENT) this.#acknowledged(packet.body);
  }

  /** Sends LSAs in Updates of as many as fit. */
  flood(lsas: readonly Uint8Array[]): void {
    let some: Uint8Array[] = [];
    let size = UPDATE;
    for (const lsa of lsas) {
      if (size + lsa.length > ROOM) {
        this.#packet(PACKET_UPDATE, encodeUpdate(some));
        some = [];
        size = UPDATE;
      }
      some.push(lsa);
      size += lsa.length;
    }
    if (some.length > 0) this.#packet(PACKET_UPDATE, encodeUpdate(some));
  }

  #hello(body: Uint8Array): void {
    const hello = decodeHello(body);
    if ('error' in hello) return;
    const heard = this.#hears;
    this.#hears = true;
    if (!heard || !hello.neighbors.includes(this.#id)) this.hello();
  }

  #describe(body: Uint8Array): void {
    const description = decodeDescription(body);
    if ('error' in description) return;
    const { flags, sequence } = description;
    // Before it knows who is master, everybody says to be it.
    if ((flags & FLAG_MS) === 0) return;
    const begins = (flags & FLAG_I) !== 0;
    if (this.#answered < 0) this.onDescribed();
    if (begins && sequence !== this.#answered) this.#rest = [...this.#lsas.values()];
    if (sequence !== this.#answered || this.#answer === undefined) {
      const some = this.#rest.splice(0, headersThatFit(ROOM));
      this.#answered = sequence;
      this.#answer = encodeDescription({
        mtu: MTU,
        options: OPTION_E,
        flags: this.#rest.length > 0 ? FLAG_M : 0,
        sequence,
        headers: some.map((lsa) => decodeLsaHeader(lsa)),
      });
    }
    this.#packet(PACKET_DESCRIPTION, this.#answer);
  }

  #supply(body: Uint8Array): void {
    const requests = decodeRequest(body);
    if ('error' in requests) return;
    this.flood(requests.flatMap((request) => this.#lsas.get(nameOf(request)) ?? []));
  }

  #acknowledge(body: Uint8Array): void {
    const lsas = decodeUpdate(body);
    if ('error' in lsas || lsas.length === 0) return;
    this.#packet(PACKET_ACKNOWLEDGMENT, encodeAcknowledgment(lsas));
    for (const lsa of lsas) this.onLsa(lsa);
  }

  #acknowledged(body: Uint8Array): void {
    const headers = decodeAcknowledgment(body);
    if ('error' in headers) return;
    for (const header of headers) this.onAcknowledged(nameOf(header));
  }

  #packet(type: number, body: Uint8Array): void {
    this.#send(encodePacket({ type, routerId: this.#id, area: 0 }, body, NO_AUTHENTICATION));
  }
}
