/**
 * Two first-hop routers between a client and a server, which is FRR behind both:
 *
 *     client ── LAN ── hop 1 ── core 10.9.0.1, fd00:9::1
 *                  └── hop 2 ──┘
 *
 * The client has the virtual address as its gateway of IPv4, and that of IPv6 by router advertisements.
 */
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { type Frr, startFrr } from '../router/frr.ts';
import { eventuallyAsync } from '../router/router-lab.ts';
import { sourceBundle } from '../source-bundle.ts';
import { type FirstHop, MORE } from './first-hop.ts';
import { FrrKeepalived } from './frr-keepalived.ts';
import { Hop, VERSIONS, VIRTUAL, VIRTUAL6 } from './hop.ts';
import type { VirtualRouterRow } from './place.ts';
import { Stream } from './stream.ts';

const PATIENCE = 60_000;
export const SERVER = '10.9.0.1';
export const SERVER6 = 'fd00:9::1';
const OSPFD = [
  ...[1, 2].flatMap((n) => [
    `interface hop${n}`,
    ' ip ospf area 0',
    ' ip ospf network point-to-point',
    ' ip ospf hello-interval 1',
    ' ip ospf dead-interval 20',
  ]),
  'interface lo',
  ' ip ospf area 0',
  'router ospf',
  ' ospf router-id 10.9.0.1',
  ' log-adjacency-changes detail',
  ' timers throttle lsa all 1000',
  '',
].join('\n');

export class Pair<Each extends FirstHop = FirstHop> {
  readonly hops: readonly [Each, Each];
  readonly client: NetworkNamespace = NetworkNamespace.create('client');
  readonly core: NetworkNamespace = NetworkNamespace.create('core');
  readonly #wire: NetworkNamespace = NetworkNamespace.create('wire');
  /** Of IPv4, and of IPv6. */
  readonly streams: Stream[] = [];
  #frr: Frr | undefined;

  private constructor(hops: readonly [Each, Each]) {
    this.hops = hops;
  }

  /** Makes it of two routers of ours and starts all; waits until the client reaches the server. Ends with the test. */
  static async start(t: Test): Promise<Pair<Hop>> {
    const bundles = new Map<string, string>();
    for (const [module, versions] of Object.entries(VERSIONS))
      for (const version of versions) {
        const name = module.toLowerCase();
        bundles.set(`${name}-${version}.cjs`, await sourceBundle(name, version));
      }
    return Pair.#begin(t, [new Hop(1, 250, bundles), new Hop(2, 200, bundles)]);
  }

  /** The same of FRR and keepalived. zebra advertises no virtual address, so the client's gateway of IPv6 is set by hand. */
  static startUsual(t: Test): Promise<Pair<FrrKeepalived>> {
    return Pair.#begin(t, [new FrrKeepalived(1, 250), new FrrKeepalived(2, 200)], VIRTUAL6);
  }

