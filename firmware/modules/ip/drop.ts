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

/** The same of router discovery in IPv6 (RFC 4861 6.1.1, 6.1.2). The kernel drops what has a wrong checksum. */
export type DropReason6 =
  /** A router has forwarded it. */
  | 'hopLimit'
  /** It is shorter than its header. */
  | 'truncated'
  | 'foreign'
  /** Its code is not 0. */
  | 'code'
  /** An option has no length, or ends behind the message. */
  | 'optionLength'
  /** It has no source address and a link-layer address all the same. */
  | 'linkLayerAddress'
  /** An advertisement comes from another address than a link-local one. */
  | 'source';
