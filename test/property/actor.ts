/**
 * The code of the tested modules: it works off the program that came with its input, tells the ledger
 * and the model what it did, and misbehaves where the running transaction asks it to.
 */
import { now } from '../../runtime/clock.ts';
import type { Context, EndedTables, Expiry, Message } from '../../runtime/index.ts';
import { MAX_HANDLER_MS, SPIN_MS, type Version, versionOf } from './family.ts';
import { type Ledger, noOutputs, type Outputs } from './ledger.ts';
import type { Model, Modelled } from './model.ts';
import type { HabitHook, Op, Program } from './plan.ts';
import { carriedRow, chain, DOWN, exact, normal, SHAPES, UP } from './shape.ts';
import type { Undertaking } from './undertaking.ts';

/** An instance of a tested module, as its bundle makes it. */
export interface Self {
  readonly ctx: Context & { readonly mode: string };
  readonly state: never;
}

interface Made {
  readonly id: number;
  readonly name: string;
  readonly version: Version;
}

export interface Body {
  readonly token: number;
  readonly program: Program;
}

/** A piece of a handler between two points at which it can be cut. */
interface Segment {
  readonly module: Modelled;
  readonly outputs: Outputs;
}

const END: Program = [];
/** The time that one row may take, in ms. */
const SLOW_ROW_MS = 0.03;

export class Actor {
  readonly ledger: Ledger;
  readonly model: Model;
  /** The transaction that runs. */
  undertaking: Undertaking | undefined;
  /** One that undoes another by itself: it may be decided, and not told of yet, while a command comes. */
  wayBack: Undertaking | undefined;
  /** Does what the host planned for this moment. */
  meanwhile: (hook: 'isQuiescent' | 'state' | 'start') => void = () => {};
  /** A check runs: what starts is an understudy. */
  checking = false;
  readonly #mailboxes: (name: string, state: number) => number;
  readonly #made = new WeakMap<object, Made>();
  readonly #open = new Map<string, Segment>();
  /** Handlers whose end was never seen, of all modules. */
  cuts = 0;
  #lastInstance = 0;
  /** Instances that started, by number; those out of service are taken out when they are seen to be powerless. */
  readonly started = new Map<number, { name: string; self: Self }>();

  constructor(ledger: Ledger, model: Model, mailboxes: (name: string, state: number) => number) {
    this.ledger = ledger;
    this.model = model;
    this.#mailboxes = mailboxes;
  }

  // --- called by bundles

  mailboxOf(name: string, state: number): number {
    return this.#mailboxes(name, state);
  }

  constructed(self: object, name: string, version: string): void {
    this.#made.set(self, { id: ++this.#lastInstance, name, version: versionOf(version) });
    if (this.#habit(name, 'constructor') === 'throw') throw new Error('constructor on purpose');
  }

  /** Its outputs go nowhere: if they come out, nobody said them. */
  #speakInVain(self: Self, name: string, what: string): void {
    self.ctx.send(name, 'work', { token: this.ledger.say(name, name, what), program: END });
    self.ctx.publish('news', { token: this.ledger.announce(name) });
  }

  initial(self: Self): unknown {
    const { name, version } = this.#made.get(self)!;
    this.meanwhile('state');
    const state = SHAPES[version.state]!.initial();
    return this.#misstate(name, state, state);
  }

  carry(name: string, way: 'up' | 'down', step: number, state: never, ended: EndedTables): unknown {
    this.meanwhile('state');
    return this.#misstate(name, state, (way === 'up' ? UP : DOWN)[step]!(state, ended));
  }

  row(name: string, way: 'up' | 'down', step: number, row: never): unknown {
    this.meanwhile('state');
    // Slow enough that a table takes more than one slice.
    if (this.undertaking?.slow === true) for (const end = now() + SLOW_ROW_MS; now() < end; );
    if (this.#habit(name, 'state') === 'throw') throw new Error('row handler on purpose');
    return carriedRow(way, step, row);
  }

  #misstate(name: string, before: unknown, after: unknown): unknown {
    const habit = this.#habit(name, 'state');
    if (habit === 'write' && before !== after)
      Object.assign(before as object, { handled: -1, written: true });
    if (habit === 'function') return { ...(after as object), act: () => {} };
    this.#misbehave(habit, 'state');
    return after;
  }

