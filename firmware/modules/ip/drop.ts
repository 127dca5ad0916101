/** Why a received message is dropped: a code for the counter, in the order of the checks (RFC 1256 4.2, 5.2). */
export type DropReason =
  /** It is shorter than ICMP's header. */
  | 'truncated'
  /** It is none of router discovery: the kernel sees to it. */
  | 'foreign'
  | 'checksum'
  /** Its code is not 0. */
  | 'code'
  /** It lists no address. */
  | 'addressCount'
  /** An entry is too short for an address and its preference. */
  | 'entrySize'
  /** It is shorter than its entries. */
  | 'length';
