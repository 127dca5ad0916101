/**
 * The real router in its real lab, from outside: its log is what it prints, it is commanded through its socket,
 * and its peers are asked in their namespaces.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Test } from 'tap';
import type { MonitorReport } from '../../firmware/console/monitor-report.ts';
import type { LabFacts } from '../../firmware/lab/lab.ts';
import type { Timing } from '../../firmware/lab/timing.ts';
import type { TransactionReport } from '../../runtime/upgrade/report.ts';
import { adjacencyChanges } from '../frr-log.ts';
import { commandOf, eventually, inside } from '../lab/lab-under-test.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const HITLESS = join(root, 'dist/hitless.mjs');

export interface Answer {
  ok: boolean;
  code?: string;
  message?: string;
  data?: unknown;
  lines: string[];
}

/**
 * Quick enough for a test, and slow enough for a busy machine to keep: four hellos are within the dead interval, and
 * keepalived takes over after a second. What a swap itself may cost is seen in the relay numbers, every 100 ms.
 */
export const QUICK: Timing = { period: 100, hello: 1, dead: 4, advert: 30 };

export interface Relay {
  from: string;
  number: number;
}

export class RouterLab {
  readonly facts: LabFacts;
  /** What the router printed so far. */
  readonly lines: string[];
  readonly #child: ChildProcess;
  readonly #temporary: string;

  private constructor(child: ChildProcess, facts: LabFacts, lines: string[], temporary: string) {
    this.#child = child;
    this.facts = facts;
    this.lines = lines;
    this.#temporary = temporary;
  }

  /**
   * Starts a lab and waits until it serves. Ends with the test.
   * @param restarts starts the router again, as often as told, when it is killed
   */
  static async start(
    t: Test,
    options: { peers?: boolean; timing?: Partial<Timing>; restarts?: number } = {},
  ): Promise<RouterLab> {
    const temporary = mkdtempSync('/tmp/hitless-test-');
    // FRR's own user has to get at its files below.
    chmodSync(temporary, 0o755);
    const launcher = join(root, 'dist/test', `lab-launcher.${process.pid}.mjs`);
    await build({
      entryPoints: [join(root, 'test/router/lab-launcher.ts')],
      outfile: launcher,
      bundle: true,
      platform: 'node',
      format: 'esm',
      external: ['raw-socket'],
      logLevel: 'warning',
    });
    const given = {
      peers: options.peers ?? false,
      install: false,
      program: programWith(temporary, options.restarts ?? 0),
      console: join(temporary, 'console.sock'),
      timing: { ...QUICK, ...options.timing },
    };
    // A router has its board to itself: whatever else the machine does should not make a peer miss it.
    goFirst();
    const child = spawn(
      'nice',
      [
        '-n',
        '-15',
        'setpriv',
        '--pdeathsig',
        'KILL',
        '--',
        process.execPath,
        launcher,
        JSON.stringify(given),
      ],
      {
        env: { ...process.env, TMPDIR: temporary },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const lines: string[] = [];
    let errors = '';
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(line.replace(/^\S+Z /, '')));
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString('utf8');
    });
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    t.teardown(async () => {
      child.kill('SIGTERM');
      await ended;
      rmSync(temporary, { recursive: true, force: true });
      rmSync(launcher, { force: true });
    });
    const facts = await eventually('the lab is ready', 30_000, () => {
      if (child.exitCode !== null) throw new Error(`the lab ended: ${errors}${lines.join('\n')}`);
      return factsIn(temporary);
    });
    const lab = new RouterLab(child, facts, lines, temporary);
    await eventuallyAsync(
      'the router answers',
      15_000,
      async () => (await lab.exec('show modules').catch(() => undefined))?.ok,
    );
    return lab;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** The router processes, by their numbers on this host. */
  routers(): number[] {
    const configuration = `${this.facts.directory}/router.yaml`;
    const found = execFileSync('pgrep', ['-f', `run --config ${configuration} --lab`], { encoding: 'utf8' });
    return found
      .trim()
      .split('\n')
      .map(Number)
      .filter((pid) => commandOf(pid).startsWith(process.execPath));
  }

