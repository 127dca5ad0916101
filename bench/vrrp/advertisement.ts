/** Advertisements as the witness sees them (RFC 9568 5.2). */
import type { Captured } from './capture.ts';

/** As tcpdump is told to take them. */
export const ADVERTISEMENTS = 'ip proto 112';

const SOURCE = 12;

export interface Advertisement {
  /** When it arrived, in ms of the machine's clock. */
  at: number;
  from: string;
  group: number;
  priority: number;
}

export function advertisementOf({ at, packet }: Captured): Advertisement {
  const header = (packet[0]! & 0x0f) * 4;
  return {
    at,
    from: [...packet.subarray(SOURCE, SOURCE + 4)].join('.'),
    group: packet[header + 1]!,
    priority: packet[header + 2]!,
  };
}
