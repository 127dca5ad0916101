/** Why a received packet is dropped: a code for the counter, a sentence for the log, in the order of the checks. */
export const DROP_REASONS = {
  // RFC 2328 8.2
  destination: 'it is for another address',
  own: 'it is our own',
  truncated: 'it is shorter than its header says',
  version: 'it is not OSPF version 2',
  area: 'its area is not ours',
  network: 'its source is not in the network of the interface',
  allDRouters: 'it is for designated routers, and we are none',
  auType: 'its authentication type is not 0 (none)',
  checksum: 'its checksum is wrong',
  type: 'its packet type is unknown',
  noAdjacency: 'it belongs to an adjacency, and we have none',
  // RFC 2328 10.5
  helloLength: 'its length is not that of a Hello',
  mask: 'its network mask is not ours',
  helloInterval: 'its HelloInterval is not ours',
  deadInterval: 'its RouterDeadInterval is not ours',
  externalRouting: 'its E-bit is clear, and our area is no stub',
  // ours
  routerId: 'its router id is ours, which no other router may have, or 0.0.0.0',
  tooManyNeighbors:
    'the interface has as many neighbours as it takes, and room for none that does not list us',
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
