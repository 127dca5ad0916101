/**
 * A router with its neighbours, in namespaces of its own:
 *
 *     left 10.0.1.2 eth0 ── lan0 10.0.1.1  router  10.0.2.1 lan1 ── eth0 10.0.2.2 right
 *
 * keepalived on the left, FRR on the right, and a witness beside each that sees what arrives.
 */
import { fileURLToPath } from 'node:url';
import { NetworkNamespace } from '../../test/netns.ts';
import { Daemon } from './daemon.ts';
import { Frr } from './frr.ts';
import { Keepalived } from './keepalived.ts';

export type Protocol = 'OSPF' | 'VRRP';

export const HELLO_S = 1;
export const DEAD_S = 4;
export const ADVERT_S = 1;
export const GROUP = 51;
export const PRIORITY = 200;
export const VIRTUAL = '10.0.1.254';
export const ROUTER = { VRRP: '10.0.1.1', OSPF: '10.0.2.1' } as const;
const LINKS = {
  VRRP: { near: 'lan0', far: '10.0.1.2/24' },
  OSPF: { near: 'lan1', far: '10.0.2.2/24' },
} as const;
const READY_MS = 10_000;
const PACKAGES = { NODE_PATH: fileURLToPath(new URL('../../node_modules', import.meta.url)) };

export interface SiteOptions {
  protocols: readonly Protocol[];
  witness: string;
  makeDirectory: () => string;
}

export class Site {
  readonly router = NetworkNamespace.create('router');
  readonly protocols: readonly Protocol[];
  readonly #options: SiteOptions;
  readonly #far = new Map<Protocol, NetworkNamespace>();
  readonly #witnesses = new Map<Protocol, Daemon>();
  frr: Frr | undefined;
  keepalived: Keepalived | undefined;

  constructor(options: SiteOptions) {
    this.#options = options;
    this.protocols = options.protocols;
    for (const protocol of options.protocols) {
      const far = NetworkNamespace.create(protocol === 'OSPF' ? 'right' : 'left');
      this.#far.set(protocol, far);
      const { near, far: address } = LINKS[protocol];
      NetworkNamespace.join([this.router, near, `${ROUTER[protocol]}/24`], [far, 'eth0', address]);
    }
  }

  /** Starts witnesses and neighbours. */
  async start(): Promise<void> {
    const { witness, makeDirectory } = this.#options;
    for (const [protocol, namespace] of this.#far) {
      const command = [process.execPath, witness, protocol, 'eth0', ROUTER[protocol]];
      const daemon = new Daemon(`the witness of ${protocol}`, namespace, command, PACKAGES);
      this.#witnesses.set(protocol, daemon);
      await daemon.until('is ready', READY_MS, () => daemon.text.includes('ready\n'));
    }
    const right = this.#far.get('OSPF');
    if (right !== undefined) {
      this.frr = new Frr({
        namespace: right,
        directory: makeDirectory(),
        interface: 'eth0',
        routerId: '10.0.2.2',
        hello: HELLO_S,
        dead: DEAD_S,
        lines: ['capability opaque', 'graceful-restart helper enable', 'timers throttle spf 0 50 5000'],
      });
      await this.frr.start();
    }
  }

  /** The last, for it takes over when it hears nobody. */
  async startKeepalived(): Promise<void> {
    const left = this.#far.get('VRRP');
    if (left === undefined) return;
    this.keepalived = new Keepalived({
      namespace: left,
      directory: this.#options.makeDirectory(),
      interface: 'eth0',
      groups: [{ group: GROUP, priority: 100, interval: ADVERT_S, address: VIRTUAL }],
    });
    await this.keepalived.start();
  }

  /** When the router's packets arrived, in ms of the monotonic clock. */
  arrivals(protocol: Protocol): number[] {
    const lines = this.#witnesses.get(protocol)?.text.split('\n') ?? [];
    return lines.filter((line) => line.startsWith(protocol)).map((line) => Number(line.slice(5)));
  }

  /** When the neighbour changed its mind about the router, in ms of the monotonic clock. */
  changes(protocol: Protocol): number[] {
    return (protocol === 'OSPF' ? this.frr?.changes() : this.keepalived?.changes()) ?? [];
  }

  /** The neighbour sees the router where it ends up: Full, and keepalived lets it be the active one. */
  get settled(): boolean {
    return this.protocols.every((protocol) =>
      protocol === 'OSPF' ? this.frr?.neighborState() === 'Full' : this.keepalived?.role === 'BACKUP',
    );
  }

  remove(): void {
    this.router.cleanup();
    for (const namespace of this.#far.values()) namespace.cleanup();
  }
}
