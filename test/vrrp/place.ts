import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { stringify } from 'yaml';
import { NetworkNamespace } from '../netns.ts';
import { eventuallyAsync } from '../router/router-lab.ts';
import { RouterPlace } from '../router/router-place.ts';
import { sourceBundle } from '../source-bundle.ts';

const PATIENCE = 60_000;
/** The versions that the sources as they are have here: each twice, so that one can be swapped for the other. */
const IP = ['3.3.900', '3.3.901'] as const;
const VRRP = ['3.0.900', '3.0.901'] as const;

/** A row of `show vrrp`. */
export interface VirtualRouterRow {
  group: number;
  family: 4 | 6;
  state: string;
  problem: string;
}

export class VrrpPlace extends RouterPlace {
  readonly peer: NetworkNamespace = NetworkNamespace.create('vrrp-peer');
  readonly host: NetworkNamespace = NetworkNamespace.create('vrrp-host');
  readonly #wire: NetworkNamespace = NetworkNamespace.create('vrrp-wire');
  readonly #others: NetworkNamespace[] = [];

  private constructor() {
    super('vrrp');
  }

  /** Makes it without the router's program. Ends with the test. */
  static async make(t: Test): Promise<VrrpPlace> {
    const place = new VrrpPlace();
    t.teardown(() => place.#end());
    const bundles = join(place.directory, 'bundles');
    mkdirSync(bundles);
    for (const [module, versions] of [
      ['ip', IP],
      ['vrrp', VRRP],
    ] as const)
      for (const version of versions)
        writeFileSync(join(bundles, `${module}-${version}.cjs`), await sourceBundle(module, version));
    place.#wire.ip('link', 'add', 'br0', 'type', 'bridge', 'stp_state', '0', 'mcast_snooping', '0');
    place.#wire.ip('link', 'set', 'br0', 'up');
    for (const [i, [space, name]] of place.#ends().entries()) {
      NetworkNamespace.join([space, name], [place.#wire, `port${i}`]);
      place.#wire.ip('link', 'set', `port${i}`, 'master', 'br0');
    }
    for (const [space, last] of [
      [place.peer, 2],
      [place.host, 9],
    ] as const) {
      space.ip('address', 'add', `10.0.1.${last}/24`, 'dev', 'eth0');
      space.ip('address', 'add', `fd00:1::${last}/64`, 'dev', 'eth0', 'nodad');
    }
    return place;
  }

  #ends(): [NetworkNamespace, string][] {
    return [
      [this.router, 'lan0'],
      [this.peer, 'eth0'],
      [this.host, 'eth0'],
    ];
  }

  /** Starts the router with these groups, further interfaces, and keys of `router`; waits until it answers. */
  async start(
    vrrp: readonly object[],
    others: Readonly<Record<string, object>> = {},
    keys: Readonly<Record<string, unknown>> = {},
  ): Promise<void> {
    const router = {
      bundles: ['bundles'],
      modules: { IP: `ip@${IP[0]}`, VRRP: `vrrp@${VRRP[0]}` },
      state: join(this.directory, 'state'),
      ...keys,
    };
    const lan0 = {
      addresses: ['10.0.1.1/24', 'fd00:1::1/64'],
      forwarding: true,
      'router-advertisements': { interval: '4s' },
    };
    writeFileSync(this.file, stringify({ router, ip: { interfaces: { lan0, ...others } }, vrrp }));
    await this.launch();
  }

  /** Another network behind the router's wan0 and the peer's eth1, with a server: 10.0.2.1, 2 and 9. */
  behind(): NetworkNamespace {
    const server = NetworkNamespace.create('vrrp-server');
    this.#others.push(server);
    this.#wire.ip('link', 'add', 'br1', 'type', 'bridge', 'stp_state', '0', 'mcast_snooping', '0');
    this.#wire.ip('link', 'set', 'br1', 'up');
    const ends: [NetworkNamespace, string, string][] = [
      [this.router, 'wan0', '10.0.2.1/24'],
      [this.peer, 'eth1', '10.0.2.2/24'],
      [server, 'eth0', '10.0.2.9/24'],
    ];
    for (const [i, end] of ends.entries()) {
      NetworkNamespace.join(end, [this.#wire, `back${i}`]);
      this.#wire.ip('link', 'set', `back${i}`, 'master', 'br1');
    }
    server.ip('route', 'add', '10.0.1.0/24', 'via', '10.0.2.1');
    this.peer.exec(['sysctl', '-q', '-w', 'net.ipv4.ip_forward=1']);
    return server;
  }

  /** The LAN ends between the router and the others; or no longer. */
  split(isSplit: boolean): void {
    this.#wire.ip('link', 'set', 'port0', ...(isSplit ? ['nomaster'] : ['master', 'br0']));
  }

  /** Waits until all virtual routers are in that state, and nothing is wrong with them. */
  async comesTo(state: string): Promise<void> {
    let rows: VirtualRouterRow[] = [];
    await eventuallyAsync(`all are ${state}`, PATIENCE, async () => {
      const { ok, data } = await this.exec('show vrrp');
      rows = ok ? (data as VirtualRouterRow[]) : [];
      return (rows.length > 0 && rows.every((row) => row.state === state && row.problem === '')) || undefined;
    }).catch((thrown: Error) => {
      throw new Error(`${thrown.message}: ${JSON.stringify(rows)}\n${this.output.slice(-3000)}`);
    });
  }

  /** Devices of virtual routers in the router's kernel, with their addresses, as `vrrp4-2-51 10.0.1.254/32`, sorted. */
  devices(): string[] {
    const links = JSON.parse(this.router.ip('-j', 'address', 'show')) as {
      ifname: string;
      addr_info: { local: string; prefixlen: number }[];
    }[];
    return links
      .filter(({ ifname }) => ifname.startsWith('vrrp'))
      .map(({ ifname, addr_info: addresses }) => {
        const texts = addresses.map(({ local, prefixlen }) => `${local}/${prefixlen}`).sort();
        return [ifname.replace(/-\d+-/, ' '), ...texts].join(' ');
      })
      .sort();
  }

  /** The IPv6 default routers that the host has heard of. */
  defaultRouters(): string[] {
    const routes = JSON.parse(this.host.ip('-6', '-j', 'route', 'show', 'default')) as { gateway?: string }[];
    return routes.flatMap(({ gateway }) => gateway ?? []);
  }

  /** The MAC that the host finds for an address by asking for it. */
  async macOf(address: string): Promise<string> {
    const target = JSON.stringify(address);
    const asking = `require('net').connect({ host: ${target}, port: 9 }).on('error', () => {})`;
    this.host.ip('neighbor', 'flush', 'dev', 'eth0');
    return eventuallyAsync(`the host knows ${address}`, PATIENCE, async () => {
      this.host.exec([process.execPath, '-e', asking]);
      const rows = JSON.parse(this.host.ip('-j', 'neighbor', 'show', address)) as { lladdr?: string }[];
      return rows[0]?.lladdr;
    });
  }

  async #end(): Promise<void> {
    await this.end('SIGTERM', [this.peer, this.host, this.#wire, ...this.#others]);
  }
}
