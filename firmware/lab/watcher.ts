/** The lab's side of a monitor: its process in a neighbour's namespace, and what it last reported. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { MonitorReport } from '../console/monitor-report.ts';
import { FirmwareError } from '../errors.ts';
import type { MonitorLine } from './monitor.ts';
import { endChild, exitCodeOf, systemEnvironment } from './tool.ts';
import type { Place } from './topology.ts';
import type { WatchedProtocol } from './witness.ts';

export interface WatcherOptions {
  program: string[];
  protocol: WatchedProtocol;
  place: Place;
  interval: number;
  onReport: (report: MonitorReport) => void;
  onLine: (text: string) => void;
}

const END_PATIENCE_MS = 1_000;

export class Watcher {
  #report: MonitorReport;
  readonly #child: ChildProcess;
  readonly #lines: Promise<void>;
  #ending = false;

  private constructor(options: WatcherOptions, ready: () => void, failed: (error: FirmwareError) => void) {
    const { program, protocol, place, interval, onLine, onReport } = options;
    this.#report = { protocol, namespace: place, sources: [] };
    const self = [...program, 'monitor', '--protocol', protocol.toLowerCase(), '--interface', 'eth0'];
    const args = ['netns', 'exec', place, ...self, '--namespace', place, '--interval', String(interval)];
    // In a session of its own: at Ctrl-C the monitors still watch how the router leaves.
    const child = spawn('ip', args, {
      detached: true,
      env: systemEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;

    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString('utf8')).slice(-2_048);
    });
    child.once('error', (error) =>
      failed(new FirmwareError('LAB_MONITOR', `the ${protocol} monitor: ${error.message}`)),
    );
    child.once('close', (code, signal) => {
      const text = `the ${protocol} monitor (${place}) ended with ${signal ?? exitCodeOf(code, signal)}: ${complaint.trim()}`;
      failed(new FirmwareError('LAB_MONITOR', text));
      if (!this.#ending) onLine(text);
    });
    const reader = createInterface({ input: child.stdout });
    this.#lines = new Promise((resolve) => reader.once('close', resolve));
    reader.on('line', (json) => {
      const line = JSON.parse(json) as MonitorLine;
      if (line.kind === 'ready') return ready();
      if (line.kind === 'line') return onLine(line.text);
      this.#report = line.report;
      onReport(line.report);
    });
  }

  /** @throws FirmwareError `LAB_MONITOR` when it ends before it watches. */
  static start(options: WatcherOptions): Promise<Watcher> {
    return new Promise((resolve, reject) => {
      const watcher: Watcher = new Watcher(options, () => resolve(watcher), reject);
    });
  }

  /** Returns the last report, which the monitor gives when it is told to end. */
  async end(): Promise<MonitorReport> {
    this.#ending = true;
    await endChild(this.#child, END_PATIENCE_MS);
    await this.#lines;
    return this.#report;
  }
}
