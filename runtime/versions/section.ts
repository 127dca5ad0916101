/**
 * A version's section of the configuration, for the program that reads configurations. `check` and `settings` are the
 * version's code: they are given copies, run under the guard, and what they return is looked at.
 */
import { HitlessError, reasonOf, shortened, thrownOf } from '../errors.ts';
import { constructorMs, runHookSoon } from '../module/hook-time.ts';
import type { BrokenRelation, JsonSchema, ValidConfig } from '../module/manifest-config.ts';
import type { Guard } from '../services/guard.ts';
import { copyOf } from '../state/copy.ts';
import { notPlain } from '../state/plain.ts';
import { isLeftThenable } from '../thenable.ts';
import type { Bundle } from './bundle.ts';

/** Relations of one section that are told. */
const MOST_BROKEN = 1_000;
/** Steps from the top of a configuration down to a value. */
const DEEPEST = 64;

/** The section that one version takes. */
export class Section {
  /** As commands name it: `ospf@3.0.0`. */
  readonly bundle: string;
  /** Whose version it is. */
  readonly module: string;
  /** Its key at the top of the configuration. */
  readonly name: string;
  /** A copy of the manifest's, which nobody can change. */
  readonly schema: JsonSchema;
  readonly #bundle: Bundle;
  readonly #config: ValidConfig;
  readonly #guard: Guard;

  /** For the repository. */
  constructor(bundle: Bundle, config: ValidConfig, guard: Guard) {
    this.bundle = bundle.ref;
    this.module = bundle.manifest.name;
    this.name = config.section;
    this.schema = config.schema;
    this.#bundle = bundle;
    this.#config = config;
    this.#guard = guard;
  }

  /**
   * Returns the relations between keys that do not hold.
   * @param section its data; what is wrong by itself is missing
   * @param whole all sections
   * @throws HitlessError `HOOK_THREW`, `HOOK_CUT`, `HOOK_ASYNC`, or `SECTION_INVALID` when it returns no such list
   */
  check(section: unknown, whole: unknown): Promise<BrokenRelation[]> {
    const { check } = this.#config;
    if (check === undefined) return Promise.resolve([]);
    return this.run('config.check', () => {
      const found: unknown = this.#sync('check', check(copyOf(section), copyOf(whole)));
      if (!Array.isArray(found)) throw this.#invalid('check', 'a list of relations that do not hold');
      return found.slice(0, MOST_BROKEN).map((each) => this.#relation(each));
    });
  }

  /**
   * Returns what the version's `initial` and `configure` are given.
   * @param section its data, which is right
   * @param whole all sections
   * @throws HitlessError as `check`
   */
  settings(section: unknown, whole: unknown): Promise<unknown> {
    const { settings } = this.#config;
    if (settings === undefined) return Promise.resolve(copyOf(section));
    return this.run('config.settings', () => {
      const made = this.#sync('settings', settings(copyOf(section), copyOf(whole)));
      const wrong = notPlain(made, 'it');
      if (wrong !== undefined) throw this.#invalid('settings', `plain data, but ${wrong}`);
      return copyOf(made);
    });
  }

  /**
   * Runs what the version decides on, such as a pattern of its schema, under the guard as one of its hooks.
   * @param hook its name, for errors
   * @throws HitlessError `HOOK_CUT`, or `HOOK_THREW` for what `body` throws that is no HitlessError
   */
  async run<T>(hook: string, body: () => T): Promise<T> {
    const guard = this.#guard;
    const limit = constructorMs(guard);
    let result: { value: T } | undefined;
    let thrown: unknown;
    const cut = await runHookSoon(guard, limit, () => {
      try {
        const value = guard.call(this.module, hook, () =>
          this.#bundle.goesOn ? guard.late.run(this.#bundle, body) : body(),
        );
        result = { value };
      } catch (error) {
        thrown = error;
      }
    });
    const about = { module: this.module };
    if (cut !== undefined)
      throw new HitlessError('HOOK_CUT', `${this.bundle}: ${hook} did not return within ${limit} ms`, about);
    if (result !== undefined) return result.value;
    if (thrown instanceof HitlessError) throw thrown;
    const cause = thrownOf(thrown);
    throw new HitlessError('HOOK_THREW', `${this.bundle}: ${hook} threw: ${reasonOf(cause)}`, {
      ...about,
      cause,
    });
  }

  #relation(value: unknown): BrokenRelation {
    const { path, text, found } = (typeof value === 'object' && value !== null ? value : {}) as Record<
      keyof BrokenRelation,
      unknown
    >;
    const isPath =
      Array.isArray(path) &&
      path.length <= DEEPEST &&
      path.every((step) => typeof step === 'string' || Number.isSafeInteger(step));
    if (!isPath || typeof text !== 'string' || (found !== undefined && typeof found !== 'string'))
      throw this.#invalid('check', 'relations as { path, text }, with a list of keys and a text');
    return {
      path: path.map((step) => (typeof step === 'string' ? shortened(step) : step)),
      text: shortened(text),
      ...(found !== undefined && { found: shortened(found) }),
    };
  }

  #sync<T>(what: string, answer: T): T {
    if (!isLeftThenable(answer)) return answer;
    throw new HitlessError(
      'HOOK_ASYNC',
      `${this.bundle}: config.${what} answered a promise; it must be synchronous`,
      { module: this.module },
    );
  }

  #invalid(what: string, must: string): HitlessError {
    return new HitlessError('SECTION_INVALID', `${this.bundle}: config.${what} must return ${must}`, {
      module: this.module,
    });
  }
}
