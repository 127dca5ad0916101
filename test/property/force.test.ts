/**
 * `force` as a property: whatever the modules are in the middle of and however they refuse to be quiescent, a transaction by
 * force commits. Each message is begun at most once, and either handled, told as cut, or not there any more because its module
 * was removed; each request has an answer or an error; messages of one sender are begun in their order.
 *
 * FORCE_SEED=… replays a run, with FORCE_PATH=… its one failing case.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import t from 'tap';
import { HitlessError, type NamedChange, Runtime, type TransactionReport } from '../../runtime/index.ts';
import { nativeWatch } from '../../runtime/native/watch.ts';
import { sourceOf } from '../runtime/workshop.ts';

const SEED = Number(process.env.FORCE_SEED ?? Date.now() % 1e9);
const CASES = 80;
const DEADLINE_MS = 50;
/** On a machine that stands still the time may pass though no member is to blame: so often it is tried again. */
const MOST_TRIES = 20;
const NAMES = ['ONE', 'TWO', 'THREE'] as const;

/** How a version refuses to be quiescent. */
const REFUSALS = {
  'does not': 'return true;',
  'says no': "return 'never';",
  throws: "throw new Error('no');",
  spins: 'for (;;);',
} as const;
const VERSIONS = Object.keys(REFUSALS).map((_, i) => `${i + 1}.0.0`);

/** Work that a message asks for. */
const WORKS = ['nothing', 'slices', 'for ever', 'spin', 'ask', 'ask for ever'] as const;
type Work = (typeof WORKS)[number];
/** Without the native watch nothing cuts a handler that spins outside of a transaction. */
const BOUNDED = WORKS.filter((work) => work !== 'spin' || nativeWatch() !== undefined);
if (nativeWatch() === undefined)
  process.stderr.write('test/property/force: SKIPPED: without the native watch no handler spins\n');

interface Body {
  readonly token: number;
  readonly work: Work;
}

/** All that the modules' handlers tell. */
class Ledger {
  readonly begun = new Map<number, number>();
  readonly ended = new Set<number>();
  /** Tokens in the order in which each module began them. */
  readonly order = new Map<string, number[]>();

  begin(module: string, { token }: Body): void {
    this.begun.set(token, (this.begun.get(token) ?? 0) + 1);
    this.order.set(module, [...(this.order.get(module) ?? []), token]);
  }

  end({ token }: Body): void {
    this.ended.add(token);
  }
}

const METHODS = `
  *onWork({ body }) {
    const ledger = globalThis.hitlessForce;
    ledger.begin(this.ctx.name, body);
    if (body.work === 'slices') for (let i = 0; i < 5; i++) yield 'slice';
    if (body.work === 'for ever') for (;;) yield 'slice';
    if (body.work === 'spin') for (;;);
    const asked = { ask: ['QUICK', 'quick'], 'ask for ever': ['DEAF', 'never'] }[body.work];
    // The one that it asks may be taken away.
    if (asked !== undefined)
      try { yield* this.ctx.ask(...asked, undefined, { timeout: 3_600_000 }); } catch {}
    ledger.end(body);
    return body.token;
  }`;

