import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { stringify } from 'yaml';
import { Remote } from '../../drivers/fixtures/remote.ts';
import { NetworkNamespace } from '../../netns.ts';
import { RouterPlace } from '../router-place.ts';
import type { AgentOrder } from './agent.ts';
import { type Flow, Flowing } from './flowing.ts';
import type { RouteLine, TableLines } from './listing.ts';
import type { MonitorTally } from './route-monitor.ts';
import type { StreamReceived, StreamSent } from './stream.ts';
import { makeVersions, ONE, OTHER } from './versions.ts';

/** Protocol number of the router's routes, as users see it in `ip route`. */
export const OURS = 72;
const MAIN = 254;
const PATIENCE = 30_000;

/** By prefix, then by next hop. */
export type StaticRoutes = Record<string, Record<string, StaticSettings>>;

export interface StaticSettings {
  distance?: number;
  weight?: number;
}

export interface RouterSections {
  /** Version of IP. */
  version?: string;
  /** The section `ip`; interfaces are those of the place unless told. */
  ip?: object;
  routes?: StaticRoutes;
  /** Sections of other modules. */
  others?: object;
}

type Agent = Remote<AgentOrder>;

export class RoutesPlace extends RouterPlace {
  readonly client: NetworkNamespace = NetworkNamespace.create('client');
  readonly server: NetworkNamespace = NetworkNamespace.create('server');
  readonly #agents: { client: Agent; router: Agent; server: Agent };
  readonly #flowing: Flowing;
  #probes = 0;

