/**
 * Two first-hop routers between a client and a server, which is FRR behind both:
 *
 *     client ── LAN ── hop 1 ── core 10.9.0.1, fd00:9::1
 *                  └── hop 2 ──┘
 *
 * The client has the virtual address as its gateway of IPv4, and that of IPv6 by router advertisements.
 */
import { chmodSync } from 'node:fs';
import type { Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { type Frr, startFrr } from '../router/frr.ts';
import { eventuallyAsync } from '../router/router-lab.ts';
import { sourceBundle } from '../source-bundle.ts';
import { Hop, VERSIONS, VIRTUAL } from './hop.ts';
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
  '',
].join('\n');

export class Pair {
  readonly hops: readonly [Hop, Hop];
  readonly client: NetworkNamespace = NetworkNamespace.create('client');
  readonly core: NetworkNamespace = NetworkNamespace.create('core');
  readonly #wire: NetworkNamespace = NetworkNamespace.create('wire');
  /** Of IPv4, and of IPv6. */
  readonly streams: Stream[] = [];

  private constructor(bundles: ReadonlyMap<string, string>) {
    this.hops = [new Hop(1, 250, bundles), new Hop(2, 200, bundles)];
  }

  /** Makes it and starts all; waits until the client reaches the server. Ends with the test. */
  static async start(t: Test): Promise<Pair> {
    const bundles = new Map<string, string>();
    for (const [module, versions] of Object.entries(VERSIONS))
      for (const version of versions) {
        const name = module.toLowerCase();
        bundles.set(`${name}-${version}.cjs`, await sourceBundle(name, version));
      }
    const pair = new Pair(bundles);
    t.teardown(() => pair.#end());
    pair.#cable();
    const [first] = pair.hops;
    // FRR's own user has to get at its files below.
    chmodSync(first.directory, 0o755);
    await Pair.#frr(t, pair, first);
    await Promise.all(pair.hops.map((hop) => hop.start()));
    await pair.settles();
    for (const to of [SERVER, SERVER6]) pair.streams.push(await Stream.begin(t, pair.client, pair.core, to));
    return pair;
  }

  static #frr(t: Test, { core }: Pair, { directory }: Hop): Promise<Frr> {
    return startFrr(t, core, directory, OSPFD);
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
  cut(hop: Hop, isCut: boolean): void {
    this.#wire.ip('link', 'set', `port${hop.number}`, isCut ? 'down' : 'up');
  }

  /** The LAN ends between a router and the others; or no longer. No interface goes down. */
  split(hop: Hop, isSplit: boolean): void {
    this.#wire.ip('link', 'set', `port${hop.number}`, ...(isSplit ? ['nomaster'] : ['master', 'br0']));
  }

  /** The one of the higher priority. */
  get active(): Hop {
    const [one, two] = this.hops;
    return one.priority > two.priority ? one : two;
  }

  get backup(): Hop {
    return this.hops.find((hop) => hop !== this.active)!;
  }

  /** Waits until the one of the higher priority is Active in all, the other in none, and both know the way. */
  async settles(): Promise<void> {
    const { active, backup } = this;
    await this.#comesTo('both are there, one Active', async () => {
      const [ours, theirs] = await Promise.all([active.rows(), backup.rows()]);
      const are = (rows: typeof ours, hop: Hop, state: string) =>
        rows.length === (hop.hasMore ? 3 : 2) &&
        rows.every((row) => row.state === state && row.problem === '');
      return (
        are(ours, active, 'Active') &&
        are(
          theirs.filter(({ group }) => group !== 53 || active.hasMore),
          backup,
          'Backup',
        ) &&
        this.hops.every((hop) => hop.knows(SERVER))
      );
    });
  }

  /** Waits until a router is Active in all. */
  async comesActive(hop: Hop): Promise<void> {
    await this.#comesTo(`hop ${hop.number} is Active`, async () => {
      const rows = await hop.rows();
      return rows.length > 0 && rows.every(({ state }) => state === 'Active');
    });
  }

  async #comesTo(what: string, isSo: () => Promise<boolean>): Promise<void> {
    await eventuallyAsync(what, PATIENCE, async () => (await isSo()) || undefined).catch(
      async (thrown: Error) => {
        const told = await Promise.all(
          this.hops.map(async (hop) => `${JSON.stringify(await hop.rows())}\n${hop.output.slice(-2500)}`),
        );
        throw new Error(`${thrown.message}:\n${told.join('\n')}`);
      },
    );
  }

  async #end(): Promise<void> {
    for (const hop of this.hops) await hop.end();
    for (const each of [this.client, this.core, this.#wire]) each.cleanup();
  }
}
