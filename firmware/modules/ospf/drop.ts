/** Why a received packet is dropped: a code for the counter, a sentence for the log, in the order of the checks. */
export const DROP_REASONS = {
  notTalking: 'it came where OSPF does not speak: the interface is not up yet, down or passive',
  // RFC 2328 8.2
  destination: 'it is for another address',
  own: 'it is our own',
  truncated: 'it is shorter than its header says',
  version: 'it is not OSPF version 2',
  area: 'its area is not ours',
  virtualLink: 'it is for a virtual link that has no way to its other end yet',
  network: 'its source is not in the network of the interface',
  source: 'its source is the address of no host',
  allDRouters: 'it is for designated routers, and we are none',
  auType: 'its authentication type is not that of the interface',
  checksum: 'its checksum is wrong',
  password: 'its password is not ours',
  keyUnknown: 'its key id is not one of ours',
  keyLifetime: 'its key is not accepted at this time',
  digest: 'its digest is wrong: the secret, the algorithm or the packet is another',
  sequence: 'its cryptographic sequence number is lower than one that was received',
  type: 'its packet type is unknown',
  routerId: 'its router id is ours, which no other router may have, or 0.0.0.0',
  noNeighbor: 'it is of a router from which no Hello was accepted',
  noAdjacency: 'it belongs to an adjacency, and the neighbour is in no state for it',
  // RFC 2328 10.5
  helloLength: 'its length is not that of a Hello',
  mask: 'its network mask is not ours',
  helloInterval: 'its HelloInterval is not ours',
  deadInterval: 'its RouterDeadInterval is not ours',
  externalRouting: 'its E-bit is not that of our area: one of the two is a stub area',
  nssa: 'its N-bit is not that of our area: one of the two is a not-so-stubby area',
  tooManyNeighbors:
    'the interface has as many neighbours as it takes, and room for none that does not list us',
  // RFC 2328 10.6, 10.7, 13, 13.7
  descriptionLength: 'its length is not that of a Database Description',
  mtu: 'its interface MTU is larger than ours',
  requestLength: 'its length is not that of a Link State Request',
  updateLength: 'its LSAs are not as many, or not as long, as it says',
  acknowledgmentLength: 'its length is not that of a Link State Acknowledgment',
  // RFC 2328 13, of a single LSA
  lsaChecksum: "an LSA's checksum is wrong",
  lsaType: "an LSA's type is unknown",
  lsaLength: "an LSA's length, or a link of it, is none of its type",
  lsaId: 'the id of a router-LSA is not that of its router',
  lsaScope: 'an LSA is of a type that our area does not take',
  lsaRoom: 'the database holds as many LSAs, or bytes, as it takes from others',
  minLsArrival: 'an LSA came again sooner than MinLSArrival',
} as const;

export type DropReason = keyof typeof DROP_REASONS;

/** A packet that was dropped, with the value that it has and the one that it should have, where these say more. */
export interface Drop {
  error: DropReason;
  theirs?: string | number;
  ours?: string | number;
}

/** For the log. */
export function dropText({ error, theirs, ours }: Drop): string {
  const values = [
    ...(theirs === undefined ? [] : [`theirs is ${theirs}`]),
    ...(ours === undefined ? [] : [`ours is ${ours}`]),
  ].join(', ');
  return `${DROP_REASONS[error]}${values === '' ? '' : `: ${values}`} (${error})`;
}
