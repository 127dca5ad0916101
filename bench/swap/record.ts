/**
 * What a measuring program writes down, one fact a line, times in ns of its monotonic clock:
 *
 *     fact NAME VALUE                              such as the version of what runs it
 *     unavailable REASON                           it cannot be measured here
 *     sent SERVER N · total SERVER N · state SERVER N     sent to, handled by, and counted in the state of a server
 *     handled SERVER SEQ STATE-VERSION CODE-VERSION TIME
 *     swap BEGAN DISABLED ENDED                    a new version is put in place; DISABLED 0: not known
 *     blackout SWAP SERVER NS                      as the program itself reports it
 *     stall SWAP LONGEST SUM                       the same: how long its event loop stood still, at once and in all
 *     observe FROM UNTIL                           gaps between messages count here
 *     batch NS
 *
 * All sides are judged and reckoned here, by the same lines.
 */
import { BenchError } from '../errors.ts';
import { isStreamed, type Job, type SwapJob, versionsOf } from './job.ts';

interface Handled {
  times: number[];
  versions: number[];
}

interface Swap {
  began: number;
  disabled: number;
  ended: number;
  blackouts: Map<number, number>;
  stall: { longest: number; sum: number } | undefined;
}

export class Record {
  readonly facts = new Map<string, string>();
  unavailable: string | undefined;
  readonly #counts = new Map<string, number>();
  readonly #handled: Handled[] = [];
  readonly #swaps: Swap[] = [];
  readonly #observed: { from: number; until: number }[] = [];
  readonly #batches: number[] = [];
  readonly #who: string;
  readonly #job: Job;

  /** @throws BenchError when the record is not what the job has ordered, or a message was lost, doubled or reordered. */
  constructor(who: string, job: Job, text: string) {
    this.#who = who;
    this.#job = job;
    for (const line of text.split('\n')) if (line !== '') this.#read(line);
    if (this.unavailable === undefined) this.#check();
  }

