/** One of two first-hop routers: OSPF behind it, VRRP for IPv4 and IPv6 in front, all of the sources as they are. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { execAt } from '../router/router-lab.ts';
import { RouterPlace } from '../router/router-place.ts';
import { type FirstHop, MORE } from './first-hop.ts';
import type { VirtualRouterRow } from './place.ts';

export const VIRTUAL = '10.0.1.251';
export const VIRTUAL6 = 'fe80::252';
/** Between two advertisements. */
export const INTERVAL_MS = 1_000;
/** Each twice, so that one can be swapped for the other. */
export const VERSIONS: Readonly<Record<string, readonly [string, string]>> = {
  IP: ['3.3.900', '3.3.901'],
  OSPF: ['4.1.900', '4.1.901'],
  VRRP: ['3.0.900', '3.0.901'],
};

export class Hop extends RouterPlace implements FirstHop {
  readonly number: number;
  priority: number;
  hasMore = false;
  /** The versions that run, by module. */
  readonly versions: Record<string, string> = {};

  /** @param bundles by file name */
  constructor(number: number, priority: number, bundles: ReadonlyMap<string, string>) {
    super(`hop-${number}`);
    this.number = number;
    this.priority = priority;
    mkdirSync(join(this.directory, 'bundles'));
    for (const [name, text] of bundles) writeFileSync(join(this.directory, 'bundles', name), text);
  }

  /** Writes its file and starts it; waits until it answers. */
  async start(): Promise<void> {
    for (const [module, [version]] of Object.entries(VERSIONS)) this.versions[module] ??= version;
    this.#write();
    await this.launch();
  }

  async configure(): Promise<void> {
    this.#write();
    await this.run('reload');
  }

  /** Each to its other version, in one transaction. */
  async swap(modules: readonly string[]): Promise<void> {
    const words = modules.map((module) => {
      const [one, other] = VERSIONS[module]!;
      const next = this.versions[module] === one ? other : one;
      this.versions[module] = next;
      return `${module} ${module.toLowerCase()}@${next}`;
    });
    await this.run(`${modules.length > 1 ? 'syn_replace' : 'replace'} ${words.join(' ')}`);
  }

  async rows(): Promise<VirtualRouterRow[]> {
    const answer = await this.exec('show vrrp').catch(() => undefined);
    return answer?.ok ? (answer.data as VirtualRouterRow[]) : [];
  }

  knows(server: string): boolean {
    return this.router.ip('route', 'show', server).includes('proto 72');
  }

  async told(): Promise<string> {
    const lines = ['show vrrp detail', 'show ip ospf neighbor', 'show ip ospf database'].map((line) =>
      execAt(this.socket, line, { json: false }).then(
        (answer) => [line, ...answer.lines].join('\n'),
        (thrown: Error) => `${line}: ${thrown.message}`,
      ),
    );
    return [...(await Promise.all(lines)), this.output.slice(-8_000)].join('\n');
  }

  override async end(): Promise<void> {
    await super.end('SIGKILL', []);
  }

  #write(): void {
    const n = this.number;
    const group = { interface: 'lan0', priority: this.priority, interval: `${INTERVAL_MS}ms` };
    const track = [{ of: '10.9.0.1/32', decrement: 100 }];
    const text = stringify(
      {
        router: {
          id: `10.0.1.${n}`,
          bundles: ['bundles'],
          modules: Object.fromEntries(
            Object.entries(this.versions).map(([module, version]) => [
              module,
              `${module.toLowerCase()}@${version}`,
            ]),
          ),
          state: join(this.directory, 'state'),
        },
        ip: {
          interfaces: {
            lan0: {
              addresses: [`10.0.1.${n}/24`, `fd00:1::${n}/64`],
              forwarding: true,
              'router-advertisements': { interval: '4s' },
            },
            wan0: { addresses: [`10.1.${n}.1/24`, `fd00:1${n}::1/64`], forwarding: true },
          },
          routes: { 'fd00:9::1/128': { [`fd00:1${n}::9`]: {} } },
        },
        ospf: {
          timers: { 'min-ls-interval': '1s' },
          interfaces: {
            lan0: { passive: true },
            wan0: { type: 'point-to-point', 'hello-interval': '1s', 'dead-interval': '20s' },
          },
        },
        vrrp: [
          { ...group, group: 51, addresses: [VIRTUAL], track },
          { ...group, group: 52, addresses: [VIRTUAL6, 'fd00:1::252'], track },
          ...(this.hasMore ? [{ ...group, group: MORE, addresses: ['10.0.1.253'] }] : []),
        ],
      },
      // The configuration takes no aliases.
      { aliasDuplicateObjects: false },
    );
    writeFileSync(this.file, text);
  }
}
