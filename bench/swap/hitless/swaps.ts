/** Swaps of one module or of a group, in quiet or under a stream of messages. */
import { Runtime, type TransactionReport } from 'hitless/runtime';
import { isStreamed, type SwapJob } from '../job.ts';
import { PROBE, type Probe, serverName, writeServer } from './bundles.ts';

/** Messages between two swaps where there is no stream. */
const BETWEEN = 50;
/** How long a stream runs before and after what is observed, in ms. */
const LEAD_MS = 20;
/** After a swap it is observed for at least so long, in ms. */
const TAIL_MS = 2;

/** Observations that there is always room for. */
const LEAST_OBSERVATIONS = 3;

/** How long a stream may go on, in s, on a machine that is slow. */
const LONGEST_S = 30;

/** A message that takes longer, in ms, is lost. */
const PATIENCE_MS = 30_000;

/** What one server was sent and has handled. */
class Ledger implements Pick<Probe, 'handled'> {
  sent = 0;
  total = 0;
  readonly #times: Float64Array;
  readonly #versions: Int32Array;

  constructor(capacity: number) {
    this.#times = new Float64Array(capacity);
    this.#versions = new Int32Array(capacity);
  }

  /**
   * A message that was handled before is a sample, by which a new version is warmed up on a throw-away instance. If it
   * really were handled twice, the state would count one too many.
   */
  handled(_server: number, version: number, seq: unknown): void {
    if (this.#times[seq as number] !== 0) return;
    this.total++;
    this.#times[seq as number] = performance.now();
    this.#versions[seq as number] = version;
  }

  get full(): boolean {
    return this.sent + 1 >= this.#times.length;
  }

  /** Between 0 and 1. */
  get used(): number {
    return this.sent / this.#times.length;
  }

  lines(server: number): string[] {
    const lines = [`sent ${server} ${this.sent}`, `total ${server} ${this.total}`];
    for (let seq = 1; seq <= this.sent; seq++) {
      const version = this.#versions[seq]!;
      lines.push(`handled ${server} ${seq} ${version} ${version} ${ns(this.#times[seq]!)}`);
    }
    return lines;
  }
}

function ns(ms: number): number {
  return Math.round(ms * 1e6);
}

export async function measureSwaps(
  job: SwapJob,
  directory: string,
  write: (line: string) => void,
): Promise<void> {
  const bench = new SwapBench(job, directory);
  write(`fact guard ${bench.guard}`);
  await bench.begin();
  if (isStreamed(job)) await bench.underStream();
  else await bench.inQuiet();
  for (const line of await bench.end()) write(line);
}

class SwapBench implements Probe {
  readonly #job: SwapJob;
  readonly #directory: string;
  // A busy machine may take its time to migrate: what is measured is not the deadline.
  readonly #runtime = new Runtime({ preparation: 60_000 });
  readonly #servers: readonly number[];
  readonly #ledgers: readonly Ledger[];
  readonly #files: string[][] = [];
  readonly #lines: string[] = [];
  /** The version in service; each swap raises it by one. */
  #version = 0;
  /** The last version that failed, where all do. */
  #tried = 0;
  #disabledAt = 0;
  #swaps = 0;
  #streaming = false;

  constructor(job: SwapJob, directory: string) {
    this.#job = job;
    this.#directory = directory;
    this.#servers = Array.from({ length: job.servers }, (_, i) => i + 1);
    const capacity =
      job.flood > 0
        ? 6_000_000
        : job.rate > 0
          ? job.rate * LONGEST_S
          : (job.swaps + job.warmup + 1) * (BETWEEN + 2);
    this.#ledgers = this.#servers.map(() => new Ledger(capacity));
    Object.assign(globalThis, { [PROBE]: this });
  }

  handled(server: number, version: number, seq: unknown): void {
    this.#ledgers[server - 1]!.handled(server, this.#running(version), seq);
  }

  /** Which version in a row it is; of two that take turns, a bundle knows only which of the two. */
  #running(version: number): number {
    if (!this.#job.hot) return version;
    return this.#version % 2 === version ? this.#version : this.#version + 1;
  }