  static async #begin<Each extends FirstHop>(
    t: Test,
    hops: readonly [Each, Each],
    gateway6?: string,
  ): Promise<Pair<Each>> {
    const pair = new Pair(hops);
    t.teardown(() => pair.#end());
    pair.#cable();
    if (gateway6 !== undefined)
      pair.client.ip('-6', 'route', 'add', 'default', 'via', gateway6, 'dev', 'eth0');
    const [{ directory }] = hops;
    // FRR's own user has to get at its files below.
    chmodSync(directory, 0o755);
    const own = join(directory, 'core');
    mkdirSync(own);
    pair.#frr = await startFrr(t, pair.core, own, OSPFD);
    await Promise.all(hops.map((hop) => hop.start()));
    await pair.settles();
    for (const to of [SERVER, SERVER6]) pair.streams.push(await Stream.begin(t, pair.client, pair.core, to));
    return pair;
  }

  #cable(): void {
    const { client, core } = this;
    const wire = this.#wire;
    // The answer to a packet by one router may leave by the other.
    core.exec(['sysctl', '-q', '-w', 'net.ipv4.conf.all.rp_filter=0', 'net.ipv4.conf.default.rp_filter=0']);
    wire.ip('link', 'add', 'br0', 'type', 'bridge', 'stp_state', '0', 'mcast_snooping', '0');
    wire.ip('link', 'set', 'br0', 'up');
    const ends: [NetworkNamespace, string][] = [
      ...this.hops.map(({ router }): [NetworkNamespace, string] => [router, 'lan0']),
      [client, 'eth0'],
    ];
    for (const [i, end] of ends.entries()) {
      NetworkNamespace.join(end, [wire, `port${i + 1}`]);
      wire.ip('link', 'set', `port${i + 1}`, 'master', 'br0');
    }
    for (const { number: n, router } of this.hops) {
      NetworkNamespace.join([router, 'wan0'], [core, `hop${n}`, `10.1.${n}.9/24`]);
      core.ip('address', 'add', `fd00:1${n}::9/64`, 'dev', `hop${n}`, 'nodad');
    }
    core.ip('address', 'add', `${SERVER}/32`, 'dev', 'lo');
    core.ip('address', 'add', `${SERVER6}/128`, 'dev', 'lo');
    client.ip('address', 'add', '10.0.1.9/24', 'dev', 'eth0');
    client.ip('address', 'add', 'fd00:1::9/64', 'dev', 'eth0', 'nodad');
    client.ip('route', 'add', 'default', 'via', VIRTUAL);
  }

  /** Pulls the cable of a router to the LAN, or puts it in again. */
  cut(hop: FirstHop, isCut: boolean): void {
    this.#wire.ip('link', 'set', `port${hop.number}`, isCut ? 'down' : 'up');
  }

  /** The LAN ends between a router and the others; or no longer. No interface goes down. */
  split(hop: FirstHop, isSplit: boolean): void {
    this.#wire.ip('link', 'set', `port${hop.number}`, ...(isSplit ? ['nomaster'] : ['master', 'br0']));
  }

  /** A router's cables lose their signal, as while it boots. */
  unplug(hop: FirstHop): void {
    for (const name of ['lan0', 'wan0']) hop.router.ip('link', 'set', name, 'down');
    for (const name of ['lan0', 'wan0']) hop.router.ip('link', 'set', name, 'up');
    for (const name of ['lan0', 'wan0']) hop.router.carries(name);
  }

  /** The one of the higher priority. */
  get active(): Each {
    const [one, two] = this.hops;
    return one.priority > two.priority ? one : two;
  }

  get backup(): Each {
    return this.other(this.active);
  }

  other(hop: FirstHop): Each {
    return this.hops.find((each) => each !== hop)!;
  }

  /** Waits until the one of the higher priority is Active in all that both have, the other in none, and both know the way. */
  async settles(): Promise<void> {
    await this.#comesTo('both are there, one Active', async () => {
      for (const hop of this.hops) {
        const other = this.other(hop);
        const rows = await hop.rows();
        const isAs = ({ group, state, problem }: VirtualRouterRow) =>
          problem === '' &&
          state === (hop === this.active || (group === MORE && !other.hasMore) ? 'Active' : 'Backup');
        if (rows.length !== (hop.hasMore ? 3 : 2) || !rows.every(isAs) || !hop.knows(SERVER)) return false;
      }
      return true;
    });
  }

  /** Waits until a router is Active in all. */
  async comesActive(hop: FirstHop): Promise<void> {
    await this.#comesTo(`hop ${hop.number} is Active`, async () => {
      const rows = await hop.rows();
      return rows.length > 0 && rows.every(({ state }) => state === 'Active');
    });
  }

  /** Routes, views and output of all, for a failure. */
  async told(): Promise<string> {
    const texts = await Promise.all(
      this.hops.map(async (hop) => [
        `hop ${hop.number}: ${JSON.stringify(await hop.rows())}`,
        ...this.#routes(hop.router),
        await hop.told(),
      ]),
    );
    return [
      ...texts.flat(),
      'core:',
      ...this.#routes(this.core),
      this.#frr?.log().slice(-4_000) ?? '',
      'client:',
      ...this.#routes(this.client),
      this.client.ip('neighbor', 'show'),
    ].join('\n');
  }

  #routes(space: NetworkNamespace): string[] {
    return [space.ip('route', 'show'), space.ip('-6', 'route', 'show')];
  }

  async #comesTo(what: string, isSo: () => Promise<boolean>): Promise<void> {
    await eventuallyAsync(what, PATIENCE, async () => (await isSo()) || undefined).catch(
      async (thrown: Error) => {
        throw new Error(`${thrown.message}:\n${await this.told()}`);
      },
    );
  }

  async #end(): Promise<void> {
    for (const hop of this.hops) await hop.end();
    for (const each of [this.client, this.core, this.#wire]) each.cleanup();
  }
}