function writeBundles(directory: string): void {
  const write = (name: string, version: string, manifest: string, methods: string) =>
    writeFileSync(
      join(directory, `${name.toLowerCase()}-${version}.cjs`),
      sourceOf({ name, version, manifest, methods }),
    );
  const sends = 'sends: { DEAF: { never: 1 }, QUICK: { quick: 1 } }';
  for (const name of NAMES)
    Object.values(REFUSALS).forEach((refusal, i) => {
      const quiescent = `isQuiescent() { ${refusal} }`;
      write(
        name,
        VERSIONS[i]!,
        `accepts: { work: [1] }, ${sends}, maxHandlerMs: 15`,
        `${METHODS} ${quiescent}`,
      );
    });
  write('DEAF', '1.0.0', 'accepts: { never: [1] }', "*onNever() { for (;;) yield 'slice'; }");
  write('QUICK', '1.0.0', 'accepts: { quick: [1] }', "onQuick() { return 'here'; }");
}

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      step: fc.constant('message' as const),
      to: fc.nat(2),
      work: fc.constantFrom(...BOUNDED),
      asks: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ step: fc.constant('turns' as const), count: fc.integer({ min: 1, max: 5 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      step: fc.constant('force' as const),
      picks: fc.uniqueArray(
        fc.record({
          module: fc.nat(2),
          change: fc.constantFrom('replace' as const, 'disable' as const, 'remove' as const),
          version: fc.nat(VERSIONS.length - 2),
        }),
        { minLength: 1, maxLength: 3, selector: ({ module }) => module },
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ step: fc.constant('rollback' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

interface Asked {
  readonly token: number;
  readonly settled: Promise<unknown>;
}

class Case {
  readonly #runtime: Runtime;
  readonly #ledger = new Ledger();
  readonly #asked: Asked[] = [];
  readonly #queued: { token: number; module: string }[] = [];
  readonly #reports: TransactionReport[] = [];
  #tokens = 0;
  /** Handlers that were cut for their time, as the log tells. */
  #cuts = 0;

  constructor(directory: string) {
    this.#runtime = new Runtime({ directories: [directory], probation: false, warmUp: false });
    this.#runtime.onLog(({ text }) => {
      if (text.startsWith('onWork did not return and was cut')) this.#cuts++;
    });
    Object.assign(globalThis, { hitlessForce: this.#ledger });
  }

  async run(steps: readonly Step[]): Promise<void> {
    try {
      const first = ['deaf@1.0.0', 'quick@1.0.0', ...NAMES.map((name) => `${name}@1.0.0`)];
      const adding = first.map((bundle) => ({ change: 'add' as const, bundle }));
      await this.#runtime.upgrade(adding, { undoable: false });
      for (const one of steps) await this.#step(one);
      await this.#end();
    } finally {
      this.#runtime.stop();
    }
  }

  async #step(one: Step): Promise<void> {
    if (one.step === 'turns') for (let i = 0; i < one.count; i++) await turn();
    else if (one.step === 'message') this.#message(NAMES[one.to]!, one.work, one.asks);
    else if (one.step === 'force') await this.#force(this.#changesOf(one.picks));
    else await this.#rollBack();
  }

  #message(module: string, work: Work, asks: boolean): void {
    const body = { token: ++this.#tokens, work };
    if (!asks) {
      if (this.#runtime.send(module, 'work', body) === 'queued')
        this.#queued.push({ token: body.token, module });
      return;
    }
    const settled = this.#runtime.ask(module, 'work', body, { timeout: 3_600_000 }).then(
      (answer) => must(answer === body.token, `request ${body.token} was answered ${answer}`),
      (error: unknown) => must(error instanceof HitlessError, `request ${body.token} failed with ${error}`),
    );
    this.#asked.push({ token: body.token, settled });
  }

  #changesOf(picks: Extract<Step, { step: 'force' }>['picks']): NamedChange[] {
    return picks.map(({ module: place, change, version }): NamedChange => {
      const module = NAMES[place]!;
      const view = this.#runtime.modules().find(({ name }) => name === module);
      const others = VERSIONS.filter((other) => other !== view?.version);
      const bundle = `${module.toLowerCase()}@${others[version]}`;
      if (view === undefined) return { change: 'add', module, bundle };
      if (view.service === 'disabled' && change !== 'remove') return { change: 'enable', module };
      if (change === 'replace') return { change, module, bundle };
      return { change, module, force: true };
    });
  }

  async #force(changes: readonly NamedChange[]): Promise<void> {
    const options = { deadline: DEADLINE_MS, force: true };
    await this.#untilCommitted(() =>
      this.#runtime.run(changes, { command: 'force', by: 'property' }, options),
    );
  }

  async #rollBack(): Promise<void> {
    try {
      await this.#untilCommitted(() => this.#runtime.rollback({ deadline: DEADLINE_MS, force: true }));
    } catch (error) {
      if (!(error instanceof HitlessError && error.code === 'NOTHING_TO_ROLL_BACK')) throw error;
    }
  }

  async #untilCommitted(run: () => Promise<TransactionReport>): Promise<void> {
    for (let i = 0; i < MOST_TRIES; i++) {
      const report = await ended(run());
      this.#reports.push(report);
      if (report.outcome === 'committed') return;
      must(
        /the group was not ready$|between two hooks$/.test(report.reason),
        `${report.outcome}: ${report.reason}`,
      );
    }
    throw new Error(`not committed in ${MOST_TRIES} tries`);
  }

  /** All who refuse are taken away: nothing may be left then. */
  async #end(): Promise<void> {
    const present = this.#runtime.modules().map(({ name }) => name);
    const changes = present.map((module): NamedChange => ({ change: 'remove', module, force: true }));
    if (changes.length > 0) await this.#force(changes);
    await ended(Promise.all(this.#asked.map(({ settled }) => settled)));
    const { begun, ended: done, order } = this.#ledger;
    for (const [token, times] of begun) must(times === 1, `message ${token} was begun ${times} times`);
    const cut = [...begun.keys()].filter((token) => !done.has(token)).length;
    const told = this.#told();
    must(cut === told, `${cut} were begun and not ended, ${told} were told as cut`);
    for (const [module, tokens] of order) {
      const sorted = tokens.toSorted((a, b) => a - b);
      must(String(tokens) === String(sorted), `${module} began them as ${tokens}`);
    }
    const given = this.#reports.flatMap(({ members }) => members.map(({ undelivered }) => undelivered));
    const back = given.reduce((sum, count) => sum + count, 0);
    const lost = this.#queued.filter(({ token }) => !begun.has(token)).length;
    must(lost <= back, `${lost} messages were not begun, ${back} went back to their senders`);
  }

  /** Handlings that the runtime has told as cut: by force, or for their time. */
  #told(): number {
    const forced = this.#reports.flatMap((report) => report.forced ?? []);
    const cut = forced.flatMap(({ interrupted }) => interrupted).filter((what) => what.startsWith('onWork '));
    return this.#cuts + cut.length;
  }
}

function must(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

/** It ends at all: how soon is for the tests that measure. */
async function ended<T>(doing: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const never = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it never ended')), 60_000);
  });
  try {
    return await Promise.race([doing, never]);
  } finally {
    clearTimeout(timer);
  }
}

t.test(`a transaction by force commits, and nothing is lost unsaid (FORCE_SEED=${SEED})`, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'hitless-force-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  writeBundles(directory);
  const property = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), (steps) =>
    new Case(directory).run(steps),
  );
  const path = process.env.FORCE_PATH;
  const details = await fc.check(property, {
    numRuns: CASES,
    seed: SEED,
    endOnFailure: process.env.FORCE_SHRINK === undefined,
    ...(path !== undefined && { path }),
  });
  t.equal(details.failed ? `${details.errorInstance}\n${fc.defaultReportMessage(details)}` : '', '');
  t.equal(details.numRuns, CASES);
});
