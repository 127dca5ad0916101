/**
 * One conversation: carries out lines, and shows the answers on one screen; of the log, errors and transactions that it
 * runs itself, or all of it with the monitors after `monitor on`. A person may be slow or gone, so a screen that is behind gets no log lines; they are counted, and the count is shown later.
 */
import type { LogRecord } from '../../runtime/index.ts';
import { Figures } from '../host/figures.ts';
import { printable } from '../host/printable.ts';
import type { Caller, CommandResult, SessionSettings } from './answer.ts';
import { Editing } from './editing.ts';
import { execute, textSteps } from './execute.ts';
import type { Parsed } from './grammar.ts';
import type { By, ConsoleHost } from './host.ts';
import { inSlices } from './slices.ts';

/** Lines of the log that a screen is shown in a second; more would bury what is typed there. */
const MOST_LINES = 100;
const SECOND_MS = 1000;

/** Bytes that may wait for a slow reader before log lines are dropped and no further command is taken. */
export const MOST_WAITING = 64 * 1024;

/** Where somebody types who did not ask for the log; the router's own terminal and a script are where it is read. */
const QUIET: readonly By[] = ['socket', 'serial'];

export interface Screen {
  /** More waits to be taken by the reader than is good. */
  readonly behind: boolean;
  show(lines: readonly string[]): void;
  /** Shows an answer page by page; resolves when it is seen. Absent where nobody turns pages. */
  page?(lines: readonly string[], length: number): Promise<void>;
}

export class Session {
  /** The configuration that is edited here. */
  readonly editing: Editing;
  readonly #host: ConsoleHost;
  readonly #caller: Caller & { session: SessionSettings };
  readonly #screen: Screen;
  readonly #figures: Figures;
  readonly #unsubscribe: (() => void)[] = [];
  readonly #failed: (thrown: unknown) => void;
  /** Not shown, because the reader was too slow. */
  #missed = 0;
  /** Lines of the log in this second: those that were shown, and those that were too many. */
  #shown = 0;
  #excess = 0;
  #second: NodeJS.Timeout | undefined;
  /** Commands that are being carried out, and those of them that are transactions. */
  #running = 0;
  #transacting = 0;

  /** @param failed told when the screen threw; the session is closed by then, and nobody else notices */
  constructor(host: ConsoleHost, caller: Caller, screen: Screen, failed: (thrown: unknown) => void) {
    this.#host = host;
    this.editing = new Editing(host.configuration);
    const session = { monitor: !QUIET.includes(caller.by), length: 0 };
    this.#caller = { ...caller, session, editing: this.editing };
    this.#screen = screen;
    this.#figures = new Figures(host.logLevel);
    this.#failed = failed;
    const listen = (record: LogRecord) => {
      if (this.#answers(record) || !this.#concerns(record)) return;
      this.#news(() => this.#figures.lines(record), record.transaction !== undefined);
    };
    // A session that stands for the router's own output shows the log from its beginning.
    const whole = caller.quits === 'router' && { from: 0 };
    this.#unsubscribe.push(host.runtime.onLog(listen, { ...whole }));
    const monitors = host.onMonitorLine?.((line) => {
      if (this.#caller.session.monitor) this.#news(() => [line]);
    });
    if (monitors) this.#unsubscribe.push(monitors);
  }

  /** Carries a line out and shows what came of it. */
  async run(parsed: Parsed, signal?: AbortSignal): Promise<CommandResult> {
    const say = (line: string) => {
      if (!this.#screen.behind) this.#screen.show([printable(line)]);
    };
    const isBehind = () => this.#screen.behind;
    const caller = { ...this.#caller, say, isBehind, ...(signal && { signal }) };
    const transacts = Number('command' in parsed && parsed.command.prepared === true);
    this.#running++;
    this.#transacting += transacts;
    const result = await execute(parsed, this.#host, caller);
    this.#running--;
    this.#transacting -= transacts;
    const lines = await inSlices(textSteps(result));
    const { length } = this.#caller.session;
    if (this.#screen.page === undefined || length === 0 || result.json) this.#screen.show(lines);
    else await this.#screen.page(lines, length);
    return result;
  }

  /** The log's line on how a transaction ended says what the answer to this session's command is about to say. */
  #answers({ data }: LogRecord): boolean {
    const by = typeof data === 'object' && data !== null && 'by' in data ? data.by : undefined;
    return this.#running > 0 && by === this.#caller.by;
  }

  /** Whether this session shows it: all of it with `monitor on`. */
  #concerns({ level, transaction, module }: LogRecord): boolean {
    if (this.#caller.session.monitor || level === 'error') return true;
    const isOwn = this.#transacting > 0 && (transaction !== undefined || module === '');
    // A warning of a transaction tells that something was undone, also later.
    return level !== 'debug' && (isOwn || (level === 'warn' && transaction !== undefined));
  }

  /** To be called when the screen is no longer behind. */
  caughtUp(): void {
    if (this.#missed === 0 || this.#screen.behind) return;
    const missed = this.#missed;
    this.#missed = 0;
    this.#screen.show([
      `(${missed} log ${missed === 1 ? 'line' : 'lines'} not shown: this terminal was too slow)`,
    ]);
  }

  close(): void {
    clearTimeout(this.#second);
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
  }

  /**
   * Called by the router in the middle of its work: nothing may be thrown at it.
   * @param always shown however much else there is: the steps of a transaction, which are few
   */
  #news(get: () => readonly string[], always = false): void {
    try {
      const lines = get();
      if (lines.length === 0 || !(always || this.#admits(lines.length))) return;
      if (this.#screen.behind) {
        this.#missed += lines.length;
        return;
      }
      this.caughtUp();
      this.#screen.show(lines.map(printable));
    } catch (thrown) {
      this.close();
      this.#failed(thrown);
    }
  }

  #admits(lines: number): boolean {
    this.#second ??= setTimeout(() => this.#nextSecond(), SECOND_MS);
    if (this.#shown + lines > MOST_LINES) {
      this.#excess += lines;
      return false;
    }
    this.#shown += lines;
    return true;
  }

  #nextSecond(): void {
    const excess = this.#excess;
    this.#second = undefined;
    this.#shown = 0;
    this.#excess = 0;
    if (excess === 0) return;
    const count = `${excess} log ${excess === 1 ? 'line' : 'lines'} not shown`;
    this.#news(() => [`(${count}: there were more than ${MOST_LINES} in a second)`]);
  }
}
