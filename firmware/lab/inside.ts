/**
 * The lab's inner process, process 1 of its own PID namespace: whatever way it ends, the kernel ends everything
 * in the lab with it, and with the last process go the namespaces.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MonitorReport } from '../console/monitor-report.ts';
import { FirmwareError } from '../errors.ts';
import { startFrr } from './frr.ts';
import { startKeepalived } from './keepalived.ts';
import type { MonitorMessage } from './monitor-board.ts';
import type { InnerMessage, LabPlan, OuterMessage } from './plan.ts';
import { routerConfig } from './router-config.ts';
import { packetIntervals } from './timing.ts';
import { endChild, exitCodeOf, runTool, sleep, systemEnvironment } from './tool.ts';
import { buildNetwork, type Place } from './topology.ts';
import { Watcher } from './watcher.ts';
import { welcome } from './welcome.ts';
import type { WatchedProtocol } from './witness.ts';

const MONITORS: [WatchedProtocol, Place][] = [
  ['IP', 'left'],
  ['OSPF', 'right'],
  ['VRRP', 'left'],
];

/** How long a router that was told to leave may take. */
const ROUTER_PATIENCE_MS = 3_000;
const CONSOLE_PATIENCE_MS = 5_000;

/**
 * Runs the lab to its end; `hitless lab --inner PLAN` calls it, and nobody else should.
 * @param argument A LabPlan in JSON.
 * It ends the process itself, with the router's exit code, and with the process all that still runs in the lab.
 */
export async function runInside(argument: string): Promise<never> {
  const plan = JSON.parse(argument) as LabPlan;
  const stop = new AbortController();
  const stopOn = (signal: NodeJS.Signals) => stop.abort(signal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stopOn);
  process.on('message', (message) => stopOn((message as OuterMessage).signal));
  // The outer process is gone, so nobody waits for an orderly end.
  process.on('disconnect', () => process.exit(exitCodeOf(null, 'SIGKILL')));
  void tellOuter({ kind: 'inside' });

  let code = 1;
  try {
    code = await new Inside(plan, stop.signal).run();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    process.stderr.write(`${'code' in error ? `${error.code}: ` : ''}${error.message}\n`);
  }
  await tellOuter({ kind: 'ended', code });
  process.exit(code);
}

function tellOuter(message: InnerMessage): Promise<void> {
  return new Promise((sent) => process.send?.(message, () => sent()));
}

class Inside {
  readonly #plan: LabPlan;
  readonly #stop: AbortSignal;
  #router: ChildProcess | undefined;
  #watchers: Watcher[] = [];
  /** Messages from before the router could be told. */
  readonly #early: MonitorMessage[] = [];

  constructor(plan: LabPlan, stop: AbortSignal) {
    this.#plan = plan;
    this.#stop = stop;
  }

