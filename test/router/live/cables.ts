/** Packets of the router, as they arrive at its peers, and marks that may be waited for. */
import { toAddress, toNumber } from '../../../firmware/modules/address.ts';
import { decodePacket, encodePacket } from '../../../firmware/modules/ospf/packet/header.ts';
import { decodeHello, encodeHello } from '../../../firmware/modules/ospf/packet/hello.ts';
import { Remote } from '../../drivers/fixtures/remote.ts';
import type { NetworkNamespace } from '../../netns.ts';
import { eventuallyAsync } from '../router-lab.ts';

const PATIENCE = 60_000;

const PROTOCOLS = { icmp: 1, ospf: 89, vrrp: 112 } as const;
const GROUPS = { icmp: ['224.0.0.1'], ospf: ['224.0.0.5'], vrrp: ['224.0.0.18'] } as const;
type Protocol = keyof typeof PROTOCOLS;

/** One packet of the router, as far as it says how it is configured. */
export interface HeardPacket {
  /** `ospf wan0`, `vrrp wan0/10`, `ip wan0`. */
  of: string;
  /** The words that its configuration makes it say; the same as long as that is. */
  says: string;
  /** It takes leave: priority 0, or lifetime 0. */
  leaves: boolean;
}

export class Cables {
  readonly #monitor: Remote;
  readonly #marker: Remote;
  readonly #interfaces: readonly string[];
  #read = 0;
  #marks = 0;

  private constructor(monitor: Remote, marker: Remote, interfaces: readonly string[]) {
    this.#monitor = monitor;
    this.#marker = marker;
    this.#interfaces = interfaces;
  }

  /** @param interfaces of the router, `wanN`; their other ends are `ethN` */
  static async open(
    router: NetworkNamespace,
    peer: NetworkNamespace,
    interfaces: readonly string[],
  ): Promise<Cables> {
    const cables = new Cables(new Remote({ namespace: peer }), new Remote({ namespace: router }), interfaces);
    for (const name of interfaces) {
      const other = name.replace('wan', 'eth');
      for (const protocol of Object.keys(PROTOCOLS) as Protocol[]) {
        const options = {
          interface: other,
          protocol: PROTOCOLS[protocol],
          groups: [...GROUPS[protocol]],
          ...(protocol === 'icmp' && { icmpTypes: [9] }),
        };
        await cables.#monitor.order({ op: 'open', port: `${protocol} ${name}`, options });
      }
      const options = { interface: name, protocol: PROTOCOLS.ospf };
      await cables.#marker.order({ op: 'open', port: name, options });
    }
    return cables;
  }

  /**
   * Sends a Hello that no router takes, behind all that the router has sent there.
   * @returns its area, which FRR's log names
   */
  async mark(name: string): Promise<string> {
    const n = ++this.#marks;
    const area = `99.${n >> 16}.${(n >> 8) & 255}.${n & 255}`;
    const hello = { mask: 0xffff_ff00, helloInterval: 7, options: 2, priority: 0, deadInterval: 77 };
    const payload = encodePacket(
      { type: 1, routerId: toNumber('99.9.9.9'), area: toNumber(area) },
      encodeHello({ ...hello, dr: 0, bdr: 0, neighbors: [] }),
      { type: 0 },
    );
    await this.#marker.order({
      op: 'send',
      port: name,
      to: `10.9.${name.slice(3)}.2`,
      from: `10.9.${name.slice(3)}.77`,
      payload: Buffer.from(payload).toString('hex'),
    });
    return area;
  }

  /** Waits until `news` has all that the router has sent by now. */
  async readAll(): Promise<void> {
    const from = this.#monitor.told.length;
    const areas = await Promise.all(this.#interfaces.map((name) => this.mark(name)));
    const answers = () => this.#monitor.order({ op: 'counters', port: `ospf ${this.#interfaces[0]}` });
    await eventuallyAsync('what was sent is read', PATIENCE, async () => {
      await answers();
      const read = this.#monitor.told.slice(from).flatMap(({ packet }) => areaOf(packet?.payload) ?? []);
      return areas.every((area) => read.includes(area));
    });
    // Packets of the other protocols, which came before, may be read in the same turn as the last mark.
    await answers();
  }

  /** All that the router sent since this was called last. */
  news(): HeardPacket[] {
    const told = this.#monitor.told.slice(this.#read);
    this.#read += told.length;
    return told.flatMap(({ port = '', packet }) => {
      const [protocol, name] = port.split(' ') as [Protocol, string];
      if (packet === undefined || packet.from !== `10.9.${name.slice(3)}.1`) return [];
      return READERS[protocol](name, Buffer.from(packet.payload, 'hex')) ?? [];
    });
  }

  async end(): Promise<void> {
    await Promise.all([this.#monitor.kill(), this.#marker.kill()]);
  }
}

/** The area that an OSPF packet names. */
function areaOf(payload = ''): string | undefined {
  const packet = decodePacket(Buffer.from(payload, 'hex'));
  return 'error' in packet ? undefined : toAddress(packet.area);
}

const addressAt = (bytes: Buffer, at: number) => [...bytes.subarray(at, at + 4)].join('.');

const READERS: Record<Protocol, (name: string, bytes: Buffer) => HeardPacket | undefined> = {
  ospf(name, bytes) {
    const packet = decodePacket(bytes);
    // Others say nothing of how it is configured.
    if ('error' in packet || packet.type !== 1) return undefined;
    const hello = decodeHello(packet.body);
    if ('error' in hello) return undefined;
    return {
      of: `ospf ${name}`,
      says: helloOf(
        toAddress(packet.routerId),
        toAddress(packet.area),
        hello.helloInterval,
        hello.deadInterval,
      ),
      leaves: false,
    };
  },
  vrrp(name, bytes) {
    const addresses = Array.from({ length: bytes[3]! }, (_, i) => addressAt(bytes, 8 + 4 * i));
    return {
      of: `vrrp ${name}/${bytes[1]}`,
      says: advertOf(bytes[2] === 0 ? undefined : bytes[2], bytes.readUInt16BE(4) & 0xfff, addresses),
      leaves: bytes[2] === 0,
    };
  },
  icmp(name, bytes) {
    const lifetime = bytes.readUInt16BE(6);
    const preference = bytes.readInt32BE(12);
    return { of: `ip ${name}`, says: offerOf(lifetime, preference), leaves: lifetime === 0 };
  },
};

/** Times in seconds. */
export function helloOf(id: string, area: string, hello: number, dead: number): string {
  return `Hello of ${id}, area ${area}, every ${hello} s, dead after ${dead} s`;
}

/** @param priority undefined where it takes leave @param interval in centiseconds */
export function advertOf(
  priority: number | undefined,
  interval: number,
  addresses: readonly string[],
): string {
  return `advertisement of priority ${priority ?? 0}, every ${interval} cs, of ${addresses.join(' ')}`;
}

/** @param lifetime in seconds */
export function offerOf(lifetime: number, preference: number): string {
  return `router of preference ${preference} for ${lifetime} s`;
}
