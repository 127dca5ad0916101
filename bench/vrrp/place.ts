/**
 * Two routers between a client and a server. keepalived is Active, and dies again and again; the survivor is what is measured:
 *
 *                          ┌─ lan0 10.0.1.1  Active    10.1.1.1 wan0 ── eth0 ─┐
 *     client 10.0.1.9 ── LAN                                               server 10.9.0.1
 *                          └─ lan0 10.0.1.2  survivor  10.1.2.1 wan0 ── eth1 ─┘
 */
import { NetworkNamespace } from '../../test/netns.ts';

export const LAN = 'lan0';
export const SERVER = '10.9.0.1';
export const ADDRESS = { active: '10.0.1.1', survivor: '10.0.1.2' } as const;
const CLIENT = '10.0.1.9';

export class DeathPlace {
  readonly active: NetworkNamespace = NetworkNamespace.create('active');
  readonly survivor: NetworkNamespace = NetworkNamespace.create('survivor');
  readonly client: NetworkNamespace = NetworkNamespace.create('client');
  readonly server: NetworkNamespace = NetworkNamespace.create('server');
  readonly #wire: NetworkNamespace = NetworkNamespace.create('wire');

  /** @param gateway of the client */
  constructor(gateway: string) {
    const { active, survivor, client, server } = this;
    const wire = this.#wire;
    wire.ip('link', 'add', 'br0', 'type', 'bridge', 'stp_state', '0', 'mcast_snooping', '0');
    wire.ip('link', 'set', 'br0', 'up');
    const ends: [NetworkNamespace, string, string][] = [
      [active, LAN, `${ADDRESS.active}/24`],
      [survivor, LAN, `${ADDRESS.survivor}/24`],
      [client, 'eth0', `${CLIENT}/24`],
    ];
    for (const [i, end] of ends.entries()) {
      NetworkNamespace.join(end, [wire, `port${i}`]);
      wire.ip('link', 'set', `port${i}`, 'master', 'br0');
    }
    for (const [i, router] of [active, survivor].entries()) {
      const [near, far] = [`10.1.${i + 1}.1`, `10.1.${i + 1}.9`];
      NetworkNamespace.join([router, 'wan0', `${near}/24`], [server, `eth${i}`, `${far}/24`]);
      router.ip('route', 'add', SERVER, 'via', far);
      router.exec(['sysctl', '-q', '-w', 'net.ipv4.ip_forward=1']);
    }
    server.ip('address', 'add', `${SERVER}/32`, 'dev', 'lo');
    client.ip('route', 'add', 'default', 'via', gateway);
  }

  /** Takes away what the dead one has left in its kernel. */
  bury(): void {
    const links = JSON.parse(this.active.ip('-j', 'link', 'show', 'type', 'macvlan')) as {
      ifname?: string;
    }[];
    for (const { ifname } of links) if (ifname !== undefined) this.active.ip('link', 'delete', ifname);
  }

  remove(): void {
    for (const each of [this.active, this.survivor, this.client, this.server, this.#wire]) each.cleanup();
  }
}