  async run(): Promise<number> {
    const { json, script } = this.#plan;
    await Promise.race([this.#build(), this.#stopAsked()]);
    if (this.#stop.aborted) return this.#stopped();

    if (script === undefined && !json) process.stdout.write(welcome(this.#plan));
    const ended = this.#startRouter();
    void this.#consoleOpens().then(() => tellOuter({ kind: 'ready' }));
    const code = await ended;
    const reports = await Promise.all(this.#watchers.map((watcher) => watcher.end()));
    process.stdout.write(json ? `${JSON.stringify({ monitors: reports })}\n` : summary(reports));
    return this.#stop.aborted ? this.#stopped() : code;
  }

  async #build(): Promise<void> {
    await keepDirectories(this.#plan);
    await buildNetwork();
    this.#watchers = await this.#startWatchers();
    await this.#startPeers();
  }

  #stopAsked(): Promise<void> {
    if (this.#stop.aborted) return Promise.resolve();
    return new Promise((resolve) => this.#stop.addEventListener('abort', () => resolve(), { once: true }));
  }

  #stopped(): number {
    return exitCodeOf(null, this.#stop.reason as NodeJS.Signals);
  }

  #startWatchers(): Promise<Watcher[]> {
    const intervals = packetIntervals(this.#plan.timing);
    return Promise.all(
      MONITORS.map(([protocol, place]) =>
        Watcher.start({
          program: this.#plan.program,
          protocol,
          place,
          interval: intervals[protocol],
          onReport: (report) => this.#tellRouter({ kind: 'monitor', report }),
          onLine: (text) => this.#tellRouter({ kind: 'monitor-line', text }),
        }),
      ),
    );
  }

  /** The peers run until the lab's last process has ended. */
  async #startPeers(): Promise<void> {
    const { directory, frr, keepalived, timing } = this.#plan;
    const onDeath = (text: string) => this.#tellRouter({ kind: 'monitor-line', text });
    if (frr) await startFrr(directory, timing, onDeath);
    // Last, because from now on it waits for the router, and takes over when none comes.
    if (keepalived) await startKeepalived(directory, timing, onDeath);
  }

  /** Resolves with its exit code when it has ended. */
  #startRouter(): Promise<number> {
    const { config, directory, program, script, socket, timing, watch } = this.#plan;
    const generated = join(directory, 'router.yaml');
    writeFileSync(generated, routerConfig(timing, socket, join(directory, 'state')));
    const args = [
      ['netns', 'exec', 'router', ...program, 'run', '--config', config ?? generated, '--lab'],
      script === undefined ? [] : ['--script', script],
      ...watch.map((path) => ['--watch', path]),
    ].flat();
    const router = spawn('ip', args, {
      env: { ...systemEnvironment(), HITLESS_CONSOLE: socket },
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    });
    this.#router = router;
    // A router that is just leaving misses no message.
    router.on('error', () => {});
    for (const message of this.#early.splice(0)) this.#tellRouter(message);
    void this.#stopAsked().then(() => endChild(router, ROUTER_PATIENCE_MS));
    return new Promise((resolve, reject) => {
      router.once('exit', (code, signal) => resolve(exitCodeOf(code, signal)));
      router.once('error', (error) => {
        if (router.pid === undefined) reject(new FirmwareError('LAB_ROUTER', `the router: ${error.message}`));
      });
    });
  }

  /** Waits for the router's console socket; with a configuration of the user's it may be elsewhere. */
  async #consoleOpens(): Promise<void> {
    const giveUp = performance.now() + CONSOLE_PATIENCE_MS;
    while (!existsSync(this.#plan.socket) && performance.now() < giveUp) await sleep(20);
  }

  #tellRouter(message: MonitorMessage): void {
    if (this.#router === undefined) this.#early.push(message);
    else if (this.#router.connected) this.#router.send(message, () => {});
  }
}

/** Gives the lab a /run of its own, for `ip netns`, and lets it see those directories of the old one that it needs. */
async function keepDirectories({ directory, keep }: LabPlan): Promise<void> {
  const mount = (...args: string[]) => runTool('LAB_NETWORK', 'mount', args);
  const places = keep.map((path, i) => ({ path, held: join(directory, `keep-${i}`) }));
  for (const { path, held } of places) {
    mkdirSync(held);
    await mount('--rbind', path, held);
  }
  await mount('-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', '/run');
  for (const { path, held } of places) {
    mkdirSync(path, { recursive: true });
    await mount('--rbind', held, path);
  }
  mkdirSync('/run/netns');
  chmodSync('/run/netns', 0o755);
}

function summary(reports: MonitorReport[]): string {
  const lines = reports.flatMap(({ protocol, namespace, sources }) => {
    const title = `${protocol} monitor (${namespace}):`;
    if (sources.length === 0) return [`${title} no packet`];
    return sources.map(({ from, packets, gaps, longest }) => {
      const gapText = gaps === 0 ? 'no gap' : `${gaps} ${gaps === 1 ? 'gap' : 'gaps'}`;
      return `${title} ${packets} ${packets === 1 ? 'packet' : 'packets'} from ${from}, ${gapText}, longest silence ${longest} ms`;
    });
  });
  return `${lines.join('\n')}\n`;
}
