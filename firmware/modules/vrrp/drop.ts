/** Why a received packet is dropped: a code for the counter, a sentence for the log, in the order of the checks. */
export const DROP_REASONS = {
  inactive: 'the interface has no address to run VRRP with',
  own: 'it is our own',
  // RFC 9568 7.1
  ttl: 'its TTL is not 255: it may come from another network',
  source: 'its source is no address that a router advertises from (5.1.1.1, 5.1.2.1)',
  version: 'it is not of the version that is configured here',
  type: 'it is no advertisement',
  truncated: 'it is shorter than its address count says',
  checksum: 'its checksum is wrong',
  addressCount: 'it lists no address (5.2.5)',
  vrid: 'no virtual router of this number is configured here',
  owner: 'we own the addresses of this virtual router (priority 255)',
  interval: 'its advertisement interval is 0',
  // RFC 3768 7.1, for version 2
  authentication: 'it has an authentication, which version 2 has no more (RFC 3768)',
  adverInterval: 'its advertisement interval is not ours, which version 2 demands (RFC 3768 7.1)',
} as const;

export type DropReason = keyof typeof DROP_REASONS;