  isQuiescent(self: Self): unknown {
    const { name, version, id } = this.#made.get(self)!;
    const module = this.model.get(name);
    // A version that is only tried out.
    if (module.instance !== id) return true;
    const { state } = self;
    module.frozen = {
      exact: exact(state),
      normal: normal(SHAPES[version.state]!.facts(state)),
      instance: id,
    };
    this.meanwhile('isQuiescent');
    const habit = this.#habit(name, 'isQuiescent');
    if (habit === 'talk') this.#speakInVain(self, name, 'output of isQuiescent');
    if (habit === 'never') return 'never agrees';
    if (habit === 'once' && this.undertaking?.firstTime(name)) return 'not yet';
    if (habit === 'number') return 1;
    if (habit === 'promise') return Promise.resolve(true);
    this.#misbehave(habit, 'isQuiescent');
    return true;
  }

  start(self: Self, why: string): unknown {
    // A version that is only tried out, to warm it up.
    if (self.ctx.mode === 'void') return undefined;
    const made = this.#made.get(self)!;
    const { name, version, id } = made;
    if (this.checking) {
      this.#speakInVain(self, name, 'output of a check');
      return;
    }
    if (why === 'rollback' && this.started.has(id)) {
      // Back after an abort: what it says goes out when it returns.
      const habit = this.#habit(name, 'rollback');
      if (habit === 'talk') {
        const outputs = noOutputs();
        this.#act(self, { module: this.model.get(name), outputs }, [{ op: 'publish' }]);
        this.ledger.letOut(outputs, this.model.listeners);
      }
      this.#misbehave(habit, `start('${why}')`);
      return;
    }
    this.started.set(id, { name, self });
    const launch = this.undertaking?.launch(name, id, this.ledger);
    if (launch === undefined) {
      this.ledger.blame(`${name} ${version.version} was started (${why}) without a transaction`);
      return;
    }
    this.meanwhile('start');
    if (why !== 'cold') {
      const found = normal(SHAPES[version.state]!.facts(self.state));
      const should = normal(this.undertaking!.factsFor(this.model.get(name)));
      if (found !== should)
        this.ledger.blame(`${name} ${version.version} starts with ${found}, not ${should}`);
    }
    const habit = this.#habit(name, 'start');
    if (habit === undefined || habit === 'talk and throw')
      this.#act(self, { module: this.model.get(name), outputs: launch.outputs }, launch.talk, version);
    // A migrated state is its own until the commit.
    const adopted = this.model.get(name).version?.state === version.state;
    if (habit === 'write' && why === 'upgrade' && adopted)
      Object.assign(self.state as object, { handled: -1, written: true });
    if (habit === 'promise') return Promise.resolve();
    this.#misbehave(habit === 'talk and throw' ? 'throw' : habit, 'start');
  }

  /** Its service ends: once, and only where it was decided. */
  stop(self: Self, why: string): void {
    // The world ends, and nothing is looked at any more.
    if (why === 'shutdown') return;
    const { name, version, id } = this.#made.get(self)!;
    const by = [this.undertaking, this.wayBack].find((undertaking) => undertaking?.ends(name, why));
    const what = `stop('${why}') of instance ${id} of ${name} ${version.version}`;
    if (by === undefined) this.ledger.blame(`${what}, though nothing ends it`);
    else by.commit(what, this.model, this.ledger);
    const module = this.model.get(name);
    if (module.stopped) this.ledger.blame(`${what} came twice`);
    module.stopped = true;
  }

  probe(self: Self): string {
    const { name, version, id } = this.#made.get(self)!;
    if (self.ctx.mode !== 'void') this.#serve(self);
    return `${name} ${version.version} ${id}`;
  }

  work(self: Self, message: Message<Body>): unknown {
    if (self.ctx.mode === 'void') return undefined;
    const { token, program } = message.body;
    const segment = this.#begin(self, message);
    try {
      this.#act(self, segment, program ?? END);
    } finally {
      // Not reached when it is cut.
      this.#end(segment);
    }
    return token;
  }

  *task(self: Self, message: Message<Body>): Generator<unknown, unknown, unknown> {
    if (self.ctx.mode === 'void') return undefined;
    const { token, program } = message.body;
    let segment = this.#begin(self, message);
    try {
      for (const op of program) {
        if (op.op === 'slice') {
          for (let i = 0; i < op.times; i++) {
            this.#end(segment);
            yield 'slice';
            segment = this.#enter(self);
          }
        } else if (op.op === 'ask') {
          const to = this.#name(op.to, self);
          const asked = this.ledger.ask(segment.module.name, to, op.type);
          this.#end(segment);
          const body: Body = { token: asked, program: op.then };
          try {
            const answer = yield* self.ctx.ask(to, op.type, body, { timeout: op.timeout });
            segment = this.#enter(self);
            this.ledger.answered(asked, answer);
          } catch (error) {
            segment = this.#enter(self);
            this.ledger.failed(asked, error);
          }
        } else {
          this.#act(self, segment, [op]);
        }
      }
    } finally {
      this.#end(segment);
    }
    return token;
  }

