/** The place of the test: the router's namespace, its peers' at the other ends of four cables, and the router itself. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Test } from 'tap';
import { NetworkNamespace } from '../../netns.ts';
import { type Frr, frrUnavailable, startFrr } from '../frr.ts';
import { stage } from '../host.ts';
import { type Instance, type Keepalived, keepalivedUnavailable, startKeepalived } from '../keepalived.ts';
import { type Answer, eventuallyAsync, execAt, HITLESS } from '../router-lab.ts';
import { Cables } from './cables.ts';
import type { Configuration } from './configuration.ts';
import { areaOf, ms } from './configuration.ts';

export const PATIENCE = 60_000;
export const INTERFACES = ['wan0', 'wan1', 'wan2', 'wan3'] as const;

/** keepalived's virtual routers; that of wan1 has the higher priority there. No interface of a cable has an address more. */
export const BESIDE: readonly Instance[] = [0, 1, 2].map((n) => ({
  interface: `eth${n}`,
  group: 10 * (n + 1),
  priority: 90,
  interval: 0.6,
  address: `10.9.${n}.254`,
  addressOn: 'lo',
}));

export const unavailable: string | false =
  NetworkNamespace.unavailable || frrUnavailable || keepalivedUnavailable;

export class Place {
  readonly directory: string;
  readonly file: string;
  readonly socket: string;
  readonly frr: Frr;
  readonly keepalived: Keepalived;
  readonly cables: Cables;
  readonly #namespace: NetworkNamespace;
  /** By interface, what FRR's end was told. */
  readonly #followed = new Map<string, { area: string; hello: number; dead: number }>();
  #child: ChildProcess | undefined;
  #output = '';

  private constructor(
    { router, directory, socket }: ReturnType<typeof stage>,
    peers: { frr: Frr; keepalived: Keepalived; cables: Cables },
  ) {
    this.#namespace = router;
    this.directory = directory;
    this.file = join(directory, 'router.yaml');
    this.socket = socket;
    this.frr = peers.frr;
    this.keepalived = peers.keepalived;
    this.cables = peers.cables;
  }

  /** Makes it, without the router. Ends with the test. */
  static async make(t: Test): Promise<Place> {
    const at = stage(t);
    for (const name of INTERFACES.slice(1)) {
      const n = name.slice(3);
      NetworkNamespace.join([at.router, name, `10.9.${n}.1/24`], [at.peer, `eth${n}`, `10.9.${n}.2/24`]);
    }
    const frr = await startFrr(t, at.peer, at.directory, frrConfig());
    const keepalived = await startKeepalived(t, at, BESIDE);
    const cables = await Cables.open(at.router, at.peer, INTERFACES);
    t.teardown(() => cables.end());
    const place = new Place(at, { frr, keepalived, cables });
    await place.#elected(INTERFACES);
    frr.vtysh(
      'configure terminal',
      ...INTERFACES.flatMap((name) => [...endOf(name), `ip ospf dead-interval ${FIRST.dead}`]),
    );
    t.teardown(() => place.kill('SIGKILL'));
    return place;
  }

  /** All that the router has printed, in all its lives. */
  get output(): string {
    return this.#output;
  }

  get text(): string {
    return readFileSync(this.file, 'utf8');
  }

  write(text: string): void {
    writeFileSync(this.file, text);
  }

  /** Starts the router with the file as it is; waits until it answers. */
  async start(): Promise<void> {
    const command = [process.execPath, HITLESS, 'run', '--config', this.file, '--lab'];
    const child = spawn('ip', ['netns', 'exec', this.#namespace.name, ...command], {
      env: { ...process.env, HITLESS_CONSOLE: this.socket },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString('utf8');
      });
    // A router has its board to itself: whatever else the machine does should not make a peer miss it.
    setPriority(child.pid!, -15);
    await eventuallyAsync('the router answers', PATIENCE, async () => {
      if (child.exitCode !== null) throw new Error(`the router ended: ${this.#output.slice(-4000)}`);
      return (await this.exec('show modules').catch(() => undefined))?.ok;
    });
  }

  /** The schema by which an editor checks the file, for the router of this file. */
  schema(): string {
    const command = [HITLESS, 'schema', '--config', this.file];
    return execFileSync(process.execPath, command, { encoding: 'utf8' });
  }

  /** Whether every virtual router of keepalived has taken over. */
  allMaster(): boolean {
    return BESIDE.every(({ group }) => this.keepalived.roles(group).at(-1) === 'MASTER');
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Ends the router, and waits until it is gone. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill(signal);
    await ended;
  }

  exec(line: string): Promise<Answer> {
    return execAt(this.socket, line);
  }

  /** Runs a command that must succeed; returns its facts. */
  async data<T>(line: string): Promise<T> {
    const answer = await this.exec(line);
    if (!answer.ok) throw new Error(`${line}: ${answer.code}: ${answer.message}`);
    return answer.data as T;
  }

  /** Has FRR follow what the two ends of a network must agree on (RFC 2328 10.5). Only what changed is told. */
  async follow(configuration: Configuration): Promise<void> {
    const area = areaOf(configuration);
    const told: { name: string; moves: boolean; lines: string[] }[] = [];
    for (const [name, each] of Object.entries(configuration.ospf?.interfaces ?? {})) {
      const hello = ms(each['hello-interval']) / 1000;
      const dead = ms(each['dead-interval']) / 1000;
      const [before, now] = [this.#followed.get(name) ?? FIRST, { area, hello, dead }];
      if (isDeepStrictEqual(before, now)) continue;
      this.#followed.set(name, now);
      const lines = [...endOf(name), `ip ospf hello-interval ${hello}`, `ip ospf dead-interval ${dead}`];
      told.push({ name, moves: before.area !== area, lines });
    }
    await this.#move(
      told.filter(({ moves }) => moves).map(({ name }) => name),
      area,
    );
    const lines = told.flatMap((each) => each.lines);
    if (lines.length > 0) this.frr.vtysh('configure terminal', ...lines);
  }

  /** FRR goes into another area there, and is its designated router: it listens for a short time whether there is one. */
  async #move(names: readonly string[], area: string): Promise<void> {
    const dead = `ip ospf dead-interval ${ELECTING}`;
    const lines = names.flatMap((name) => [...endOf(name), dead, 'no ip ospf area', `ip ospf area ${area}`]);
    if (lines.length > 0) this.frr.vtysh('configure terminal', ...lines);
    await this.#elected(names);
  }

  async #elected(names: readonly string[]): Promise<void> {
    for (const name of names)
      await eventuallyAsync(`FRR is designated router at ${name}`, PATIENCE, async () => {
        const shown = this.frr.vtysh(`show ip ospf interface ${otherEnd(name)}`);
        return /State DR,/.test(shown) || undefined;
      });
  }
}

/** FRR's ends begin with these. */
const FIRST = { area: '0.0.0.0', hello: 1, dead: 60 };
/** Seconds for which FRR looks for a designated router. */
const ELECTING = 2;

const otherEnd = (name: string) => name.replace('wan', 'eth');
const endOf = (name: string) => [`interface ${otherEnd(name)}`];

function frrConfig(): string {
  const each = INTERFACES.map(
    (name) =>
      `interface eth${name.slice(3)}\n ip ospf area 0.0.0.0\n ip ospf hello-interval 1\n ip ospf dead-interval ${ELECTING}\n`,
  );
  return `${each.join('')}router ospf\n ospf router-id 10.9.0.2\n log-adjacency-changes detail\n timers throttle lsa all 0\n timers lsa min-arrival 0\n`;
}
