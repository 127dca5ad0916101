/**
 * One of two first-hop routers, of FRR (zebra, staticd, ospfd) and keepalived, as operators set them up: virtual addresses at
 * the interface's own MAC, told by gratuitous ARP. An upgrade is a restart there, and another configuration of VRRP a reload.
 */
import type { ChildProcess } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { frrDaemon } from '../../firmware/lab/frr-daemon.ts';
import { NetworkNamespace } from '../netns.ts';
import { eventuallyAsync } from '../router/router-lab.ts';
import { type FirstHop, MORE } from './first-hop.ts';
import { INTERVAL_MS, VIRTUAL, VIRTUAL6 } from './hop.ts';
import type { VirtualRouterRow } from './place.ts';

const PATIENCE = 60_000;
/** In the order of their start. */
const FRR = ['zebra', 'staticd', 'ospfd'] as const;
/** The addresses of a virtual router, by group. */
const ADDRESSES = new Map([
  [51, [VIRTUAL]],
  [52, [VIRTUAL6, 'fd00:1::252']],
  [MORE, ['10.0.1.253']],
]);

export class FrrKeepalived implements FirstHop {
  readonly number: number;
  readonly router: NetworkNamespace;
  readonly directory: string = mkdtempSync('/tmp/hitless-test-');
  priority: number;
  hasMore = false;
  readonly #children = new Map<string, ChildProcess>();
  #output = '';

