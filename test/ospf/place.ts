import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import type { Test } from 'tap';
import { stringify } from 'yaml';
import { NetworkNamespace } from '../netns.ts';
import { type Frr, startFrr } from '../router/frr.ts';
import { eventuallyAsync } from '../router/router-lab.ts';
import { RouterPlace } from '../router/router-place.ts';
import { sourceBundle } from '../source-bundle.ts';
import { type Bird, type BirdLines, startBird } from './bird.ts';

const PATIENCE = 60_000;
const MAX_AGE = 3600;
/** The version that the sources as they are have here; IP is the newest release. */
export const SOURCES = '3.0.900';

/** The router's configuration. */
export interface Sections {
  id: string;
  ospf: object;
  ip: object;
  /** Sections of other modules. */
  others?: object;
  /** Bundles that are started in place of the newest, by module. */
  modules?: Readonly<Record<string, string>>;
}

/** A neighbour as the answer to `show neighbors` has it. */
export interface NeighborRow {
  interface: string;
  routerId: string;
  address: string;
  state: string;
}

/** Routers, that choose among equal ways by the ports, too. */
const SYSCTLS = ['sysctl', '-q', '-w', 'net.ipv4.ip_forward=1', 'net.ipv4.fib_multipath_hash_policy=1'];

/** Sends back what it hears. */
const ECHO = `const socket = require('node:dgram').createSocket('udp4');
socket.on('message', (data, { port, address }) => socket.send(data, port, address));
socket.bind(7, process.argv[1]);`;
/** Ends well when a datagram of each of so many ports comes back within a second: equal ways have their share of them. */
const ASKING = `const [, source, target, ports] = process.argv;
let left = Number(ports);
for (let i = left; i > 0; i--) {
  const socket = require('node:dgram').createSocket('udp4');
  socket.on('message', () => --left === 0 && process.exit(0));
  socket.bind(0, source, () => socket.send('?', 7, target));
}
setTimeout(() => process.exit(1), 1000);`;

export class OspfPlace extends RouterPlace {
  /** Namespaces of peers. */
  readonly peers: NetworkNamespace[] = [];

  private constructor() {
    super('ospf');
  }