  /** Keeps a router that is killed from being started again, until the returned function is called. */
  keepAway(): () => void {
    const hold = holdIn(this.#temporary);
    writeFileSync(hold, '');
    return () => rmSync(hold);
  }

  /** Sends one command through the console's socket. */
  exec(command: string): Promise<Answer> {
    return execAt(this.facts.console, command);
  }

  /** What a person reads below a command. */
  async text(command: string): Promise<string[]> {
    return (await execAt(this.facts.console, command, { json: false })).lines;
  }

  /** Runs a command that must succeed; gives its facts. */
  async data<T>(command: string): Promise<T> {
    const answer = await this.exec(command);
    if (!answer.ok) throw new Error(`${command}: ${answer.code}: ${answer.message}`);
    return answer.data as T;
  }

  async monitors(): Promise<MonitorReport[]> {
    return this.data<MonitorReport[]>('show monitors');
  }

  async lastUpgrade(): Promise<TransactionReport> {
    return (await this.data<TransactionReport[]>('show upgrades')).at(-1)!;
  }

  /** The relay messages that OSPF logged, in order. */
  relays(): Relay[] {
    return this.relaysFrom(0);
  }

  /** Those from this line on. */
  relaysFrom(first: number): Relay[] {
    return this.lines.slice(first).flatMap((line) => {
      const match = /^OSPF V[\d.]+ got msg : (\d+) from (\w+) V[\d.]+/.exec(line);
      return match === null ? [] : [{ from: match[2]!, number: Number(match[1]) }];
    });
  }

  /**
   * Kills the router, waits until the lab has ended, and returns how many packets of it each monitor saw from first to
   * last. The lab prints that at its end.
   */
  async seenToTheEnd(): Promise<Record<string, number>> {
    const end = new Promise((resolve) => this.#child.once('close', resolve));
    const [router] = this.routers();
    process.kill(router!, 'SIGSTOP');
    // The monitors take what came so far.
    await sleep(1_000);
    process.kill(router!, 'SIGKILL');
    await end;
    const seen = this.lines.flatMap((line) => {
      const match = /^(\w+) monitor \(\w+\): (\d+) packets? from 10\./.exec(line);
      return match === null ? [] : [[match[1]!, Number(match[2])] as const];
    });
    return Object.fromEntries(seen);
  }

  /** FRR's view: its OSPF neighbours, by router id. */
  async neighborsOfFrr(): Promise<Record<string, Record<string, unknown>[]>> {
    const vty = this.facts.vty;
    if (vty === undefined) throw new Error('this lab has no FRR');
    const text = inside(this.facts, 'right', [
      'vtysh',
      '--vty_socket',
      vty,
      '-c',
      'show ip ospf neighbor detail json',
    ]);
    const { neighbors, ...older } = JSON.parse(text) as { neighbors?: unknown };
    return (neighbors ?? older) as Record<string, Record<string, unknown>[]>;
  }

  /** Changes of a neighbour's state so far. */
  changesAtFrr(): number {
    const file = this.facts.logs.ospfd;
    if (file === undefined) throw new Error('this lab has no FRR');
    return adjacencyChanges(readFileSync(file, 'utf8'));
  }

  /** keepalived's role changes so far, oldest first, as its log tells them. */
  rolesOfKeepalived(): string[] {
    const file = this.facts.logs.keepalived;
    if (file === undefined) throw new Error('this lab has no keepalived');
    return [...readFileSync(file, 'utf8').matchAll(/Entering (\w+) STATE/g)].map((match) => match[1]!);
  }

  /** Waits until FRR has seen the router 2-Way and keepalived is its backup. */
  async settled(): Promise<void> {
    await eventuallyAsync('FRR sees the router 2-Way', 30_000, async () => {
      const states = Object.values(await this.neighborsOfFrr()).flat();
      return states.some((neighbor) => JSON.stringify(neighbor).includes('2-Way')) || undefined;
    });
    await eventuallyAsync('VRRP is Active and keepalived is BACKUP', 30_000, async () => {
      const routers = await this.data<{ state: string }[]>('show vrrp');
      return (routers[0]?.state === 'Active' && this.rolesOfKeepalived().at(-1) === 'BACKUP') || undefined;
    });
  }
}

/** Relay numbers that are missing, doubled or out of order, by sender, as sentences. */
export function relayFaults(relays: readonly Relay[]): string[] {
  const last = new Map<string, number>();
  return relays.flatMap(({ from, number }) => {
    const before = last.get(from);
    last.set(from, number);
    return before === undefined || number === before + 1 ? [] : [`${from}: ${number} after ${before}`];
  });
}

export async function execAt(path: string, command: string, { json = true } = {}): Promise<Answer> {
  const socket = connect(path);
  await once(socket, 'connect');
  socket.on('error', () => socket.destroy());
  socket.write(`${JSON.stringify({ command, json })}\n`);
  const lines: string[] = [];
  for await (const line of createInterface({ input: socket })) {
    const answer = JSON.parse(line) as Answer & { line?: string };
    if (answer.line !== undefined) {
      lines.push(answer.line);
      continue;
    }
    socket.destroy();
    return { ...answer, lines };
  }
  throw new Error(`no answer to ${command}`);
}

export async function eventuallyAsync<T>(
  what: string,
  patience: number,
  attempt: () => Promise<T | undefined>,
): Promise<T> {
  const giveUp = performance.now() + patience;
  for (;;) {
    const found = await attempt();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > giveUp) throw new Error(`not within ${patience} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** How the lab starts hitless: as it is, or so that a router that is killed is started again. */
function programWith(directory: string, restarts: number): string[] {
  if (restarts === 0) return [process.execPath, HITLESS];
  const script = join(directory, 'restarting.sh');
  const again =
    `  while [ -e '${holdIn(directory)}' ]; do sleep 0.1; done\n  "$node" "$hitless" "$@"\n`.repeat(restarts);
  writeFileSync(
    script,
    `node='${process.execPath}' hitless='${HITLESS}'\nif [ "$1" = run ]; then\n  "$node" "$hitless" "$@"\n${again}else\n  exec "$node" "$hitless" "$@"\nfi\n`,
  );
  return ['/bin/sh', script];
}

/** Sessions share the processors before their processes do, where the kernel groups them (sched(7)). Needs root. */
export function goFirst(): void {
  try {
    writeFileSync('/proc/self/autogroup', '-15');
  } catch {}
}

/** While this file is there, no router is started again. */
function holdIn(directory: string): string {
  return join(directory, 'hold');
}

function factsIn(temporary: string): LabFacts | undefined {
  const directory = readdirSync(temporary).find((name) => name.startsWith('hitless-lab-'));
  const file = join(temporary, directory ?? '', 'lab.json');
  return directory !== undefined && existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as LabFacts)
    : undefined;
}
