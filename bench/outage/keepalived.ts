/** keepalived in a namespace: as the neighbour, and as what is measured beside hitless. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findCommand } from '../../firmware/host/needs.ts';
import type { NetworkNamespace } from '../../test/netns.ts';
import { Daemon } from './daemon.ts';

const READY_MS = 15_000;

/** A virtual router, of which it begins as a backup. */
export interface KeepalivedGroup {
  group: number;
  priority: number;
  /** Between advertisements, in s. */
  interval: number;
  address: string;
}

export interface KeepalivedOptions {
  namespace: NetworkNamespace;
  directory: string;
  interface: string;
  groups: readonly KeepalivedGroup[];
  /** With the MAC of each virtual router (RFC 9568 7.3). */
  virtualMac?: boolean;
  /** Priority under SCHED_FIFO; the normal policy unless told. */
  realtime?: number | undefined;
}

export class Keepalived {
  readonly #options: KeepalivedOptions;
  #daemon: Daemon | undefined;

  constructor(options: KeepalivedOptions) {
    this.#options = options;
    writeFileSync(join(options.directory, 'keepalived.conf'), configOf(options));
  }

  async start(): Promise<void> {
    const { directory, namespace } = this.#options;
    const file = (name: string) => join(directory, name);
    const how = ['--vrrp', '--dont-fork', '--log-console', '--no-syslog', '--log-detail'];
    const files = [
      '--use-file',
      file('keepalived.conf'),
      '--pid',
      file('k.pid'),
      '--vrrp_pid',
      file('kv.pid'),
    ];
    const program = findCommand('keepalived') ?? 'keepalived';
    this.#daemon = new Daemon('keepalived', namespace, [program, ...how, ...files]);
    await this.#daemon.until('is ready', READY_MS, () => /Entering \w+ STATE/.test(this.#daemon!.text));
  }

  async stop(): Promise<void> {
    await this.#daemon?.stop();
  }

  /** Ends it at once, without a word to anybody. */
  kill(): void {
    const { pid } = this.#daemon!;
    // It would start the process that speaks anew.
    process.kill(pid, 'SIGSTOP');
    process.kill(Number(readFileSync(join(this.#options.directory, 'kv.pid'), 'utf8')), 'SIGKILL');
    process.kill(pid, 'SIGKILL');
  }

  /** The role that it took last, such as `BACKUP`. */
  get role(): string {
    return [...(this.#daemon?.text ?? '').matchAll(/Entering (\w+) STATE/g)].at(-1)?.[1] ?? '';
  }

  /** How often it has become Active in a group. */
  takeOvers(group: number): number {
    return this.#daemon?.told(new RegExp(`\\(bench${group}\\) Entering MASTER STATE`)).length ?? 0;
  }

  /** When it took another role. */
  changes(): number[] {
    return this.#daemon?.told(/Entering \w+ STATE/) ?? [];
  }
}

function configOf({ interface: name, groups, virtualMac, realtime }: KeepalivedOptions): string {
  const global = `global_defs {
  router_id bench
  vrrp_version 3
${realtime === undefined ? '' : `  vrrp_rt_priority ${realtime}\n`}}
`;
  const instances = groups.map(
    ({ group, priority, interval, address }) => `vrrp_instance bench${group} {
  state BACKUP
  interface ${name}
  virtual_router_id ${group}
  priority ${priority}
  advert_int ${interval}
${virtualMac ? '  use_vmac\n' : ''}  virtual_ipaddress {
    ${address}/32
  }
}
`,
  );
  return `${global}${instances.join('')}`;
}