  /** Makes it without the router's program. Ends with the test. */
  static async make(t: Test): Promise<OspfPlace> {
    const place = new OspfPlace();
    t.teardown(() => place.#end());
    // FRR's own user has to get at its files below.
    chmodSync(place.directory, 0o755);
    mkdirSync(join(place.directory, 'bundles'));
    await place.bundle('ospf', SOURCES);
    place.router.exec(SYSCTLS);
    return place;
  }

  /** Makes a bundle of a module's sources under that number. @param plugins that change the sources */
  async bundle(module: string, version: string, plugins: readonly Plugin[] = []): Promise<void> {
    const file = join(this.directory, 'bundles', `${module}-${version}.cjs`);
    writeFileSync(file, await sourceBundle(module, version, plugins));
  }

  /** A namespace for a peer. */
  peer(label: string): NetworkNamespace {
    const peer = NetworkNamespace.create(label);
    this.peers.push(peer);
    peer.exec(SYSCTLS);
    return peer;
  }

  /** FRR in a peer's namespace, with a configuration of ospfd. */
  frr(t: Test, peer: NetworkNamespace, ospfd: string): Promise<Frr> {
    const directory = join(this.directory, peer.name);
    mkdirSync(directory);
    return startFrr(t, peer, directory, ospfd);
  }

  /** BIRD in a peer's namespace. */
  bird(t: Test, peer: NetworkNamespace, lines: BirdLines): Promise<Bird> {
    return startBird(t, peer, join(this.directory, peer.name), lines);
  }

  /** A LAN of several: each names its end and address. */
  lan(...ends: (readonly [NetworkNamespace, string, string])[]): void {
    const bridge = this.peer('lan');
    bridge.ip('link', 'add', 'br0', 'type', 'bridge', 'stp_state', '0', 'mcast_snooping', '0');
    bridge.ip('link', 'set', 'br0', 'up');
    ends.forEach((end, i) => {
      NetworkNamespace.join(end, [bridge, `port${i}`]);
      bridge.ip('link', 'set', `port${i}`, 'master', 'br0');
    });
  }

  write({ id, ospf, ip, others, modules }: Sections): void {
    const text = stringify(
      {
        router: {
          id,
          bundles: ['bundles'],
          modules: { OSPF: `ospf@${SOURCES}`, ...modules },
          state: join(this.directory, 'state'),
        },
        ip,
        ospf,
        ...others,
      },
      // The configuration takes no aliases.
      { aliasDuplicateObjects: false },
    );
    writeFileSync(this.file, text);
  }

  /** Starts it with this configuration; waits until it answers. */
  async start(sections: Sections): Promise<void> {
    this.write(sections);
    await this.launch();
  }

  /** Lines that it has printed with a text in them. */
  told(text: string): string[] {
    return this.output.split('\n').filter((line) => line.includes(text));
  }

  async neighbors(): Promise<NeighborRow[]> {
    const { ok, message, data } = await this.exec('show neighbors');
    if (!ok) throw new Error(`show neighbors: ${message}`);
    return data as NeighborRow[];
  }

  /** Waits until the neighbour of that router id is in that state. */
  async comesTo(routerId: string, state: string, patience = PATIENCE): Promise<void> {
    await eventuallyAsync(`${routerId} is ${state}`, patience, async () => {
      const row = (await this.neighbors()).find((each) => each.routerId === routerId);
      return row?.state === state || undefined;
    }).catch(async (thrown: Error) => {
      const rows = JSON.stringify(await this.neighbors());
      throw new Error(`${thrown.message}: ${rows}\n${this.output.slice(-3000)}`);
    });
  }

  /** Routes that the router has brought to its kernel: prefix and next hops, as `10.1.0.2/32 10.9.0.2@lan0`, sorted. */
  routes(): string[] {
    const rows = JSON.parse(this.router.ip('-j', '-d', 'route', 'show', 'proto', '72')) as KernelRoute[];
    // A static route to nowhere has no next hop, and is none of OSPF's.
    return rows
      .filter(({ type }) => type === 'unicast')
      .map(({ dst, gateway, dev, nexthops = [{ gateway, dev }] }) => {
        const hops = nexthops.map((hop) => `${hop.gateway ?? 'link'}@${hop.dev}`).sort();
        return `${dst} ${hops.join(',')}`;
      })
      .sort();
  }

  /** Waits until these are the routes in the router's kernel: `PREFIX HOPS COST`, with `none` where OSPF has no such route. */
  async comesToRoutes(wanted: readonly string[], patience = PATIENCE): Promise<void> {
    let found: string[] = [];
    const isSo = async () => {
      const { data } = await this.exec('show ip ospf route');
      const costs = new Map((data as CostRow[]).map((row) => [row.prefix ?? '', costOf(row)]));
      found = this.routes().map((route) => {
        const [prefix = ''] = route.split(' ');
        return `${route} ${costs.get(prefix.includes('/') ? prefix : prefixOf(prefix)) ?? 'none'}`;
      });
      return found.join() === [...wanted].sort().join() || undefined;
    };
    await eventuallyAsync('the routes are right', patience, isSo).catch(async (thrown: Error) => {
      const both = `${found.join('\n')}\nwanted:\n${[...wanted].sort().join('\n')}`;
      const { data } = await this.exec('show ip ospf route');
      throw new Error(`${thrown.message}:\n${both}\n${JSON.stringify(data)}\n${this.output.slice(-3000)}`);
    });
  }

  /** Waits until a datagram of an address comes back from another. @param ports as many, one of each port */
  async comesToReach(
    [from, source]: readonly [NetworkNamespace, string],
    [to, target]: readonly [NetworkNamespace, string],
    ports = 1,
  ): Promise<void> {
    to.spawn([process.execPath, '-e', ECHO, target]).unref();
    await eventuallyAsync(`${target} answers ${source}`, PATIENCE, async () => {
      const child = from.spawn([process.execPath, '-e', ASKING, source, target, `${ports}`]);
      return (await new Promise((resolve) => child.once('exit', resolve))) === 0 || undefined;
    });
  }

  /** Waits until so many packets more were dropped for a reason. */
  async comesToDrop(reason: string, more: number): Promise<void> {
    const countOf = async () => {
      const rows = (await this.exec('show ip ospf drops')).data as { reason?: string; count?: number }[];
      return rows.find((row) => row.reason === reason)?.count ?? 0;
    };
    const before = await countOf();
    const isSo = async () => (await countOf()) >= before + more || undefined;
    await eventuallyAsync(`${more} packets are dropped for ${reason}`, PATIENCE, isSo);
  }

  /** Waits until a text is the one that is wanted. */
  async comesToBe(what: string, wanted: string, text: () => string, patience = PATIENCE): Promise<void> {
    const isSo = async () => text() === wanted || undefined;
    await eventuallyAsync(what, patience, isSo).catch((thrown: Error) => {
      throw new Error(`${thrown.message}:\n${text()}\nwanted:\n${wanted}\n${this.output.slice(-3000)}`);
    });
  }

  /**
   * All LSAs, as `scope id router sequence checksum`, sorted; the scope is an area's id or `as`. Those of MaxAge are not there:
   * some routers keep them for a while.
   */
  async database(): Promise<string[]> {
    const { ok, message, data } = await this.exec('show ip ospf database');
    if (!ok) throw new Error(`show ip ospf database: ${message}`);
    const rows = data as LsaRow[];
    return rows
      .filter(({ id, age }) => id !== undefined && age < MAX_AGE)
      .map(({ scope, ...lsa }) => {
        const of = scope.replace('area ', '');
        return `${of} ${lsa.id} ${lsa.router} ${lsa.sequence} ${lsa.checksum}`;
      })
      .sort();
  }

  /**
   * Waits until the router and its peers have the same LSAs, by checksum, of all areas that both are in.
   * @param stubs those of the peers that are in stub areas alone: they have no LSAs of the AS
   */
  async comesToEqual(peers: readonly (Frr | Bird)[], stubs: readonly (Frr | Bird)[] = []): Promise<string[]> {
    let ours: string[] = [];
    let theirs: string[][] = [];
    const isEqual = async () => {
      ours = await this.database();
      theirs = peers.map(databaseOf);
      return (
        theirs.every((each, i) => {
          const isStub = stubs.includes(peers[i]!);
          return ofScopesOf(ours, each, isStub).join() === ofScopesOf(each, ours, isStub).join();
        }) || undefined
      );
    };
    await eventuallyAsync('databases are equal', PATIENCE, isEqual).catch((thrown: Error) => {
      const all = [ours, ...theirs].map((each) => each.join('\n'));
      throw new Error(`${thrown.message}:\n${all.join('\n--\n')}\n${this.output.slice(-3000)}`);
    });
    return ours;
  }

  async #end(): Promise<void> {
    await this.end('SIGKILL', this.peers);
  }
}

