/**
 * Each message: its sender, its receiver, its fate. Every message, request, event and timer carries a token; the
 * ledger knows of each whether it must still be handled, was handled, or may never be.
 */

/** `said`: its code has not returned. `asked`: a request, which may be handled until it failed. */
/** `returned`: it waited for a module that was removed. */
type Fate = 'said' | 'due' | 'asked' | 'handled' | 'refused' | 'dropped' | 'returned' | 'handed back';

interface Entry {
  readonly from: string;
  readonly to: string;
  readonly what: string;
  fate: Fate;
  /** A request that was handled or not, and how it ended. */
  ended: boolean;
  /** A request to a module that was removed: it fails, unless its time was over before. */
  gone: boolean;
  /** Its sender must be handed it back. */
  must: boolean;
}

interface News {
  readonly from: string;
  /** How many took it, where the publisher was told. */
  taken: number | undefined;
  /** Those that must have it. */
  must: readonly string[];
  readonly got: Set<string>;
  /** Those that may miss it: their new version does not subscribe, or it was removed. */
  readonly excused: Set<string>;
  fate: 'said' | 'out' | 'dropped';
}

/** Outputs of code that may still be dropped. */
export interface Outputs {
  readonly tokens: number[];
  /** How many took it is not known where it is held. */
  readonly news: { token: number; taken: number | undefined }[];
  readonly timers: (() => void)[];
}

export const noOutputs = (): Outputs => ({ tokens: [], news: [], timers: [] });

const ASK_CODES = ['ASK_TIMEOUT', 'ASK_FULL', 'ASK_UNKNOWN', 'ASK_FAILED', 'ASK_UNDELIVERABLE'];

export class Ledger {
  readonly wrong: string[] = [];
  #last = 0;
  readonly #entries = new Map<number, Entry>();
  readonly #news = new Map<number, News>();
  /** Highest message id that a receiver handled of a sender. */
  readonly #lastIds = new Map<string, number>();
  /** How many messages were refused because a mailbox was full. */
  full = 0;
  returned = 0;
  handled = 0;
  asked = 0;

  blame(text: string): void {
    this.wrong.push(text);
  }

  token(): number {
    return ++this.#last;
  }

  // --- messages

  say(from: string, to: string, what: string): number {
    const token = this.token();
    this.#entries.set(token, { from, to, what, fate: 'said', ended: false, gone: false, must: false });
    return token;
  }

  /** The receiver's mailbox has it: it must be handled. */
  queued(token: number): void {
    const entry = this.#entries.get(token)!;
    if (entry.fate === 'said') entry.fate = 'due';
  }

  refused(token: number, answer: string): void {
    this.#entries.get(token)!.fate = 'refused';
    if (answer === 'full') this.full++;
  }

  /** A module handles a message. Gives false when it may not be. */
  handle(token: number, by: string, id: number): void {
    const entry = this.#entries.get(token);
    this.handled++;
    if (entry === undefined) {
      this.blame(`${by} handled a message that nobody sent`);
      return;
    }
    const name = `${entry.what} #${token} from ${entry.from} to ${entry.to}`;
    if (entry.to !== by) this.blame(`${by} handled ${name}`);
    if (entry.fate === 'handled') this.blame(`${name} was handled twice`);
    else if (entry.fate !== 'due' && entry.fate !== 'asked')
      this.blame(`${name} was handled, though it was ${entry.fate}`);
    entry.fate = 'handled';
    this.#inOrder(entry.from, by, id, name);
  }

  isSaid(token: number): boolean {
    return this.#entries.get(token)?.fate === 'said' || this.#news.get(token)?.fate === 'said';
  }

