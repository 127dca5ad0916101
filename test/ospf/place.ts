/** A router with OSPF of the sources as they are, in a namespace, with FRR in others: each link is of the test's choice. */
import type { ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { stringify } from 'yaml';
import { NetworkNamespace } from '../netns.ts';
import { type Frr, startFrr } from '../router/frr.ts';
import { type Answer, eventuallyAsync, execAt, HITLESS } from '../router/router-lab.ts';
import { makeVersions, ONE } from './versions.ts';

const PATIENCE = 60_000;

/** The router's configuration. */
export interface Sections {
  id: string;
  ospf: object;
  ip: object;
  /** Sections of other modules. */
  others?: object;
}

/** A neighbour as the answer to `show neighbors` has it. */
export interface NeighborRow {
  interface: string;
  routerId: string;
  address: string;
  state: string;
}

export class OspfPlace {
  readonly router: NetworkNamespace = NetworkNamespace.create('ospf');
  readonly directory: string = mkdtempSync('/tmp/hitless-test-');
  readonly socket: string = join(this.directory, 'console.sock');
  #child: ChildProcess | undefined;
  #output = '';
  readonly #peers: NetworkNamespace[] = [];

  private constructor() {}

  /** Makes it without the router's program. Ends with the test. */
  static async make(t: Test): Promise<OspfPlace> {
    const place = new OspfPlace();
    t.teardown(() => place.#end());
    // FRR's own user has to get at its files below.
    chmodSync(place.directory, 0o755);
    const bundles = join(place.directory, 'bundles');
    mkdirSync(bundles);
    await makeVersions(bundles);
    place.router.exec(['sysctl', '-q', '-w', 'net.ipv4.ip_forward=1']);
    return place;
  }

  /** A namespace for a peer. */
  peer(label: string): NetworkNamespace {
    const peer = NetworkNamespace.create(label);
    this.#peers.push(peer);
    peer.exec(['sysctl', '-q', '-w', 'net.ipv4.ip_forward=1']);
    return peer;
  }

  /** FRR in a peer's namespace, with a configuration of ospfd. */
  frr(t: Test, peer: NetworkNamespace, ospfd: string): Promise<Frr> {
    const directory = join(this.directory, peer.name);
    mkdirSync(directory);
    return startFrr(t, peer, directory, ospfd);
  }

  write({ id, ospf, ip, others }: Sections): void {
    const text = stringify({
      router: {
        id,
        bundles: ['bundles'],
        modules: { OSPF: `ospf@${ONE}`, IP: `ip@${ONE}` },
        state: join(this.directory, 'state'),
      },
      ip,
      ospf,
      ...others,
    });
    writeFileSync(join(this.directory, 'router.yaml'), text);
  }

  /** Starts it with this configuration; waits until it answers. */
  async start(sections: Sections): Promise<void> {
    this.write(sections);
    const config = join(this.directory, 'router.yaml');
    const child = this.router.spawn([process.execPath, HITLESS, 'run', '--config', config], {
      env: { HITLESS_CONSOLE: this.socket },
    });
    this.#child = child;
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString('utf8');
      });
    await eventuallyAsync('the router answers', PATIENCE, async () => {
      if (child.exitCode !== null) throw new Error(`the router ended: ${this.#output.slice(-4000)}`);
      return (await this.exec('show modules').catch(() => undefined))?.ok;
    });
  }

  /** All that it has printed. */
  get output(): string {
    return this.#output;
  }

  exec(line: string): Promise<Answer> {
    return execAt(this.socket, line);
  }

  /** Runs commands that must succeed. */
  async run(...lines: string[]): Promise<void> {
    for (const line of lines) {
      const { ok, code, message } = await this.exec(line);
      if (!ok) throw new Error(`${line}: ${code}: ${message}\n${this.#output.slice(-2000)}`);
    }
  }

  async neighbors(): Promise<NeighborRow[]> {
    const { ok, message, data } = await this.exec('show neighbors');
    if (!ok) throw new Error(`show neighbors: ${message}`);
    return data as NeighborRow[];
  }

  /** Waits until the neighbour of that router id is in that state. */
  async comesTo(routerId: string, state: string, patience = PATIENCE): Promise<void> {
    await eventuallyAsync(`${routerId} is ${state}`, patience, async () => {
      const row = (await this.neighbors()).find((each) => each.routerId === routerId);
      return row?.state === state || undefined;
    }).catch(async (thrown: Error) => {
      const rows = JSON.stringify(await this.neighbors());
      throw new Error(`${thrown.message}: ${rows}\n${this.#output.slice(-3000)}`);
    });
  }

  /** All LSAs, as `id router sequence checksum`, sorted. */
  async database(): Promise<string[]> {
    const { ok, message, data } = await this.exec('show ip ospf database');
    if (!ok) throw new Error(`show ip ospf database: ${message}`);
    const rows = data as Record<'id' | 'router' | 'sequence' | 'checksum', string>[];
    return rows
      .filter(({ id }) => id !== undefined)
      .map(({ id, router, sequence, checksum }) => `${id} ${router} ${sequence} ${checksum}`)
      .sort();
  }

  /** Waits until the router and its peers have the same LSAs, by checksum. */
  async comesToEqual(peers: readonly Frr[], patience = PATIENCE): Promise<string[]> {
    let ours: string[] = [];
    let theirs: string[][] = [];
    const isEqual = async () => {
      ours = await this.database();
      theirs = peers.map(databaseOf);
      return theirs.every((each) => each.join() === ours.join()) || undefined;
    };
    await eventuallyAsync('databases are equal', patience, isEqual).catch((thrown: Error) => {
      const all = [ours, ...theirs].map((each) => each.join('\n'));
      throw new Error(`${thrown.message}:\n${all.join('\n--\n')}\n${this.#output.slice(-3000)}`);
    });
    return ours;
  }

  async #end(): Promise<void> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGKILL');
      await ended;
    }
    this.router.cleanup();
    for (const peer of this.#peers) peer.cleanup();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** All LSAs that FRR has, as those of a router of ours. */
export function databaseOf({ vtysh }: Frr): string[] {
  const line = /^(\d+\.\S+) +(\d+\.\S+) +\d+ (0x[0-9a-f]{8}) (0x[0-9a-f]{4})/gm;
  const rows = [...vtysh('show ip ospf database').matchAll(line)];
  return rows.map(([, id, router, sequence, checksum]) => `${id} ${router} ${sequence} ${checksum}`).sort();
}
