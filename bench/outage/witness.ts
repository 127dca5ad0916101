/**
 * The witness: a process in the neighbour's namespace that prints when a Hello or an advertisement of the router arrives:
 * `OSPF MS` or `VRRP MS`, ms of the monotonic clock, which is the same in all processes. An advertisement of priority 0
 * says that the router leaves (RFC 9568, 5.2.4), so it is none here.
 */
import { type RawIpIn, RawIpPort } from '../../drivers/raw-ip.ts';

const KINDS = {
  OSPF: { protocol: 89, group: '224.0.0.5', counts: (bytes: Uint8Array) => bytes[1] === 1 },
  VRRP: {
    protocol: 112,
    group: '224.0.0.18',
    counts: (bytes: Uint8Array) => bytes[0] === 0x31 && bytes[2] !== 0,
  },
} as const;

const [kind = '', name = '', router = ''] = process.argv.slice(2);
const { protocol, group, counts } = KINDS[kind as keyof typeof KINDS];
new RawIpPort({ interface: name, protocol, groups: [group] }).open(({ from, payload }: RawIpIn) => {
  const [seconds, nanoseconds] = process.hrtime();
  if (from === router && counts(payload))
    process.stdout.write(`${kind} ${seconds * 1e3 + nanoseconds / 1e6}\n`);
});
process.stdout.write('ready\n');
