/**
 * A board and what is beside it: a namespace with a tap for each of its network cards, keepalived on the first, FRR on the
 * second; and a client, whose way to the server is the virtual address.
 *
 *     client ── LAN ── tap0, board, tap1 ── server 10.9.0.1 of FRR
 *                └──── keepalived ─────────┘
 */
import type { ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { findCommand } from '../../firmware/host/needs.ts';
import { frrDaemon } from '../../firmware/lab/frr-daemon.ts';
import { adjacencyChanges } from '../frr-log.ts';
import { NetworkNamespace } from '../netns.ts';
import { until } from './machine.ts';

const KEEPALIVED = `global_defs {
  router_id left
  vrrp_version 3
}
vrrp_instance board {
  state BACKUP
  interface lan0
  virtual_router_id 51
  priority 100
  advert_int 5
  virtual_ipaddress {
    10.0.1.254/32
  }
}
`;

const OSPFD = `hostname right
interface tap1
 ip ospf area 0.0.0.0
 ip ospf hello-interval 1
 ip ospf dead-interval 60
interface lo
 ip ospf area 0.0.0.0
router ospf
 ospf router-id 10.0.2.2
 log-adjacency-changes detail
`;

const VIRTUAL = '10.0.1.254';
/** In the namespace that all is in; the board hears of it by OSPF. */
export const SERVER = '10.9.0.1';

export interface FrrView {
  /** Such as `Full/Backup`; undefined when it knows no neighbour. */
  state: string | undefined;
  /** State changes so far. */
  changes: number;
}

export class Neighbours {
  readonly namespace: NetworkNamespace;
  readonly client: NetworkNamespace;
  readonly taps = ['tap0', 'tap1'];
  readonly #folder: string;
  #keepalived = '';
  #ospfd = '';

  private constructor(folder: string) {
    this.#folder = folder;
    this.namespace = NetworkNamespace.create('board');
    this.client = NetworkNamespace.create('client');
  }

  /** Ends with the test. @param folder that other users may enter */
  static async start(t: Test, folder: string): Promise<Neighbours> {
    const beside = new Neighbours(folder);
    t.teardown(() => {
      for (const each of [beside.client, beside.namespace]) each.cleanup();
    });
    beside.#cable();
    beside.#startKeepalived();
    await beside.#startFrr();
    return beside;
  }

  #cable(): void {
    const { namespace: here, client } = this;
    const [lan, behind] = this.taps as [string, string];
    // Packets come from the board, and the way back is the LAN itself.
    here.exec(['sysctl', '-q', '-w', 'net.ipv4.conf.all.rp_filter=0', 'net.ipv4.conf.default.rp_filter=0']);
    for (const tap of this.taps) here.ip('tuntap', 'add', tap, 'mode', 'tap');
    here.ip('link', 'add', 'lan0', 'type', 'bridge', 'stp_state', '0', 'mcast_snooping', '0');
    here.ip('address', 'add', '10.0.1.2/24', 'dev', 'lan0');
    here.ip('address', 'add', '10.0.2.2/24', 'dev', behind);
    here.ip('address', 'add', `${SERVER}/32`, 'dev', 'lo');
    NetworkNamespace.join([client, 'eth0', '10.0.1.9/24'], [here, 'port0']);
    for (const port of [lan, 'port0']) here.ip('link', 'set', port, 'master', 'lan0');
    for (const name of ['lan0', ...this.taps]) here.ip('link', 'set', name, 'up');
    client.ip('route', 'add', SERVER, 'via', VIRTUAL);
  }

  /** The MAC that the client sends to. */
  get gateway(): string | undefined {
    const rows = JSON.parse(this.client.ip('-j', 'neighbor', 'show', VIRTUAL)) as { lladdr?: string }[];
    return rows[0]?.lladdr;
  }

  /** The roles of keepalived so far, oldest first. */
  get roles(): string[] {
    return [...this.#keepalived.matchAll(/Entering (\w+) STATE/g)].map(([, role]) => role!);
  }

  get frr(): FrrView {
    const text = this.namespace.exec([
      'vtysh',
      '--vty_socket',
      this.#vty,
      '-c',
      'show ip ospf neighbor detail json',
    ]);
    const { neighbors, ...older } = JSON.parse(text) as { neighbors?: Record<string, unknown> };
    const [neighbor] = Object.values(neighbors ?? older).flat() as Record<string, unknown>[];
    return {
      state: neighbor?.nbrState as string | undefined,
      changes: adjacencyChanges(this.#ospfd),
    };
  }

  /** Waits until both have seen the board and are at rest. */
  async settled(within: number): Promise<void> {
    await until('FRR and the board are Full', within, () => {
      // Its log comes behind what it answers.
      const logged = [...this.#ospfd.matchAll(/AdjChg: Nbr .*?: \S+ -> (\S+)/g)].at(-1)?.[1];
      return (this.frr.state?.startsWith('Full') && logged === 'Full') || undefined;
    });
    await until('keepalived is a backup', within, () => this.roles.at(-1) === 'BACKUP' || undefined);
  }

  get #vty(): string {
    return join(this.#folder, 'frr');
  }

  #startKeepalived(): void {
    const config = join(this.#folder, 'keepalived.conf');
    writeFileSync(config, KEEPALIVED, { mode: 0o644 });
    const child = this.namespace.spawn([
      findCommand('keepalived') ?? 'keepalived',
      ...['--vrrp', '--use-file', config, '--dont-fork', '--log-console', '--no-syslog', '--log-detail'],
      ...['--pid', join(this.#folder, 'keepalived.pid')],
      ...['--vrrp_pid', join(this.#folder, 'keepalived-vrrp.pid')],
    ]);
    keep(child, (text) => {
      this.#keepalived += text;
    });
  }

  async #startFrr(): Promise<void> {
    const own = this.#vty;
    mkdirSync(own);
    const file = (name: string) => join(own, name);
    writeFileSync(file('zebra.conf'), 'hostname right\n');
    writeFileSync(file('ospfd.conf'), OSPFD);
    writeFileSync(file('vtysh.conf'), '');
    const [, , uid, gid] = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find((line) => line.startsWith('frr:'))!
      .split(':');
    for (const path of [own, file('zebra.conf'), file('ospfd.conf')])
      chownSync(path, Number(uid), Number(gid));
    chmodSync(own, 0o755);
    const start = (daemon: string) => {
      const child = this.namespace.spawn(frrDaemon(daemon, own));
      keep(child, (text) => {
        this.#ospfd += text;
      });
    };
    start('zebra');
    await until(
      'zebra',
      20_000,
      () => existsSync(file('zebra.vty')) || undefined,
      () => this.#ospfd,
    );
    start('ospfd');
    await until(
      'ospfd',
      20_000,
      () => existsSync(file('ospfd.vty')) || undefined,
      () => this.#ospfd,
    );
  }
}

function keep(child: ChildProcess, take: (text: string) => void): void {
  for (const stream of [child.stdout!, child.stderr!]) stream.setEncoding('utf8').on('data', take);
}