interface LsaRow extends Record<'scope' | 'id' | 'router' | 'sequence' | 'checksum', string> {
  age: number;
}

interface Hop {
  gateway?: string;
  dev?: string;
}

/** A row of `show ip ospf route`. */
interface CostRow {
  prefix?: string;
  cost?: number;
  metric2?: number;
}

function costOf({ cost, metric2 }: CostRow): string {
  return metric2 === undefined ? `${cost}` : `${cost}/${metric2}`;
}

/** The kernel writes a host or the default route without a length. */
function prefixOf(dst: string): string {
  return dst === 'default' ? '0.0.0.0/0' : `${dst}/32`;
}

interface KernelRoute extends Hop {
  type: string;
  dst: string;
  nexthops?: Hop[];
}

/** Of these LSAs those of the scopes that the others are of, and of the AS, outside of stub areas. */
function ofScopesOf(others: readonly string[], lsas: readonly string[], isStub: boolean): string[] {
  const scopeOf = (lsa: string) => lsa.slice(0, lsa.indexOf(' '));
  const scopes = new Set([...others.map(scopeOf), ...(isStub ? [] : ['as'])]);
  return lsas.filter((lsa) => scopes.has(scopeOf(lsa)));
}

/** All LSAs that a peer has, as those of a router of ours. */
export function databaseOf(peer: Frr | Bird): string[] {
  return 'birdc' in peer ? birdDatabase(peer) : frrDatabase(peer);
}

function frrDatabase({ vtysh }: Frr): string[] {
  const lsa = /^(\d+\.\S+) +(\d+\.\S+) +(?!3600)\d+ (0x[0-9a-f]{8}) (0x[0-9a-f]{4})/;
  let scope = 'as';
  return vtysh('show ip ospf database')
    .split('\n')
    .flatMap((line) => {
      const heading = /^ {16}(Link-Local)?\S.*?(?: \(Area ([0-9.]+).*)?$/.exec(line);
      // Of a single link; not which one.
      if (heading) scope = heading[1] ?? heading[2] ?? 'as';
      const [, ...fields] = lsa.exec(line) ?? [];
      return fields.length === 0 ? [] : [`${scope} ${fields.join(' ')}`];
    })
    .sort();
}

function birdDatabase({ birdc }: Bird): string[] {
  const lsa = /^ ([0-9a-f]{4}) +(\S+) +(\S+) +([0-9a-f]{8}) +(?!3600)\d+ +([0-9a-f]{4})/;
  let scope = 'as';
  return birdc('show ospf lsadb')
    .split('\n')
    .flatMap((line) => {
      const heading = /^(Global|Area (\S+))/.exec(line);
      if (heading) scope = heading[2] ?? 'as';
      const [, , id, router, sequence, checksum] = lsa.exec(line) ?? [];
      return id === undefined ? [] : [`${scope} ${id} ${router} 0x${sequence} 0x${checksum}`];
    })
    .sort();
}
