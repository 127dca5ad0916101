/**
 * The log: every record goes to those who listen, and the last ones are kept for whoever listens later. A program that has
 * something to say before there is a runtime makes its log first, and hands it to `new Runtime({ log })`.
 */
import { checkType } from '../argument.ts';
import { now } from '../clock.ts';
import type { LogLine, LogRecord, LogSink } from '../inspection.ts';

/** Records that are kept. */
const MOST_KEPT = 1_000;
/** Characters of a text that are kept: a module may log anything. */
const MOST_TEXT = 4_096;

/** A log with its listeners and its last records. */
export class Log {
  /** A ring. */
  readonly #kept: LogRecord[] = [];
  #count = 0;
  /** Records that listeners were told of. */
  #told = 0;
  #held = false;
  readonly #sinks = new Set<LogSink>();
  readonly #prompt = new Set<LogSink>();

  /** Records written so far. */
  get count(): number {
    return this.#count;
  }

  /**
   * Writes a record.
   * @param at wall clock in ms; now unless given
   * @param later calls those who listen when that hinders nobody; at once unless given
   */
  write(
    { level, text, module = '', version = '', transaction, data }: LogLine,
    at = Date.now(),
    later: (task: () => void) => void = (task) => task(),
  ): void {
    const record: LogRecord = {
      at,
      level,
      module,
      version,
      text,
      ...(transaction !== undefined && { transaction }),
      ...(data !== undefined && { data }),
    };
    // A record that nobody was told of yet must not go for a newer one.
    if (this.#count - this.#told >= MOST_KEPT) this.#tellNext();
    this.#kept[this.#count++ % MOST_KEPT] = record;
    for (const sink of this.#prompt) tell(sink, record);
    if (this.#held) return;
    if (this.#sinks.size === 0) this.#tellAll();
    else later(() => this.#tellAll());
  }

  /** Adds a listener that hears each record while it is written; it must neither throw nor leave anything to do later. */
  listenPromptly(sink: LogSink): void {
    this.#prompt.add(sink);
  }

  /** Listeners are told of nothing until `release`: they may take longer than those have time who write. */
  hold(): void {
    this.#held = true;
  }

  /**
   * Tells listeners what was written since `hold`, in its order, until the moment `end`. Returns false when some is left.
   */
  release(end = Number.POSITIVE_INFINITY): boolean {
    while (this.#told < this.#count) {
      if (now() >= end) return false;
      this.#tellNext();
    }
    this.#held = false;
    return true;
  }

  #tellAll(): void {
    while (!this.#held && this.#told < this.#count) this.#tellNext();
  }

  #tellNext(): void {
    const place = this.#told++ % MOST_KEPT;
    const record = this.#kept[place]!;
    const { text } = record;
    if (text.length > MOST_TEXT) this.#kept[place] = { ...record, text: `${text.slice(0, MOST_TEXT)}…` };
    for (const sink of this.#sinks) tell(sink, record);
  }

  /**
   * Adds a listener; call what it returns to remove it.
   * @param from how many records it does not want to hear: 0 for all that are kept, `count` (unless given) for those to come.
   * Of those that are not kept any more it hears how many there were.
   */
  listen(sink: LogSink, from = this.#count): () => void {
    checkType('onLog', 'sink', sink ?? null, 'function');
    this.release();
    const oldest = Math.max(0, this.#count - MOST_KEPT);
    const end = this.#count;
    if (from < oldest) tell(sink, leftOut(oldest - from, this.#kept[oldest % MOST_KEPT]!.at));
    for (let i = Math.max(from, oldest); i < end; i++) tell(sink, this.#kept[i % MOST_KEPT]!);
    // Each subscription is one of its own, also of the same function.
    const own: LogSink = (record) => sink(record);
    this.#sinks.add(own);
    return () => this.#sinks.delete(own);
  }
}

function tell(sink: LogSink, record: LogRecord): void {
  try {
    sink(record);
  } catch {
    // A listener that fails is its owner's to notice: the module that logged must not fail for it.
  }
}

function leftOut(count: number, at: number): LogRecord {
  return { at, level: 'warn', module: '', version: '', text: `${count} earlier lines are not kept any more` };
}
