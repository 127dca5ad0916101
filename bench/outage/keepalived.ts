/** keepalived in a namespace: as the neighbour, and as what is measured beside hitless. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findCommand } from '../../firmware/host/needs.ts';
import type { NetworkNamespace } from '../../test/netns.ts';
import { Daemon } from './daemon.ts';

const READY_MS = 15_000;

export interface KeepalivedOptions {
  namespace: NetworkNamespace;
  directory: string;
  interface: string;
  group: number;
  priority: number;
  /** Between advertisements, in s. */
  interval: number;
  address: string;
}

export class Keepalived {
  readonly #options: KeepalivedOptions;
  #daemon: Daemon | undefined;

  constructor(options: KeepalivedOptions) {
    this.#options = options;
    const { directory, interface: name, group, priority, interval, address } = options;
    writeFileSync(
      join(directory, 'keepalived.conf'),
      `global_defs {
  router_id bench
  vrrp_version 3
}
vrrp_instance bench {
  state BACKUP
  interface ${name}
  virtual_router_id ${group}
  priority ${priority}
  advert_int ${interval}
  virtual_ipaddress {
    ${address}/32
  }
}
`,
    );
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

  /** The role that it took last, such as `BACKUP`. */
  get role(): string {
    return [...(this.#daemon?.text ?? '').matchAll(/Entering (\w+) STATE/g)].at(-1)?.[1] ?? '';
  }

  /** When it took another role. */
  changes(): number[] {
    return this.#daemon?.told(/Entering \w+ STATE/) ?? [];
  }
}