  /** In quiet, a message comes while the server is out of service: it has to wait for the new version. */
  draining(server: number, version: number): void {
    if (this.#running(version) !== this.#version || this.#streaming) return;
    if (this.#disabledAt === 0) this.#disabledAt = performance.now();
    this.#send(server);
  }

  #send(server: number): void {
    const ledger = this.#ledgers[server - 1]!;
    if (ledger.full) throw new Error('more messages than the ledger has room for');
    const sent = this.#runtime.send(serverName(server), 'tick', ++ledger.sent);
    if (sent !== 'queued') throw new Error(`a message to ${serverName(server)} was ${sent}`);
  }

  /** How code that does not return is ended: a figure of one kind says nothing of the other. */
  get guard(): string {
    return this.#runtime.guard.kind;
  }

  async begin(): Promise<void> {
    const { swaps, entries, hot } = this.#job;
    // Written before anything is measured: the disk is nobody's subject here.
    const versions = swaps === 0 ? 0 : swaps + this.#job.warmup;
    for (let version = 0; version <= (hot ? 1 : versions); version++)
      this.#files.push(
        this.#servers.map((server) => writeServer(this.#directory, this.#job, server, version)),
      );
    for (const server of this.#servers) {
      const module = serverName(server);
      const report = await this.#runtime.run(
        [{ change: 'add', module, bundle: this.#files[0]![server - 1]!, config: { entries } }],
        { command: `add ${module}`, by: 'bench' },
      );
      if (report.outcome !== 'committed') throw new Error(`add ${module}: ${report.reason}`);
    }
    // Both stay in memory, so that V8 keeps what it made of them.
    if (hot) for (const file of this.#files.flat()) await this.#runtime.repository.load(file).catch(isLoaded);
  }

  async inQuiet(): Promise<void> {
    const { swaps, warmup } = this.#job;
    for (let swap = 1; swap <= swaps + warmup; swap++) {
      for (let i = 0; i < BETWEEN; i++) {
        for (const server of this.#servers) this.#send(server);
        if (i % 10 === 9) await turn();
      }
      const { members } = await this.#swap();
      members.forEach(({ blackout }, i) => {
        // Of an abort the report tells when it was decided, and the handlers when messages went on.
        if (!this.#job.abort) this.#lines.push(`blackout ${swap} ${i + 1} ${ns(blackout)}`);
      });
      await this.#settled();
    }
  }

  async underStream(): Promise<void> {
    const { swaps, warmup, observe, observations } = this.#job;
    this.#streaming = true;
    const stop = this.#stream();
    await streamFor(LEAD_MS);
    for (let swap = 0; swap < warmup && swaps > 0; swap++) {
      await this.#swap();
      await streamFor(TAIL_MS);
    }
    for (let i = 0; i < observations && (i < LEAST_OBSERVATIONS || this.#hasRoom); i++) {
      const from = performance.now();
      if (swaps > 0) await this.#swap();
      await streamFor(swaps > 0 ? Math.max(TAIL_MS, from + observe - performance.now()) : observe);
      this.#lines.push(`observe ${ns(from)} ${ns(performance.now())}`);
    }
    await streamFor(LEAD_MS);
    stop();
    await this.#settled();
  }

  /** For another observation: a flood fills the ledger as fast as the machine can, and longer where it stalls. */
  get #hasRoom(): boolean {
    return this.#ledgers.every((ledger) => ledger.used < 0.7);
  }

  async #swap(): Promise<TransactionReport> {
    const { abort, hot } = this.#job;
    const next = abort ? ++this.#tried : this.#version + 1;
    const to = this.#files[hot ? next % 2 : next]!;
    this.#disabledAt = 0;
    const changes = this.#servers.map((server) => ({
      change: 'replace' as const,
      module: serverName(server),
      bundle: to[server - 1]!,
    }));
    const began = performance.now();
    const report = await this.#runtime.run(changes, { command: 'replace', by: 'bench' });
    const ended = performance.now();
    if (report.outcome !== (abort ? 'aborted' : 'committed'))
      throw new Error(`a swap was ${report.outcome}: ${report.reason}`);
    if (!abort) this.#version++;
    const { stall } = report;
    this.#lines.push(`swap ${ns(began)} ${ns(this.#disabledAt)} ${ns(ended)}`);
    this.#lines.push(`stall ${++this.#swaps} ${ns(stall.longest)} ${ns(stall.sum)}`);
    return report;
  }

  /**
   * Sends at the rate, from the event loop; what was due while it stood still is made up for at once. A flood keeps
   * its number of messages waiting.
   */
  #stream(): () => void {
    const { rate, flood } = this.#job;
    const interval = 1000 / rate;
    let due = performance.now();
    let on = true;
    const pace = () => {
      if (!on) return;
      if (flood > 0) {
        for (const server of this.#servers)
          for (const ledger = this.#ledgers[server - 1]!; ledger.sent < ledger.total + flood; )
            this.#send(server);
      } else {
        for (const time = performance.now(); due <= time; due += interval)
          for (const server of this.#servers) this.#send(server);
      }
      setImmediate(pace);
    };
    pace();
    return () => {
      on = false;
    };
  }

  async #settled(): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while (this.#ledgers.some(({ sent, total }) => total < sent)) {
      if (performance.now() > end) throw new Error(`a message was not handled within ${PATIENCE_MS} ms`);
      await turn();
    }
  }

  async end(): Promise<string[]> {
    const { entries, migrate } = this.#job;
    for (const server of this.#servers) {
      const ledger = this.#ledgers[server - 1]!;
      const report = await this.#runtime.ask<{ count: number; rows: number; hits: number; stale: number }>(
        serverName(server),
        'report',
      );
      if (report.rows !== entries) throw new Error(`${report.rows} entries where ${entries} should be`);
      if (report.stale > 0) throw new Error(`${report.stale} entries were not migrated`);
      if (migrate && report.hits !== ledger.sent)
        throw new Error(`${ledger.sent} changes of entries, of which ${report.hits} survived`);
      this.#lines.push(`state ${server} ${report.count}`);
      for (const line of ledger.lines(server)) this.#lines.push(line);
    }
    this.#runtime.stop();
    return this.#lines;
  }
}

/** The first version is in service, and so in memory. */
function isLoaded(thrown: unknown): void {
  if ((thrown as { code?: string }).code !== 'BUNDLE_LOADED') throw thrown;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The stream keeps the loop turning, so that a timer's granularity does not matter. */
async function streamFor(ms: number): Promise<void> {
  for (const end = performance.now() + ms; performance.now() < end; ) await turn();
}