  #inOrder(from: string, by: string, id: number, name: string): void {
    const pair = `${from} ${by}`;
    const last = this.#lastIds.get(pair) ?? 0;
    if (id <= last) this.blame(`${name} (message ${id}) was handled after message ${last} of ${from}`);
    else this.#lastIds.set(pair, id);
  }

  // --- what comes back

  /**
   * A module is removed: what waits for it goes back.
   * @param must who must be handed it back, and not only told of it
   * @returns how many messages of each sender
   */
  giveBack(module: string, must: (sender: string) => boolean): Map<string, number> {
    const counts = new Map<string, number>();
    for (const entry of this.#entries.values()) {
      if (entry.from === module) entry.must = false;
      if (entry.to === module && entry.fate === 'asked') entry.gone = true;
      if (entry.to !== module || entry.fate !== 'due') continue;
      entry.fate = 'returned';
      entry.must = must(entry.from);
      this.returned++;
      counts.set(entry.from, (counts.get(entry.from) ?? 0) + 1);
    }
    return counts;
  }

  isReturned(token: number): boolean {
    return this.#entries.get(token)?.fate === 'returned';
  }

  handBack(token: number, to: string, id: number): void {
    this.handled++;
    const entry = this.#entries.get(token);
    const name = `${entry?.what} #${token} from ${entry?.from} to ${entry?.to}`;
    if (entry?.fate !== 'returned')
      this.blame(`${name} was handed back to ${to}, though it was ${entry?.fate}`);
    if (entry?.from !== to) this.blame(`${name} was handed back to ${to}`);
    if (entry !== undefined) entry.fate = 'handed back';
    this.#inOrder('host', to, id, `${name}, handed back,`);
  }

  // --- requests

  ask(from: string, to: string, what: string): number {
    const token = this.say(from, to, what);
    this.#entries.get(token)!.fate = 'asked';
    this.asked++;
    return token;
  }

  answered(token: number, answer: unknown): void {
    const entry = this.#end(token);
    if (answer !== token)
      this.blame(`request #${token} of ${entry.from} to ${entry.to} got the answer ${String(answer)}`);
    if (entry.fate !== 'handled') this.blame(`request #${token} was answered, but never handled`);
  }

  failed(token: number, error: unknown): void {
    const entry = this.#end(token);
    const code = String((error as { code?: unknown }).code ?? error);
    if (!ASK_CODES.includes(code)) this.blame(`request #${token} of ${entry.from} failed with ${code}`);
    if (code === 'ASK_TIMEOUT') return;
    if (code === 'ASK_FAILED') {
      if (entry.fate !== 'handled') this.blame(`request #${token} failed in a handler that never ran`);
      return;
    }
    if (entry.fate === 'handled') this.blame(`request #${token} was handled, and failed with ${code}`);
    entry.fate = 'refused';
    if (code === 'ASK_FULL') this.full++;
  }

  #end(token: number): Entry {
    const entry = this.#entries.get(token)!;
    if (entry.ended) this.blame(`request #${token} of ${entry.from} ended twice`);
    entry.ended = true;
    return entry;
  }

  // --- events

  announce(from: string): number {
    const token = this.token();
    this.#news.set(token, {
      from,
      taken: undefined,
      must: [],
      got: new Set(),
      excused: new Set(),
      fate: 'said',
    });
    return token;
  }

  published(token: number, taken: number | undefined, must: readonly string[]): void {
    const news = this.#news.get(token)!;
    news.fate = 'out';
    news.taken = taken;
    news.must = must;
  }

  hear(token: number, by: string, id: number): void {
    this.handled++;
    const news = this.#news.get(token);
    if (news === undefined) {
      this.blame(`${by} heard an event that nobody published`);
      return;
    }
    const name = `event #${token} of ${news.from}`;
    if (news.fate !== 'out') this.blame(`${by} heard ${name}, though it was ${news.fate}`);
    if (news.got.has(by)) this.blame(`${by} heard ${name} twice`);
    news.got.add(by);
    this.#inOrder(news.from, by, id, name);
  }

  /** Events that were published so far need not reach this module. */
  excuse(module: string): void {
    for (const news of this.#news.values()) news.excused.add(module);
  }

  // --- outputs that were held

  letOut(outputs: Outputs, subscribers: readonly string[]): void {
    for (const token of outputs.tokens.splice(0)) this.queued(token);
    for (const { token, taken } of outputs.news.splice(0))
      this.published(token, taken, taken === undefined ? subscribers : []);
    for (const apply of outputs.timers.splice(0)) apply();
  }

  drop(outputs: Outputs): void {
    for (const token of outputs.tokens.splice(0)) this.#entries.get(token)!.fate = 'dropped';
    for (const { token } of outputs.news.splice(0)) this.#news.get(token)!.fate = 'dropped';
    outputs.timers.length = 0;
  }

  // --- at the end

  /** Everything is handled now that had to be. */
  settle(): void {
    for (const [token, { from, to, what, fate, ended, gone, must }] of this.#entries) {
      if (fate === 'returned' && must)
        this.blame(`${what} #${token} from ${from} to ${to} was not handed back`);
      if (fate === 'due' || (fate === 'asked' && !(gone && ended)))
        this.blame(`${what} #${token} from ${from} to ${to} was lost (${fate})`);
    }
    for (const [token, { from, taken, must, got, excused, fate }] of this.#news) {
      if (fate !== 'out') continue;
      const missed = must.filter((name) => !got.has(name) && !excused.has(name));
      if (missed.length > 0) this.blame(`event #${token} of ${from} never reached ${missed.join(', ')}`);
      if (taken === undefined) continue;
      const most = new Set([...got, ...excused]).size;
      if (got.size > taken || most < taken)
        this.blame(
          `event #${token} of ${from} was taken by ${taken}, and heard by ${[...got].join(', ') || 'nobody'}`,
        );
    }
  }

  /** Requests that have neither answer nor error. */
  get unanswered(): number {
    let count = 0;
    for (const { fate, ended } of this.#entries.values()) if (!ended && fate === 'asked') count++;
    return count;
  }
}
