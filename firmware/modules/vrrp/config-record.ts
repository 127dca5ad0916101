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
  /** Accept_Mode (6.1): this host takes no packets to the addresses. Absent, it does. */
  accept?: false;
  /** Of one family. */
  addresses: string[];
  /** In which form checksums are sent; absent, it is `auto`. */
  checksum?: 'auto' | ChecksumForm;
  /** Those of one name are Active together, or none is. */
  sync?: string;
  track?: Track[];
  /** Runs with each change of role. */
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
}

/** Something that a virtual router depends on. */
export interface Track {
  what: 'interface' | 'prefix' | 'next-hop' | 'adjacency' | 'program';
  /**
   * Name of the interface, the prefix, the address, or the path of the program. Of an adjacency the protocol, a colon, and the
   * name of an interface or of the neighbour.
   */
  of: string;
  /** The priority is so much lower while it is not there; absent, the virtual router does not run then. */
  decrement?: number;
  /** Of a program. */
  check?: Check;
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

/** Names what is tracked, also to IP. A program with other arguments, user or times is another. */
export function trackId({ what, of, check }: Pick<Track, 'what' | 'of' | 'check'>): string {
  return check === undefined ? `${what}:${of}` : checkId(check);
}

function checkId(check: Check): string {
  let id = checkIds.get(check);
  if (id === undefined) {
    const { program, arguments: args = [], user = '', interval, timeLimit } = check;
    id = `script:${JSON.stringify([program, args, user, interval, timeLimit])}`;
    checkIds.set(check, id);
  }
  return id;
}

/** They are asked for with each packet. */
const checkIds = new WeakMap<Check, string>();

/** By `trackId`, all that virtual routers depend on. */
export function tracksOf(config: Config): ReadonlyMap<string, Track> {
  let tracks = tracksOfConfigs.get(config);
  if (tracks === undefined) {
    const all = config.groups.flatMap(({ track = [] }) => track);
    tracks = new Map(all.map((track) => [trackId(track), track]));
    tracksOfConfigs.set(config, tracks);
  }
  return tracks;
}

/** A configuration is replaced as a whole. */
const tracksOfConfigs = new WeakMap<Config, ReadonlyMap<string, Track>>();

/** The protocol of an adjacency, and the neighbour or the interface where it is. */
export function adjacencyNamed(of: string): { by: string; who: string } {
  const colon = of.indexOf(':');
  return { by: of.slice(0, colon), who: of.slice(colon + 1) };
}
