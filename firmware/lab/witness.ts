/**
 * A monitor's reading of a packet: who sent it and what it says, in words. Written apart from the
 * modules' own `packet.ts`, from the RFCs, so that a mistake there is not repeated here.
 */
export const WATCHED = {
  IP: { protocol: 1, group: '224.0.0.1' },
  OSPF: { protocol: 89, group: '224.0.0.5' },
  VRRP: { protocol: 112, group: '224.0.0.18' },
} as const;

export type WatchedProtocol = keyof typeof WATCHED;

/** `other` is a packet of the protocol that the monitor does not watch for, such as an echo request. */
export type Sighting = { from: string; says: string } | { from: string; wrong: string } | { other: true };

const OTHER: Sighting = { other: true };

/** @param datagram A whole IPv4 datagram, header included. */
export function read(protocol: WatchedProtocol, datagram: Buffer): Sighting {
  if (datagram.length < 20 || datagram[0]! >> 4 !== 4) return OTHER;
  const header = (datagram[0]! & 15) * 4;
  const total = datagram.readUInt16BE(2);
  const from = address(datagram, 12);
  if (datagram[9] !== WATCHED[protocol].protocol) return OTHER;
  if (header < 20 || total < header || total > datagram.length) {
    return {
      from,
      wrong: `says that it is ${total} bytes long with ${header} of header, and is ${datagram.length}`,
    };
  }
  const packet: Datagram = {
    from,
    ip: datagram.subarray(0, 20),
    ttl: datagram[8]!,
    body: datagram.subarray(header, total),
  };
  return READERS[protocol](packet);
}

interface Datagram {
  from: string;
  /** The first 20 bytes of the IP header. */
  ip: Buffer;
  ttl: number;
  body: Buffer;
}

const READERS: Record<WatchedProtocol, (packet: Datagram) => Sighting> = {
  IP: readAdvertisement,
  OSPF: readHello,
  VRRP: readHeartbeat,
};

/** RFC 1256, 3: ICMP router advertisement. */
function readAdvertisement({ from, body }: Datagram): Sighting {
  if (body.length < 1 || body[0] !== 9) return OTHER;
  if (body.length < 8) return { from, wrong: `is cut off after ${body.length} bytes` };
  if (sum(body) !== 0xffff) return { from, wrong: 'has a wrong checksum' };
  const count = body[4]!;
  const size = body[5]! * 4;
  if (count === 0 || size < 8) return { from, wrong: `announces ${count} addresses of ${size} bytes` };
  if (body.length < 8 + count * size) return { from, wrong: `announces ${count} addresses and lacks some` };
  const routers = Array.from({ length: count }, (_, i) => {
    const at = 8 + i * size;
    return `${address(body, at)} (preference ${body.readInt32BE(at + 4)})`;
  });
  return { from, says: `router advertisement: ${routers.join(', ')}, lifetime ${body.readUInt16BE(6)} s` };
}

/** RFC 2328, A.3.1 and A.3.2: OSPF Hello. */
function readHello({ from, body }: Datagram): Sighting {
  if (body.length < 2 || body[0] !== 2 || body[1] !== 1) return OTHER;
  if (body.length < 44) return { from, wrong: `is cut off after ${body.length} bytes` };
  const length = body.readUInt16BE(2);
  if (length < 44 || length > body.length || length % 4 !== 0) {
    return { from, wrong: `says that it is ${length} bytes long, and is ${body.length}` };
  }
  // The checksum leaves the authentication field out (RFC 2328, D.4.1).
  const summed = Buffer.concat([body.subarray(0, 16), body.subarray(24, length)]);
  if (sum(summed) !== 0xffff) return { from, wrong: 'has a wrong checksum' };
  const authentication = body.readUInt16BE(14);
  if (authentication !== 0) return { from, wrong: `has authentication type ${authentication}, not 0` };
  const neighbors = Array.from({ length: (length - 44) / 4 }, (_, i) => address(body, 44 + i * 4));
  const seen = neighbors.length === 0 ? 'no neighbor' : `neighbors ${neighbors.join(', ')}`;
  return { from, says: `Hello of router ${address(body, 4)}, area ${address(body, 8)}: ${seen}` };
}

/** RFC 9568, 5.2: VRRP version 3 advertisement. */
function readHeartbeat({ from, ip, ttl, body }: Datagram): Sighting {
  if (body.length < 1) return { from, wrong: 'is empty' };
  const version = body[0]! >> 4;
  const type = body[0]! & 15;
  if (version !== 3 || type !== 1) return { from, wrong: `is VRRP version ${version}, type ${type}` };
  if (body.length < 8) return { from, wrong: `is cut off after ${body.length} bytes` };
  const count = body[3]!;
  if (body.length < 8 + count * 4) return { from, wrong: `announces ${count} addresses and lacks some` };
  if (ttl !== 255) return { from, wrong: `has TTL ${ttl}, not 255` };
  // The message ends with the last address. Its sum is over itself alone (RFC 9568), or has a pseudo-header (RFC 5798).
  const message = body.subarray(0, 8 + count * 4);
  const sums = [message, Buffer.concat([pseudoHeader(ip, message.length), message])].map(sum);
  if (!sums.includes(0xffff)) return { from, wrong: 'has a wrong checksum' };
  const addresses = Array.from({ length: count }, (_, i) => address(body, 8 + i * 4));
  const every = (body.readUInt16BE(4) & 0x0fff) / 100;
  return {
    from,
    says: `advertisement of group ${body[1]}, priority ${body[2]}, every ${every} s: ${addresses.join(', ')}`,
  };
}

function address(bytes: Buffer, at: number): string {
  return bytes.subarray(at, at + 4).join('.');
}

/** RFC 5798, 5.2.8: source, destination, zero, protocol, length. */
function pseudoHeader(datagram: Buffer, length: number): Buffer {
  const header = Buffer.alloc(12);
  datagram.copy(header, 0, 12, 20);
  header[9] = datagram[9]!;
  header.writeUInt16BE(length, 10);
  return header;
}

/** The ones' complement sum, 0xffff over data with a right checksum in it (RFC 1071, 1). */
function sum(bytes: Buffer): number {
  let total = 0;
  for (let at = 0; at < bytes.length; at += 2) {
    total += (bytes[at]! << 8) + (bytes[at + 1] ?? 0);
  }
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total;
}