  private constructor() {
    super('router');
    mkdirSync(join(this.directory, 'bundles'));
    const agentIn = (namespace: NetworkNamespace): Agent =>
      new Remote<AgentOrder>({ namespace, agent: 'test/router/routes/agent.ts' });
    this.#agents = {
      client: agentIn(this.client),
      router: agentIn(this.router),
      server: agentIn(this.server),
    };
    this.#flowing = new Flowing(this.#agents.client, this.#agents.server);
  }

  /** Makes it without the router's program. Ends with the test. @param versions of IP that there are */
  static async make(t: Test, versions: readonly string[] = [ONE, OTHER]): Promise<RoutesPlace> {
    const place = new RoutesPlace();
    t.teardown(() => place.#end());
    await makeVersions(join(place.directory, 'bundles'), versions);
    const { client, router, server } = place;
    router.exec(['sysctl', '-q', '-w', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1']);
    // By layer 4, flows of one pair of hosts are spread, too.
    router.exec(['sysctl', '-q', '-w', 'net.ipv4.fib_multipath_hash_policy=1']);
    for (const each of [client, router, server])
      each.exec(['sysctl', '-q', '-w', 'net.ipv4.conf.all.rp_filter=0', 'net.ipv4.conf.default.rp_filter=0']);
    NetworkNamespace.join([router, 'lan0', '10.1.0.1/24'], [client, 'cl0', '10.1.0.2/24']);
    NetworkNamespace.join([router, 'wan0', '10.2.0.1/24'], [server, 's0', '10.2.0.2/24']);
    NetworkNamespace.join([router, 'wan1', '10.3.0.1/24'], [server, 's1', '10.3.0.2/24']);
    for (const [n, inner, outer, beyond] of [
      [1, 'lan0', 'cl0', client],
      [2, 'wan0', 's0', server],
      [3, 'wan1', 's1', server],
    ] as const) {
      router.ip('address', 'add', `fd00:${n}::1/64`, 'dev', inner, 'nodad');
      beyond.ip('address', 'add', `fd00:${n}::2/64`, 'dev', outer, 'nodad');
    }
    client.ip('route', 'add', 'default', 'via', '10.1.0.1');
    client.ip('-6', 'route', 'add', 'default', 'via', 'fd00:1::1');
    server.ip('route', 'add', '10.1.0.0/24', 'via', '10.2.0.1');
    server.ip('-6', 'route', 'add', 'fd00:1::/64', 'via', 'fd00:2::1');
    server.ip('route', 'add', 'local', '10.9.0.0/16', 'dev', 'lo');
    server.ip('-6', 'route', 'add', 'local', 'fd00:9::/48', 'dev', 'lo');
    await place.#agents.server.order({ op: 'hear' });
    return place;
  }

  // --- the router's program

  write({ version = ONE, ip = {}, routes = {}, others = {} }: RouterSections): void {
    const text = stringify({
      router: {
        id: '10.1.0.1',
        bundles: ['bundles'],
        modules: { IP: `ip@${version}` },
        state: join(this.directory, 'state'),
      },
      ip: {
        interfaces: { lan0: {} },
        ...(Object.keys(routes).length > 0 && { routes }),
        ...ip,
      },
      ...others,
    });
    writeFileSync(this.file, text);
  }

  /** Writes the file, and has the router read it. */
  async configure(sections: RouterSections): Promise<void> {
    this.write(sections);
    await this.run('reload');
  }

  // --- the kernel's tables

  tables(): Promise<TableLines> {
    return this.#agents.router.order({ op: 'tables' }) as Promise<TableLines>;
  }

  /** Our routes of the main table as `ourLines` has them. */
  async ours(): Promise<string[]> {
    return ourLines((await this.tables()).routes);
  }

  /**
   * Waits until the router's routes are these: lines such as `10.9.0.0/16 10.2.0.2%wan0*1`. Returns those that are missing
   * (`-`) and those that should not be there (`+`) when they do not come to that.
   */
  async comesTo(expected: readonly string[], patience = PATIENCE): Promise<string[]> {
    return this.comesToWhat(() => expected, patience);
  }

  /** @param expected what is to be there, by the other rows of the same tables */
  async comesToWhat(
    expected: (tables: TableLines) => readonly string[],
    patience = PATIENCE,
  ): Promise<string[]> {
    const giveUp = performance.now() + patience;
    for (;;) {
      const tables = await this.tables();
      const faults = differences(ourLines(tables.routes), expected(tables));
      if (faults.length === 0 || performance.now() > giveUp) return faults;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Counts from now on what the kernel tells of routes of this protocol. */
  async watch(protocol = OURS): Promise<void> {
    await this.#agents.router.order({ op: 'watch', protocol });
  }

  /** Counts since it was asked last. */
  tally(): Promise<MonitorTally> {
    return this.#agents.router.order({ op: 'tally' }) as Promise<MonitorTally>;
  }

  // --- traffic

  /** Whether a packet of the client comes to the server by this address. */
  async reaches(address: string, patience = PATIENCE): Promise<boolean> {
    const text = `probe ${++this.#probes}`;
    await this.#agents.client.order({ op: 'probe', to: [address], text, patience: 0 });
    const giveUp = performance.now() + patience;
    for (;;) {
      const heard = (await this.#agents.server.order({ op: 'heard' })) as string[];
      if (heard.includes(text)) return true;
      if (performance.now() > giveUp) return false;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Whether no packet comes there: not in the time in which all others do. */
  async reachesNot(address: string): Promise<boolean> {
    return !(await this.reaches(address, 500));
  }

  /** The errno by which the client is told that an address cannot be reached; 0 when nobody says so within `patience` ms. */
  async refusal(address: string, patience = PATIENCE): Promise<number> {
    return (await this.#agents.client.order({ op: 'probe', to: [address], text: '', patience })) as number;
  }

  /** Packets that came in at an interface of the server. */
  arrivedAt(name: 's0' | 's1'): number {
    const [link] = JSON.parse(this.server.ip('-j', '-s', 'link', 'show', name)) as {
      stats64: { rx: { packets: number } };
    }[];
    return link!.stats64.rx.packets;
  }

  /** Starts a stream of 5,000 packets a second from the client to these addresses of the server. */
  startStream(to: readonly string[] = ['10.9.0.1']): Promise<void> {
    return this.#flowing.start(to);
  }

  received(): Promise<StreamReceived> {
    return this.#flowing.received();
  }

  sent(): Promise<StreamSent> {
    return this.#flowing.sent();
  }

  /** Waits until so many packets more were sent. */
  streams(packets: number): Promise<void> {
    return this.#flowing.goesOn(packets);
  }

  /** Ends the stream. What is under way has time to come. */
  endStream(): Promise<Flow> {
    return this.#flowing.end();
  }

  async #end(): Promise<void> {
    await this.kill('SIGKILL');
    await Promise.all(Object.values(this.#agents).map((agent) => agent.end()));
    await this.end('SIGKILL', [this.client, this.server]);
  }
}

/** A line for each of our routes of the main table. */
export function ourLines(routes: readonly RouteLine[]): string[] {
  return routes
    .filter(({ protocol, table }) => protocol === OURS && table === MAIN)
    .map(({ prefix, to, metric }) => `${prefix} ${to}${metric === OURS ? '' : ` metric ${metric}`}`)
    .sort();
}

/** Those of other programs; what the kernel makes of addresses is not among them. */
export function foreignLines(routes: readonly RouteLine[]): string[] {
  return routes
    .filter(({ protocol }) => protocol !== OURS && protocol !== 2)
    .map(({ table, prefix, protocol, metric, to }) => `${table} ${prefix} ${protocol} ${metric} ${to}`)
    .sort();
}

function differences(found: readonly string[], expected: readonly string[]): string[] {
  const [is, shall] = [new Set(found), new Set(expected)];
  return [
    ...expected.filter((line) => !is.has(line)).map((line) => `- ${line}`),
    ...found.filter((line) => !shall.has(line)).map((line) => `+ ${line}`),
  ];
}
