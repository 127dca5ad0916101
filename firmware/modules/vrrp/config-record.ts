/** The configuration as it stands in the state: a record for each virtual router. */
import type { Family, Version } from './constants.ts';

/**
 * The cover of an IPv4 advertisement's checksum in version 3. RFC 5798 5.2.8 has a pseudo-header before the message, and so
 * have FRR and keepalived by default. RFC 9568 5.2.8 has the message alone, and so have Cisco's routers.
 */
export type ChecksumForm = 'pseudo-header' | 'rfc9568';

/** The parameters of one virtual router (6.1). */
export interface GroupConfig {
  interface: string;
  /** VRID, 1 to 255. */
  group: number;
  family: Family;
  version: Version;
  /** 1 to 254; 255 on the router that owns the addresses. */
  priority: number;
  /** Advertisement_Interval in centiseconds. */
  interval: number;
  /** Preempt_Mode. */
  preempt: boolean;
  /** An Active Router of lower priority is left alone for so many ms. */
  preemptDelay?: number;
  /** It waits in Initialize for so many ms when it could start. */
  startDelay?: number;
  /** Addresses and advertisements have the virtual router's own MAC (7.3), and not that of the interface. */
  virtualMac: boolean;
  /** Of one family. */
  addresses: string[];
  /** In which form checksums are sent; absent, it is `auto`. */
  checksum?: 'auto' | ChecksumForm;
  /** Those of one name are Active together, or none is. */
  sync?: string;
  track?: Track[];
  /** Programs that say by their exit code whether it runs, or with which priority. 3.0.0 knows none. */
  checks?: Check[];
  /** Runs with each change of role. 3.0.0 knows none. */
  notify?: Script;
}

/** A program of the host. */
export interface Script {
  /** Its absolute path. */
  program: string;
  arguments?: readonly string[];
  /** `nobody` unless told. */
  user?: string;
  /** In ms. */
  timeLimit: number;
}

/** A program whose exit code 0 says that something is there. */
export interface Check extends Script {
  /** From start to start, in ms. */
  interval: number;
  /** As of a track. */
  decrement?: number;
}

/** Something that a virtual router depends on. */
export interface Track {
  what: 'interface' | 'prefix' | 'next-hop';
  /** Name of the interface, the prefix, or the address. */
  of: string;
  /** The priority is so much lower while it is not there; absent, the virtual router does not run then. */
  decrement?: number;
}

export interface Config {
  groups: GroupConfig[];
}

/** Names a virtual router in the state and in the keys of its timers: VRIDs are per interface and family. */
export function keyOf({
  interface: name,
  group,
  family,
}: Pick<GroupConfig, 'interface' | 'group' | 'family'>): string {
  return family === 4 ? `${name}/${group}` : `${name}/${group}/6`;
}

/** The virtual router in the log's words. */
export function nameOf({
  interface: name,
  group,
  family,
}: Pick<GroupConfig, 'interface' | 'group' | 'family'>): string {
  return family === 4 ? `virtual router ${group} on ${name}` : `IPv6 virtual router ${group} on ${name}`;
}

/** Names a check: with another program, arguments or user it is another. */
export function checkId({ program, arguments: args = [], user = '', interval, timeLimit }: Check): string {
  return `script:${JSON.stringify([program, args, user, interval, timeLimit])}`;
}

/** Names what is tracked, also to IP. */
export function trackId({ what, of }: Pick<Track, 'what' | 'of'>): string {
  return `${what}:${of}`;
}