  undeliverable(self: Self, { id, body }: Message<{ to: string; body: Body }>): void {
    if (self.ctx.mode === 'void') return;
    const { to, body: returned } = body;
    if (!this.ledger.isReturned(returned.token)) {
      const by = [this.undertaking, this.wayBack].find((undertaking) => undertaking?.removes(to));
      by?.commit(`what waited for ${to} came back`, this.model, this.ledger);
    }
    const segment = this.#enter(self);
    this.ledger.handBack(returned.token, segment.module.name, id);
    this.#count(self, segment.module, 'host', returned.token);
    this.#end(segment);
  }

  expired(self: Self, { key, body }: Expiry<Body>): void {
    if (self.ctx.mode === 'void') return;
    const segment = this.#enter(self);
    const { module } = segment;
    const { token, program } = body;
    if (module.timers.get(key)?.token !== token) {
      const armed = module.timers.get(key)?.token;
      this.ledger.blame(
        `${module.name}: timer ${key} #${token} fired, ${armed === undefined ? 'which is not armed' : `not #${armed}`}`,
      );
    }
    module.timers.delete(key);
    this.#count(self, module, 'timer', token);
    try {
      this.#act(self, segment, program);
    } finally {
      this.#end(segment);
    }
  }

  // --- pieces of handlers

