/**
 * Follows what happens in a module: a view's request is repeated, and its new rows are shown as they come. The module keeps rows
 * only for whoever asks, and only so many; a reader that is slow misses some, and is told how many.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { HitlessError, type ManifestView, type Rows } from '../../runtime/index.ts';
import { FirmwareError } from '../errors.ts';
import { jsonLine } from '../host/printable.ts';
import type { Answer, Caller } from './answer.ts';
import type { Call } from './command.ts';
import type { Filter } from './filters.ts';
import type { ConsoleRuntime } from './host.ts';
import { consoleTurn } from './turns.ts';

/** Between two requests, in ms. */
const EVERY_MS = 200;
/** How long a module may take to answer, in ms. */
const ANSWER_MS = 2_000;
/** A module that is full, or does not answer, is asked again for so long, in ms. */
const PATIENCE_MS = 10_000;
/** Rows that are shown in one turn of the consoles. */
const SOME = 32;

const RETRIED: readonly string[] = ['ASK_TIMEOUT', 'ASK_FULL'];

/**
 * @param longest ends by itself after so many ms
 * @throws FirmwareError `MODULE_DISABLED`, `VIEW_ABSENT`, and the reason of whoever broke it off; HitlessError as `rows`
 */
export async function follow(
  module: string,
  first: ManifestView,
  values: Readonly<Record<string, string>>,
  longest: number | undefined,
  call: Pick<Call, 'host' | 'caller' | 'filters' | 'json'>,
): Promise<Answer> {
  const { runtime } = call.host;
  const { signal } = call.caller;
  const follower = randomBytes(8).toString('hex');
  const end = performance.now() + (longest ?? Number.POSITIVE_INFINITY);
  let [view, version] = [first, mustServe(module, runtime)];
  const shown = new Shown(view.lines ?? '', call);
  let answeredAt = performance.now();
  for (;;) {
    const now = mustServe(module, runtime);
    if (now !== version) {
      version = now;
      view = sameView(module, version, first, runtime);
      shown.tellVersion(module, version);
    }
    try {
      const body = { ...values, follower, after: shown.after };
      await shown.take(await runtime.rows(module, view, body, { timeout: ANSWER_MS }));
      answeredAt = performance.now();
    } catch (thrown) {
      const isLate = performance.now() - answeredAt > PATIENCE_MS;
      if (isLate || !(thrown instanceof HitlessError) || !RETRIED.includes(thrown.code)) throw thrown;
    }
    const left = end - performance.now();
    if (left > 0) await sleep(Math.min(EVERY_MS, left), undefined, signal && { signal }).catch(() => {});
    if (signal?.reason instanceof FirmwareError) throw signal.reason;
    if (signal?.aborted || performance.now() >= end) return shown.answer();
  }
}

/**
 * A module that is disabled would hold the request until it is enabled, and the person would wait for a time-out that says nothing.
 * @returns the version that serves
 * @throws FirmwareError `MODULE_DISABLED`
 */
export function mustServe(module: string, runtime: ConsoleRuntime): string {
  const { service, reason, version } = runtime.modules().find(({ name }) => name === module) ?? {};
  if (service !== 'disabled') return version ?? '';
  throw new FirmwareError(
    'MODULE_DISABLED',
    `${module} is disabled ${reason}; "show state ${module}" shows what it has meanwhile`,
  );
}

/** @throws FirmwareError `VIEW_ABSENT` */
function sameView(
  module: string,
  version: string,
  { words }: ManifestView,
  runtime: ConsoleRuntime,
): ManifestView {
  const { views = {} } = runtime.views().find((each) => each.module === module) ?? {};
  const same = Object.values(views).find((each) => each.follows && each.words === words);
  if (same !== undefined) return same;
  throw new FirmwareError('VIEW_ABSENT', `${module} runs as ${version} now, which has no "debug ${words}"`);
}

type Row = Rows['rows'][number];

/** Shows the rows that come, and counts those that are not seen. */
class Shown {
  /** The number of the last row that came. */
  after = 0;
  readonly #key: string;
  readonly #caller: Caller;
  readonly #filters: readonly Filter[];
  readonly #json: boolean;
  #rows = 0;
  #lines = 0;
  /** Rows that the module had no room for, and those that the reader was too slow for; of the latter, not told yet. */
  #lost = 0;
  #missed = 0;
  #untold = 0;

  constructor(key: string, { caller, filters, json }: Pick<Call, 'caller' | 'filters' | 'json'>) {
    this.#key = key;
    this.#caller = caller;
    this.#filters = filters;
    this.#json = json;
  }

  async take({ rows }: Rows): Promise<void> {
    for (const [i, row] of rows.entries()) {
      if (i % SOME === 0) {
        await consoleTurn();
        if (this.#caller.signal?.aborted) return;
      }
      const number = Number(row.number);
      // One that went back was made by a module that counts otherwise: nothing is known of what was lost.
      const lost = number - this.after - 1;
      if (lost > 0) this.#tellLost(lost);
      this.after = number;
      this.#show(row);
    }
  }

  tellVersion(module: string, version: string): void {
    this.#say({ module, version }, [`(${module} runs as ${version} now)`]);
  }

  answer(): Answer {
    this.#tellMissed();
    const [shown, lost, missed] = [this.#rows, this.#lost, this.#missed];
    if (this.#filters.includes('count'))
      return {
        lines: [`${this.#lines} ${this.#lines === 1 ? 'line' : 'lines'}`],
        data: { count: this.#lines },
      };
    const more = [
      ...(lost > 0 ? [`${lost} lost`] : []),
      ...(missed > 0 ? [`${missed} not shown: this terminal was too slow`] : []),
    ];
    return { lines: [`(${[`${shown} shown`, ...more].join(', ')})`], data: { shown, lost, missed } };
  }

  #show(row: Row): void {
    const { [this.#key]: text, ...facts } = row;
    const lines = (Array.isArray(text) ? text : [text ?? '']).map(String);
    if (!this.#isWanted(lines)) return;
    if (this.#filters.includes('count')) {
      this.#lines += lines.length;
      return;
    }
    if (this.#caller.isBehind?.()) {
      this.#missed++;
      this.#untold++;
      return;
    }
    this.#tellMissed();
    this.#rows++;
    this.#say(facts, lines);
  }

  /** A row stays whole where one of its lines has the word. */
  #isWanted(lines: readonly string[]): boolean {
    const all = lines.join('\n').toLowerCase();
    return this.#filters.every(
      (filter) => typeof filter === 'string' || all.includes(filter.text) === filter.keep,
    );
  }

  #tellLost(lost: number): void {
    this.#lost += lost;
    this.#say({ lost }, [`(${lost} lost: more happened than are kept between two looks)`]);
  }

  #tellMissed(): void {
    const missed = this.#untold;
    if (missed === 0 || this.#caller.isBehind?.()) return;
    this.#untold = 0;
    this.#say({ missed }, [`(${missed} not shown: this terminal was too slow)`]);
  }

  #say(facts: object, lines: readonly string[]): void {
    if (this.#filters.includes('count')) return;
    const { say = () => {} } = this.#caller;
    if (this.#json) say(jsonLine(facts));
    else for (const line of lines) say(line);
  }
}
