/** A filter of a netlink socket, in classic BPF (linux/filter.h): what one port has caused is not even received. */

const LOAD_WORD = 0x20;
const LOAD_HALF = 0x28;
const JUMP_EQUAL = 0x15;
const RETURN = 0x06;
/** Places in struct nlmsghdr. */
const TYPE = 4;
const PORT = 12;
/** So many bytes are kept: all. */
const ALL = 0xffff_ffff;

/** @returns a program that drops messages of these types that the socket with this port has caused */
export function filterWithout(port: number, types: readonly number[]): Buffer {
  const end = types.length + 3;
  return Buffer.concat([
    instruction(LOAD_WORD, 0, 0, PORT),
    instruction(JUMP_EQUAL, 0, end - 2, asLoaded(port, 4)),
    instruction(LOAD_HALF, 0, 0, TYPE),
    ...types.map((type, i) => instruction(JUMP_EQUAL, end - i - 3, 0, asLoaded(type, 2))),
    instruction(RETURN, 0, 0, ALL),
    instruction(RETURN, 0, 0, 0),
  ]);
}

/** struct sock_filter. @param yes instructions that are left out where it is so @param no and where not */
function instruction(code: number, yes: number, no: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(yes, 2);
  bytes.writeUInt8(no, 3);
  bytes.writeUInt32LE(value >>> 0, 4);
  return bytes;
}

/** A load takes the bytes for network order, and netlink has the machine's. */
function asLoaded(value: number, size: 2 | 4): number {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntLE(value, 0, size);
  return bytes.readUIntBE(0, size);
}