  #begin(self: Self, message: Message<Body>): Segment {
    const segment = this.#enter(self, message.body.token);
    const { name } = segment.module;
    if (message.kind === 'event') this.ledger.hear(message.body.token, name, message.id);
    else this.ledger.handle(message.body.token, name, message.id);
    this.#count(self, segment.module, message.from, message.body.token);
    return segment;
  }

  #count(self: Self, module: Modelled, from: string, token: number): void {
    const { version } = this.#made.get(self)!;
    try {
      SHAPES[version.state]!.got(self.state, from, token);
    } catch (thrown) {
      this.ledger.blame(`${module.name} ${version.version} cannot write its state: ${String(thrown)}`);
    }
    const { facts } = module;
    facts.handled++;
    facts.digest = chain(facts.digest, token);
    facts.got.set(from, (facts.got.get(from) ?? 0) + 1);
  }

  #enter(self: Self, token?: number): Segment {
    const module = this.#serve(self);
    // Something that a start put out is here: it was let out.
    if (token !== undefined && this.ledger.isSaid(token))
      this.#evidence(`its output #${token} came to ${module.name}`);
    const segment: Segment = { module, outputs: noOutputs() };
    this.#open.set(module.name, segment);
    return segment;
  }

  #end(segment: Segment): void {
    if (this.#open.get(segment.module.name) !== segment) return;
    this.#open.delete(segment.module.name);
    this.ledger.letOut(segment.outputs, this.model.listeners);
  }

  /** Whoever began a piece and never ended it was cut: what it put out is dropped. */
  seeCuts(name: string): void {
    const segment = this.#open.get(name);
    if (segment === undefined) return;
    this.#open.delete(name);
    this.ledger.drop(segment.outputs);
    segment.module.cut++;
    this.cuts++;
  }

  /** An instance handles something: may it, and is its state as it was left? */
  #serve(self: Self): Modelled {
    const { name, version, id } = this.#made.get(self)!;
    const module = this.model.get(name);
    this.seeCuts(name);
    if (module.instance !== id || module.disabled || module.version === undefined) {
      const what = `instance ${id} of ${name} ${version.version} handled something`;
      if (this.wayBack?.launched(name, id) === true) this.wayBack.commit(what, this.model, this.ledger);
      else if (this.undertaking?.touches(name) === true) this.#evidence(what);
      if (module.instance !== id)
        this.ledger.blame(
          `instance ${id} of ${name} ${version.version} serves, though ${module.instance} of ${module.version?.version} should`,
        );
      if (module.disabled)
        this.ledger.blame(`${name} ${version.version} handles something, though it is disabled`);
    }
    this.checkFrozen(module, self);
    return module;
  }

  /** From a module's last agreement to be frozen to the next that it handles, nothing may have written its state. */
  checkFrozen(module: Modelled, self: Self): void {
    const { frozen } = module;
    if (frozen === undefined) return;
    module.frozen = undefined;
    const { version, id } = this.#made.get(self)!;
    const same = frozen.instance === id;
    const found = same ? exact(self.state) : normal(SHAPES[version.state]!.facts(self.state));
    const should = same ? frozen.exact : frozen.normal;
    if (found !== should)
      this.ledger.blame(`${module.name} ${version.version} goes on with the state ${found}, not ${should}`);
  }

  /** The state of an instance, as facts. */
  factsOf(self: Self) {
    return SHAPES[this.#made.get(self)!.version.state]!.facts(self.state);
  }

  /** The transaction that runs is decided, and what it does is seen. */
  #evidence(what: string): void {
    if (this.undertaking === undefined) return;
    this.undertaking.commit(what, this.model, this.ledger);
  }

  // --- what programs do

  /** Of those that it declares to send to. */
  #name(place: number, self: Self): string {
    const { reach } = this.#made.get(self)!.version;
    return this.model.modules[place % Math.min(reach, this.model.modules.length)]!.name;
  }

  #act(self: Self, segment: Segment, program: Program, version = segment.module.version!): void {
    for (const op of program) this.#do(self, segment, op, version);
  }

  #do(self: Self, { module, outputs }: Segment, op: Op, version: Version): void {
    const { ctx } = self;
    const { name } = module;
    if (op.op === 'fill') {
      if (this.#open.get(name)?.outputs !== outputs) return;
      for (let i = 0; i < op.count; i++) {
        SHAPES[version.state]!.put(self.state, `f${i}`, op.value + i);
        module.facts.table.set(`f${i}`, op.value + i);
      }
    } else if (op.op === 'put' || op.op === 'drop') {
      const key = `k${op.key}`;
      // In `start` the state may only be read.
      if (this.#open.get(name)?.outputs !== outputs) return;
      const shape = SHAPES[version.state]!;
      if (op.op === 'put') {
        shape.put(self.state, key, op.value);
        module.facts.table.set(key, op.value);
      } else {
        shape.drop(self.state, key);
        module.facts.table.delete(key);
      }
    } else if (op.op === 'send') {
      const to = this.#name(op.to, self);
      const token = this.ledger.say(name, to, op.type);
      const result = ctx.send(to, op.type, { token, program: op.then });
      this.judge(token, to, result);
      if (result === 'queued') outputs.tokens.push(token);
    } else if (op.op === 'publish') {
      const token = this.ledger.announce(name);
      const taken = ctx.publish('news', { token });
      outputs.news.push({ token, taken: ctx.mode === 'live' ? taken : undefined });
    } else if (op.op === 'timer' && version.timers) {
      const key = `t${op.key}`;
      const token = this.ledger.token();
      ctx.setTimer('once', key, op.after, { body: { token, program: op.then } });
      outputs.timers.push(() => void module.timers.set(key, { token, program: op.then }));
    } else if (op.op === 'cancel' && version.timers) {
      const key = `t${op.key}`;
      ctx.cancelTimer('once', key);
      outputs.timers.push(() => void module.timers.delete(key));
    } else if (op.op === 'throw' && this.#open.get(name)?.outputs === outputs) {
      throw new Error('on purpose');
    } else if (op.op === 'spin' && this.#open.get(name)?.outputs === outputs) {
      for (const end = now() + SPIN_MS; now() < end; );
    }
  }

  /** The result of `send`: `unknown` if and only if there is no such module. */
  judge(token: number, to: string, result: string): void {
    if (result !== 'queued') this.ledger.refused(token, result);
    // While a transaction runs it may be decided without a sign yet.
    if (this.undertaking !== undefined) return;
    const present = this.model.get(to).version !== undefined;
    if ((result === 'unknown') === present)
      this.ledger.blame(
        `a message to ${to} was answered ${result}, though it ${present ? 'is' : 'is not'} there`,
      );
  }

  #habit(name: string, hook: HabitHook): string | undefined {
    return this.undertaking?.habit(name, hook);
  }

  #misbehave(habit: string | undefined, hook: string): void {
    if (habit === 'throw') throw new Error(`${hook} throws on purpose`);
    if (habit === 'spin') for (;;);
    if (habit === 'late') {
      const until = (this.undertaking?.until ?? now()) + MAX_HANDLER_MS / 20;
      while (now() < until);
    }
  }
}