  #read(line: string): void {
    const [what = '', ...rest] = line.split(' ');
    const numbers = rest.map(Number);
    const [a = 0, b = 0, c = 0, d = 0, e = 0] = numbers;
    if (what === 'fact') this.facts.set(rest[0]!, rest.slice(1).join(' '));
    else if (what === 'unavailable') this.unavailable = rest.join(' ');
    else if (numbers.some((n) => !Number.isFinite(n))) this.#wrong(`its record has the line "${line}"`);
    else if (what === 'sent' || what === 'total' || what === 'state') this.#counts.set(`${what} ${a}`, b);
    else if (what === 'swap')
      this.#swaps.push({ began: a, disabled: b, ended: c, blackouts: new Map(), stall: undefined });
    else if (what === 'blackout') this.#swaps[a - 1]!.blackouts.set(b, c);
    else if (what === 'stall') this.#swaps[a - 1]!.stall = { longest: b, sum: c };
    else if (what === 'observe') this.#observed.push({ from: a, until: b });
    else if (what === 'batch') this.#batches.push(a);
    else if (what === 'handled') this.#readHandled(a, b, c, d, e);
    else this.#wrong(`its record has the line "${line}"`);
  }

  #readHandled(server: number, seq: number, version: number, code: number, time: number): void {
    const handled = (this.#handled[server] ??= { times: [], versions: [] });
    if (seq !== handled.times.length + 1)
      this.#wrong(`server ${server} has message ${seq} after ${handled.times.length}`);
    if (time <= 0) this.#wrong(`server ${server} never handled message ${seq}`);
    if (time < (handled.times.at(-1) ?? 0)) this.#wrong(`server ${server} handled message ${seq} too early`);
    // A server that runs new code with its old state is what Erlang does between loading and changing code.
    const between = this.#job.kind === 'swap' && isStreamed(this.#job) && code === version + 1;
    if (version !== code && !between)
      this.#wrong(`server ${server} handled message ${seq} with state ${version} and code ${code}`);
    handled.times.push(time);
    handled.versions.push(version);
  }

  #wrong(what: string): never {
    throw new BenchError('MEASURED_NOTHING', `${this.#who}: ${what}; no figure can be trusted`);
  }

  #check(): void {
    const job = this.#job;
    if (job.kind === 'swap') this.#checkSwaps(job);
    else if (this.#batches.length !== job.batches)
      this.#wrong(`${this.#batches.length} batches instead of ${job.batches}`);
    if (this.messages === 0) this.#wrong('no message was sent');
  }

  #checkSwaps(job: SwapJob): void {
    const swaps = job.swaps === 0 ? 0 : job.swaps + job.warmup;
    if (this.#swaps.length !== swaps) this.#wrong(`${this.#swaps.length} swaps instead of ${swaps}`);
    const versions = versionsOf(job);
    const observations = isStreamed(job) ? job.observations : 0;
    if (this.#observed.length !== observations)
      this.#wrong(`${this.#observed.length} observations instead of ${observations}`);
    for (let server = 1; server <= job.servers; server++) {
      const { times = [], versions: served = [] } = this.#handled[server] ?? {};
      const sent = this.#counts.get(`sent ${server}`);
      for (const what of ['total', 'state'] as const) {
        const counted = this.#counts.get(`${what} ${server}`);
        if (counted !== sent)
          this.#wrong(`server ${server} was sent ${sent} messages, but "${what}" counts ${counted}`);
      }
      if (times.length !== sent)
        this.#wrong(`server ${server} was sent ${sent}, and handled ${times.length}`);
      const seen = [...new Set(served)];
      if (
        seen.length !== versions + 1 ||
        seen.some((version, i) => version !== i) ||
        served.at(-1) !== versions
      )
        this.#wrong(
          `server ${server} served with ${seen.length} versions instead of ${versions + 1}, one after another`,
        );
    }
    if (!isStreamed(job)) this.#checkBlackouts();
  }

  /**
   * A blackout that a program reports must lie between what its handlers saw: longer than from a moment inside of
   * it to the first message of the new version, shorter than from the last message of the old one. A processor
   * taken away between two readings of the clock may spoil some.
   */
  #checkBlackouts(): void {
    let reported = 0;
    let outside = 0;
    this.#swaps.forEach((swap, i) => {
      for (const [server, blackout] of swap.blackouts) {
        const { first, last } = this.#around(server, i + 1);
        reported++;
        if (blackout < first - swap.disabled || blackout > (first - last) * 1.1 + 5_000) outside++;
      }
    });
    if (outside > reported * 0.05 + 1)
      this.#wrong(`${outside} of ${reported} reported blackouts do not agree with what the handlers saw`);
  }

  /**
   * Of a swap: when the first message of its new version was handled, and the last one before. After an abort, the
   * first and the last around the moment at which the old version was disabled.
   */
  #around(server: number, swap: number): { first: number; last: number } {
    const { times, versions } = this.#handled[server]!;
    const place = (this.#job as SwapJob).abort
      ? lowerBound(times, this.#swaps[swap - 1]!.disabled)
      : lowerBound(versions, swap);
    const [first, last] = [times[place], times[place - 1]];
    if (first === undefined) this.#wrong(`server ${server} handled nothing after swap ${swap}`);
    return { first, last: last ?? Number.NEGATIVE_INFINITY };
  }

  /** Messages that were sent and handled, each exactly once. */
  get messages(): number {
    if (this.#job.kind !== 'swap') return this.#job.batches * this.#job.size;
    let sum = 0;
    for (let server = 1; server <= this.#job.servers; server++)
      sum += this.#counts.get(`sent ${server}`) ?? 0;
    return sum;
  }

  /**
   * Of each swap, µs from the disable to the first message handled by the new version; of several servers, the
   * longest. The warm-up swaps come first, as in the record.
   */
  #windows(): number[] {
    const { servers } = this.#job as SwapJob;
    return this.#swaps.map((swap, i) => {
      let longest = 0;
      for (let server = 1; server <= servers; server++) {
        const window = swap.blackouts.get(server) ?? this.#around(server, i + 1).first - swap.disabled;
        longest = Math.max(longest, window);
      }
      return longest / 1000;
    });
  }

  /** Windows of the swaps that count, in µs. */
  get windows(): number[] {
    return this.#windows().slice((this.#job as SwapJob).warmup);
  }

  /** Stalls of the swaps that count, in µs; none where the program does not tell them. */
  get stalls(): { longest: number; sum: number }[] {
    return this.#swaps
      .slice((this.#job as SwapJob).warmup)
      .flatMap(({ stall }) =>
        stall === undefined ? [] : { longest: stall.longest / 1000, sum: stall.sum / 1000 },
      );
  }

  /** The window of the first swap of the program's life, in µs. */
  get firstWindow(): number {
    return this.#windows()[0]!;
  }

  /** The largest gap between two messages of one server in each observation, in µs. */
  get gaps(): number[] {
    return this.#observed.map(({ from, until }) => {
      let largest = 0;
      for (const { times } of this.#handled.filter((handled) => handled !== undefined)) {
        const begin = lowerBound(times, from);
        for (let i = Math.max(1, begin); i < times.length && times[i - 1]! < until; i++)
          largest = Math.max(largest, times[i]! - times[i - 1]!);
      }
      return largest / 1000;
    });
  }

  /**
   * When messages were handled around the observed swap whose largest gap is the middle one of all, in ms since the
   * command, from `before` ms before it until the next one; of several servers, the first.
   */
  timeline(before: number): { handled: number[]; ended: number } | undefined {
    const gaps = this.gaps;
    const middle = [...gaps.keys()].sort((a, b) => gaps[a]! - gaps[b]!)[gaps.length >> 1];
    if (middle === undefined) return undefined;
    const { from, until } = this.#observed[middle]!;
    const swap = this.#swaps.find(({ began }) => began >= from && began < until);
    const times = this.#handled[1]?.times;
    if (swap === undefined || times === undefined) return undefined;
    const since = (time: number) => Math.round((time - swap.began) / 1e3) / 1e3;
    const first = lowerBound(times, swap.began - before * 1e6);
    return {
      // One more than was observed: the gap that it ends counts too.
      handled: times.slice(first, lowerBound(times, until) + 1).map(since),
      ended: since(swap.ended),
    };
  }

  /** µs for each request or message, a mean per batch. */
  get each(): number[] {
    const { size } = this.#job as { size: number };
    return this.#batches.map((ns) => ns / size / 1000);
  }
}

function lowerBound(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
