/** Packets written byte by byte from the RFCs, as a router would send them; without the IP header. */

/** RFC 1256, 3: one router address, preference 0, lifetime 1800 s. */
export function advertisement(address: string, lifetime = 1800): Buffer {
  const packet = Buffer.from([
    9,
    0,
    0,
    0,
    1,
    2,
    lifetime >> 8,
    lifetime & 255,
    ...bytes(address),
    0,
    0,
    0,
    0,
  ]);
  packet.writeUInt16BE(checksum(packet), 2);
  return packet;
}

/** RFC 2328, A.3.2: area 0, no authentication, hello 1 s, dead 4 s. */
export function hello(router: string, neighbors: string[] = []): Buffer {
  const length = 44 + neighbors.length * 4;
  const packet = Buffer.concat([
    Buffer.from([2, 1, length >> 8, length & 255, ...bytes(router), 0, 0, 0, 0, 0, 0, 0, 0]),
    Buffer.alloc(8),
    Buffer.from([255, 255, 255, 0, 0, 1, 2, 0, 0, 0, 0, 4]),
    Buffer.alloc(8),
    Buffer.from(neighbors.flatMap(bytes)),
  ]);
  packet.writeUInt16BE(checksum(Buffer.concat([packet.subarray(0, 16), packet.subarray(24)])), 12);
  return packet;
}

/** RFC 9568, 5.2: one address; the checksum covers a pseudo-header (RFC 5798, 5.2.8). */
export function heartbeat(
  from: string,
  group: number,
  priority: number,
  centiseconds: number,
  address: string,
): Buffer {
  const packet = Buffer.from([
    0x31,
    group,
    priority,
    1,
    centiseconds >> 8,
    centiseconds & 255,
    0,
    0,
    ...bytes(address),
  ]);
  const pseudo = Buffer.from([...bytes(from), 224, 0, 0, 18, 0, 112, 0, packet.length]);
  packet.writeUInt16BE(checksum(Buffer.concat([pseudo, packet])), 6);
  return packet;
}

/** RFC 791, 3.1: the header that a raw socket receives in front. */
export function datagram(from: string, to: string, protocol: number, ttl: number, body: Buffer): Buffer {
  const header = Buffer.from([
    0x45,
    0xc0,
    0,
    0,
    0,
    1,
    0,
    0,
    ttl,
    protocol,
    0,
    0,
    ...bytes(from),
    ...bytes(to),
  ]);
  header.writeUInt16BE(20 + body.length, 2);
  return Buffer.concat([header, body]);
}

function bytes(address: string): number[] {
  return address.split('.').map(Number);
}

function checksum(data: Buffer): number {
  let total = 0;
  for (let at = 0; at + 1 < data.length; at += 2) total += data.readUInt16BE(at);
  while (total > 0xffff) total = (total % 0x10000) + Math.floor(total / 0x10000);
  return 0xffff - total;
}
