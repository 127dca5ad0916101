/**
 * The router's configuration file, written when what it says is there to stay: at once, or when the probation of its
 * transaction is over. A router that is started again before begins with the file, and the versions, of before.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProbationReport } from '../../runtime/index.ts';
import { saveConfig } from '../config/history.ts';
import { describeError, FirmwareError } from '../errors.ts';
import type { Tell } from './interfaces.ts';
import type { Router } from './router.ts';

/** Between two looks at a probation, in ms. */
const LOOK_MS = 100;

const STAYS: readonly ProbationReport['outcome'][] = ['passed', 'confirmed', 'superseded'];

type Running = Pick<Router, 'live' | 'runtime'>;

export class Saving {
  readonly #router: Running;
  readonly #path: string;
  readonly #tell: Tell;
  readonly #closing = new AbortController();
  /** All that wait. */
  #ended: Promise<void> = Promise.resolve();

  /** @param path of the file */
  constructor(router: Running, path: string, tell: Tell) {
    this.#router = router;
    this.#path = path;
    this.#tell = tell;
  }

  /**
   * @param text by which the modules run
   * @throws FirmwareError `CONFIG_UNWRITABLE`, where it is written now
   */
  async save(text: string): Promise<'now' | 'when it stays'> {
    const { history, probation: watched } = this.#router.runtime;
    const probation = history.find(({ id }) => id === watched?.transaction)?.probation;
    if (probation?.outcome !== 'running') {
      try {
        await this.#write(text);
      } catch (cause) {
        const unsaved = `the configuration runs now, and is not saved: ${describeError(cause).message}; "save" tries again`;
        throw new FirmwareError('CONFIG_UNWRITABLE', unsaved, { cause });
      }
      return 'now';
    }
    this.#ended = Promise.all([this.#ended, this.#later(text, probation)]).then(() => {});
    return 'when it stays';
  }

  /** The router has stopped: what is on probation is decided now, or never. Never rejects. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#ended;
  }

  async #write(text: string): Promise<void> {
    await saveConfig(this.#path, text);
    this.#router.live.saved(text);
  }

  async #later(text: string, probation: ProbationReport): Promise<void> {
    const { signal } = this.#closing;
    while (probation.outcome === 'running' && !signal.aborted)
      await sleep(LOOK_MS, undefined, { signal, ref: false }).catch(() => {});
    // Another may run by now, and has been saved or will be.
    if (!STAYS.includes(probation.outcome) || this.#router.live.running !== text) return;
    try {
      await this.#write(text);
      this.#tell('info', `the configuration is saved as ${this.#path}`);
    } catch (thrown) {
      const { code, message } = describeError(thrown);
      this.#tell('error', `the configuration runs, and is not saved: ${code}: ${message}`);
    }
  }
}