  constructor(number: number, priority: number) {
    this.number = number;
    this.priority = priority;
    this.router = NetworkNamespace.create(`frr-hop-${number}`);
    const variables = ['ipv4.ip_forward=1', 'ipv6.conf.all.forwarding=1'];
    for (const which of ['all', 'default']) variables.push(`ipv4.conf.${which}.rp_filter=0`);
    this.router.exec(['sysctl', '-q', '-w', ...variables.map((each) => `net.${each}`)]);
    chmodSync(this.directory, 0o755);
    mkdirSync(this.#file('frr'));
    const id = (option: string) => Number(this.router.exec(['id', option, 'frr']));
    const [user, group] = [id('-u'), id('-g')];
    for (const [name, text] of Object.entries(this.#frrFiles())) {
      writeFileSync(this.#file(`frr/${name}`), text);
      chownSync(this.#file(`frr/${name}`), user, group);
    }
    chownSync(this.#file('frr'), user, group);
  }

  async start(): Promise<void> {
    await this.#startFrr(FRR);
    await this.#startKeepalived();
  }

  async kill(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.#stopKeepalived(signal);
    await this.#stop(FRR, signal);
  }

  async configure(): Promise<void> {
    this.#writeKeepalived();
    this.#children.get('keepalived')!.kill('SIGHUP');
  }

  async swap(modules: readonly string[]): Promise<void> {
    // zebra is what the others need: FRR is restarted as a whole.
    const daemons = modules.includes('IP') ? FRR : (['ospfd'] as const);
    const isFrr = modules.includes('IP') || modules.includes('OSPF');
    if (modules.includes('VRRP')) await this.#stopKeepalived('SIGTERM');
    if (isFrr) await this.#stop(daemons, 'SIGTERM');
    if (isFrr) await this.#startFrr(daemons);
    if (modules.includes('VRRP')) await this.#startKeepalived();
  }

  async rows(): Promise<VirtualRouterRow[]> {
    if (this.#children.get('keepalived')?.exitCode !== null) return [];
    const printed = this.router.ip('-j', 'address', 'show', 'dev', 'lan0');
    const [{ addr_info: has }] = JSON.parse(printed) as [{ addr_info: { local: string }[] }];
    return [...ADDRESSES].flatMap(([group, [address]]): VirtualRouterRow[] => {
      const isActive = has.some(({ local }) => local === address);
      if (!isActive && !this.#groups().includes(group)) return [];
      const state = isActive ? 'Active' : 'Backup';
      return [{ group, family: address!.includes(':') ? 6 : 4, state, problem: '' }];
    });
  }

  knows(host: string): boolean {
    return this.router.ip('route', 'show', host).includes('proto ospf');
  }

  async told(): Promise<string> {
    return this.#output.slice(-8_000);
  }

  async end(): Promise<void> {
    await this.kill('SIGKILL');
    this.router.cleanup();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #groups(): number[] {
    return [...ADDRESSES.keys()].filter((group) => group !== MORE || this.hasMore);
  }

  #file(name: string): string {
    return join(this.directory, name);
  }

  #frrFiles(): Record<string, string> {
    const n = this.number;
    return {
      'vtysh.conf': '',
      'zebra.conf': [
        'hostname hop',
        'interface lan0',
        ` ip address 10.0.1.${n}/24`,
        ` ipv6 address fd00:1::${n}/64`,
        'interface wan0',
        ` ip address 10.1.${n}.1/24`,
        ` ipv6 address fd00:1${n}::1/64`,
        '',
      ].join('\n'),
      'staticd.conf': `hostname hop\nipv6 route fd00:9::1/128 fd00:1${n}::9\n`,
      'ospfd.conf': [
        'hostname hop',
        'interface lan0',
        ' ip ospf area 0',
        ' ip ospf passive',
        'interface wan0',
        ' ip ospf area 0',
        ' ip ospf network point-to-point',
        ' ip ospf hello-interval 1',
        ' ip ospf dead-interval 20',
        'router ospf',
        ` ospf router-id 10.0.1.${n}`,
        ' timers throttle lsa all 1000',
        '',
      ].join('\n'),
    };
  }

  #writeKeepalived(): void {
    const instances = this.#groups().flatMap((group) => [
      `vrrp_instance g${group} {`,
      '  state BACKUP',
      '  interface lan0',
      `  virtual_router_id ${group}`,
      `  priority ${this.priority}`,
      `  advert_int ${INTERVAL_MS / 1_000}`,
      '  track_script { way }',
      '  virtual_ipaddress {',
      ...ADDRESSES.get(group)!.map((each) => `    ${each}/${each.includes(':') ? 64 : 24}`),
      '  }',
      '}',
    ]);
    const text = [
      'global_defs {',
      '  vrrp_version 3',
      '  vrrp_rt_priority 20',
      '  script_user root',
      '  enable_script_security',
      '}',
      'vrrp_script way {',
      `  script "${this.#file('way.sh')}"`,
      '  interval 1',
      '  weight -100',
      '  init_fail',
      '}',
      ...instances,
    ];
    writeFileSync(this.#file('keepalived.conf'), `${text.join('\n')}\n`);
    writeFileSync(this.#file('way.sh'), '#!/bin/sh\nip route show 10.9.0.1 | grep -q via\n', { mode: 0o700 });
  }

  async #startFrr(daemons: readonly string[]): Promise<void> {
    for (const daemon of daemons) {
      const ready = this.#file(daemon === 'zebra' ? 'frr/zserv.api' : `frr/${daemon}.vty`);
      rmSync(ready, { force: true });
      this.#spawn(daemon, frrDaemon(daemon, this.#file('frr')));
      await eventuallyAsync(`${daemon} is there`, PATIENCE, async () => existsSync(ready) || undefined);
    }
  }

  async #startKeepalived(): Promise<void> {
    this.#writeKeepalived();
    const said = this.#output.length;
    const file = (name: string) => this.#file(`keepalived.${name}`);
    // After a kill they are there still, and another process may have such a number by now.
    for (const name of ['pid', 'vrrp.pid']) rmSync(file(name), { force: true });
    this.#spawn(
      'keepalived',
      [
        ['keepalived', '--vrrp', '--use-file', file('conf'), '--dont-fork', '--log-console', '--no-syslog'],
        ['--log-detail', '--pid', file('pid'), '--vrrp_pid', file('vrrp.pid')],
      ].flat(),
    );
    await eventuallyAsync('keepalived is there', PATIENCE, async () => {
      const since = this.#output.slice(said);
      return [51, 52].every((group) => since.includes(`(g${group}) Entering `)) || undefined;
    }).catch(async (thrown: Error) => {
      throw new Error(`${thrown.message}:\n${await this.told()}`);
    });
  }

  /** Its one process starts the other again, and that ends in order when the first is gone: they are killed as one. */
  async #stopKeepalived(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#children.get('keepalived');
    if (signal === 'SIGKILL' && child?.exitCode === null) {
      child.kill('SIGSTOP');
      process.kill(Number(readFileSync(this.#file('keepalived.vrrp.pid'), 'utf8')), 'SIGKILL');
    }
    await this.#stop(['keepalived'], signal);
  }

  async #stop(names: readonly string[], signal: NodeJS.Signals): Promise<void> {
    for (const name of [...names].reverse()) {
      const child = this.#children.get(name);
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.kill(signal);
      await ended;
      this.#children.delete(name);
    }
  }

  #spawn(name: string, command: readonly string[]): void {
    const child = this.router.spawn(command);
    this.#children.set(name, child);
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (chunk) => {
        this.#output += `${name}: ${String(chunk)}`;
      });
  }
}
