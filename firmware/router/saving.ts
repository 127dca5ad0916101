/**
 * The router's configuration file, written when what it says is there to stay: at once, or when the probation of its
 * transaction is over. A router that is started again before begins with the file, and the versions, of before. Files are
 * written in the order in which that was asked for.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProbationReport, Runtime, TransactionReport } from '../../runtime/index.ts';
import { readConfigText } from '../config/file.ts';
import { saveConfig } from '../config/history.ts';
import { ConfigError } from '../config/problem.ts';
import { describeError, FirmwareError, systemCode } from '../errors.ts';
import type { Tell } from './interfaces.ts';
import type { LiveConfig } from './live-config.ts';

/** Between two looks at a probation, in ms. */
const LOOK_MS = 50;

const STAYS: readonly (ProbationReport['outcome'] | undefined)[] = ['passed', 'confirmed', 'superseded'];

export interface SavingOptions {
  runtime: Pick<Runtime, 'history' | 'probation'>;
  live: LiveConfig;
  /** Of the file. */
  path: string;
  tell: Tell;
}

/** A text that was pushed, and the router's file as it was then. */
interface Pushed {
  text: string;
  /** Undefined where it could not be read. */
  found: string | undefined;
  rereads: number;
}

export class Saving {
  readonly #options: SavingOptions;
  readonly #closing = new AbortController();
  /** The last that waits, when all before it are done. Never rejects. */
  #last: Promise<unknown> = Promise.resolve();
  /** The text that was written last. */
  #written: string | undefined;

  constructor(options: SavingOptions) {
    this.#options = options;
  }

  /**
   * Writes a text that was pushed. It may wait for a probation: then the log tells what comes of it.
   * @param text by which the modules run
   * @param report of the transaction that it came with; undefined where there was none
   * @throws FirmwareError `CONFIG_UNWRITABLE`, where it is written now
   */
  async push(text: string, report: TransactionReport | undefined): Promise<'now' | 'when it stays'> {
    const { live, runtime } = this.#options;
    const pushed: Pushed = { text, found: this.#found(), rereads: live.rereads };
    const watched = runtime.probation?.transaction;
    if (watched !== undefined && (report === undefined || report.id === watched)) {
      void this.#inOrder(() => this.#pushLater(pushed, watched));
      return 'when it stays';
    }
    try {
      await this.#inOrder(() => this.#replace(pushed));
    } catch (cause) {
      const unsaved = `the configuration runs now, and is not saved: ${describeError(cause).message}; "save" tries again`;
      throw new FirmwareError('CONFIG_UNWRITABLE', unsaved, { cause });
    }
    return 'now';
  }

  /**
   * Writes what runs, when nothing of it may go back any more.
   * @param how `force` writes over a file that somebody has edited since it was read
   * @throws FirmwareError `CONFIG_UNPROVEN`, `CONFIG_EDITED`, `CONFIG_UNWRITABLE`; ConfigError `CONFIG_UNREADABLE`
   */
  async save({ force }: { force: boolean }): Promise<void> {
    const { live, runtime } = this.#options;
    const { running } = live;
    const id = runtime.probation?.transaction;
    const probation = this.#probationOf(id);
    if (probation?.confirm === true && probation.outcome === 'running')
      throw new FirmwareError(
        'CONFIG_UNPROVEN',
        `transaction ${id} waits to be confirmed; "confirm" first, then save`,
      );
    return this.#inOrder(async () => {
      await this.#decided(id);
      await live.inTurn(async () => {
        if (live.running !== running)
          throw new FirmwareError(
            'CONFIG_UNPROVEN',
            'meanwhile something else runs, and nothing was saved; "show upgrades" tells why, and "save" again saves what runs now',
          );
        if (!force) this.#mustBeKnown(running);
        await this.#write(running);
      });
    });
  }

  /** The router has stopped: what is on probation is decided now, or never. Never rejects. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#last;
  }

  #inOrder<Result>(action: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(action);
    this.#last = done.catch(() => {});
    return done;
  }

  /** Never rejects. */
  async #pushLater(pushed: Pushed, transaction: number): Promise<void> {
    const { live, path, tell } = this.#options;
    const gone = 'the configuration that was pushed is not saved';
    await this.#decided(transaction);
    if (!this.#stays(transaction)) return tell('warn', `${gone}: transaction ${transaction} did not stay`);
    try {
      await this.#replace(pushed);
      const other = live.running === pushed.text ? '' : '; what runs by now is another';
      tell('info', `the configuration that was pushed is saved as ${path}${other}`);
    } catch (thrown) {
      const { code, message } = describeError(thrown);
      tell('error', `${gone}: ${code}: ${message}`);
    }
  }

  /** Waits until a transaction cannot go back by itself any more, or has gone back. */
  async #decided(transaction: number | undefined): Promise<void> {
    if (transaction === undefined) return;
    const { signal } = this.#closing;
    while (this.#options.runtime.probation?.transaction === transaction && !signal.aborted)
      await sleep(LOOK_MS, undefined, { signal, ref: false }).catch(() => {});
  }

  #stays(transaction: number): boolean {
    const { history } = this.#options.runtime;
    const isUndone = history.some(({ undoes, outcome }) => undoes === transaction && outcome === 'committed');
    return !isUndone && STAYS.includes(this.#probationOf(transaction)?.outcome);
  }

  #probationOf(transaction: number | undefined): ProbationReport | undefined {
    return this.#options.runtime.history.find(({ id }) => id === transaction)?.probation;
  }

  /** Puts a text that was pushed in the place of the file that was there. @throws FirmwareError `CONFIG_EDITED`, `CONFIG_UNWRITABLE` */
  #replace({ text, found, rereads }: Pushed): Promise<void> {
    const { live, path } = this.#options;
    return live.inTurn(async () => {
      const now = this.#found();
      if (live.rereads !== rereads || (now !== found && now !== this.#written))
        throw new FirmwareError(
          'CONFIG_EDITED',
          `${path} was edited or read again meanwhile; "save force" writes over it`,
        );
      await this.#write(text);
    });
  }

  async #write(text: string): Promise<void> {
    const { live, path } = this.#options;
    await saveConfig(path, text);
    this.#written = text;
    live.saved(text);
  }

  /** The file as it is; undefined where it cannot be read. */
  #found(): string | undefined {
    try {
      return readConfigText(this.#options.path);
    } catch {
      return undefined;
    }
  }

  /** @throws FirmwareError `CONFIG_EDITED`; ConfigError `CONFIG_UNREADABLE` */
  #mustBeKnown(text: string): void {
    const { live, path } = this.#options;
    let now: string;
    try {
      now = readConfigText(path);
    } catch (thrown) {
      if (thrown instanceof ConfigError && systemCode(thrown.cause) === 'ENOENT') return;
      throw thrown;
    }
    if (now === text || now === live.file) return;
    throw new FirmwareError(
      'CONFIG_EDITED',
      `${path} was edited since it was read; "load configuration ${path}" makes that the candidate, "save force" writes over it`,
    );
  }
}
