/** Control data of sendmsg(2) and recvmsg(2): a list of records, each with a level, a type and a value (cmsg(3)). */

/** Bytes of a `size_t`, to which records are aligned. */
const WORD = ['arm', 'ia32', 'mipsel'].includes(process.arch) ? 4 : 8;
/** `struct cmsghdr`: its length with the value, level, type. */
const HEADER = WORD + 8;

/** Returns one record. */
export function writeRecord(level: number, type: number, value: Uint8Array): Buffer {
  const bytes = Buffer.alloc(aligned(HEADER + value.length));
  // The upper half of a length is zero, on machines that are little-endian as all of Node's with Linux boards.
  bytes.writeUInt32LE(HEADER + value.length, 0);
  bytes.writeInt32LE(level, WORD);
  bytes.writeInt32LE(type, WORD + 4);
  bytes.set(value, HEADER);
  return bytes;
}

/** Returns the value of the first record of this level and type; undefined where there is none that is whole. */
export function recordOf(control: Buffer, level: number, type: number): Buffer | undefined {
  let at = 0;
  while (at + HEADER <= control.length) {
    const length = control.readUInt32LE(at);
    if (length < HEADER || at + length > control.length) return undefined;
    if (control.readInt32LE(at + WORD) === level && control.readInt32LE(at + WORD + 4) === type)
      return control.subarray(at + HEADER, at + length);
    at += aligned(length);
  }
  return undefined;
}

function aligned(length: number): number {
  return Math.ceil(length / WORD) * WORD;
}
