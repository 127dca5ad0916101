/**
 * Modules that send, ask, publish, slice, and live by timers and packets, while they are replaced alone and in
 * groups, disabled and enabled, with faults. Everything is counted on both sides and must agree at the end.
 * SEED=… replays the same decisions, STRESS_MS=… runs longer; the interleaving is the machine's.
 */
import t from 'tap';
import type { FaultHook, FaultKind, NamedChange, Port } from '../../runtime/index.ts';
import { randomFrom } from '../random.ts';
import { sleep, turns, Workshop } from './workshop.ts';

const SEED = Number(process.env.SEED ?? Date.now() % 1e9);
const STRESS_MS = Number(process.env.STRESS_MS ?? 5_000);
/** It goes on until there were so many, where a busy machine has no time for them. */
const LEAST_TRANSACTIONS = STRESS_MS / 500;
const NAMES = ['A', 'B', 'C', 'D'] as const;
/** D's mailbox is small: its senders are refused now and then. */
const SMALL = 'D';
const VERSIONS = ['1.0.0', '1.1.0', '2.0.0'] as const;

interface Ledger {
  wrong: string[];
  halted: boolean;
  random(): number;
  /** Instances made so far, and per module the latest that handled anything. */
  made: number;
  latest: Record<string, number>;
  /** Instances that handled something. */
  worked: Map<number, number>;
  /** Instances that started, by `module reason`, in order. */
  started: { name: string; why: string; instance: number; ctx: { send(to: string, type: string): string } }[];
  /** Messages whose handler takes too long, if it is cut at all. */
  poison: number;
  /** Whether the one that was handled last came to its end, and what it sent there. */
  lastPoison: { done: boolean; spilled: number };
  /** Those that were cut when they had come to their end, and only the return was left: they are in both counts. */
  cutAtItsEnd: { poison: number; spilled: number };
}

interface Counts {
  sent: [string, number][];
  got: [string, number][];
  notes: [string, number][];
  news: [string, number][];
  published: number;
  asked: number;
  answered: number;
  failed: number;
  questions: number;
  once: string[];
  packets: number;
  poisoned: number;
  /** Sent by poison that was not cut, and received. */
  spilled: number;
  spills: number;
  full: number;
}

const others = (name: string) => NAMES.filter((other) => other !== name);

/** State version 1 keeps plain objects, version 2 maps: a handler that meets the wrong one throws. */
const source = (name: string, version: string) => {
  const maps = version.startsWith('2');
  const tables = "['sent', 'got', 'notes', 'news']";
  const chain = `up: { 1: (s) => { const n = structuredClone(s); for (const k of ${tables}) n[k] = new Map(Object.entries(s[k])); return n; } },
    down: { 1: (s) => { const n = structuredClone(s); for (const k of ${tables}) n[k] = Object.fromEntries(s[k]); return n; } }`;
  const table = maps ? 'new Map()' : '{}';
  return {
    name,
    version,
    manifest: `
      mailbox: ${name === SMALL ? 6 : 4096}, maxHandlerMs: 25,
      accepts: { data: [1], note: [1], question: [1], long: [1], poison: [1], spill: [1], get: [1] },
      sends: { ${NAMES.map((to) => `${to}: { data: 1, note: 1, question: 1, long: 1, poison: 1, spill: 1 }`).join(', ')} },
      publishes: { news: 1 }, subscribes: ${name === SMALL ? '{}' : '{ news: [1] }'},
      timers: ['beat', 'once'], ports: ['wire'],
      state: { version: ${maps ? `2, ${chain}` : '1'} }`,
    head: `
      const ledger = globalThis.stress;
      const PERIOD = 3;
      const peers = ${JSON.stringify(others(name))};
      const pick = (list) => list[Math.floor(ledger.random() * list.length)];
      const value = (table, key) => { if (table instanceof Map !== ${maps}) throw new Error('the state of another version'); return ${maps ? 'table.get(key)' : 'table[key]'} ?? 0; };
      const write = (table, key, to) => { ${maps ? 'table.set(key, to)' : 'table[key] = to'}; };
      const bump = (table, key) => write(table, key, value(table, key) + 1);`,
    methods: `
      initial() {
        return { sent: ${table}, got: ${table}, notes: ${table}, news: ${table}, published: 0, asked: 0, answered: 0, failed: 0,
          questions: 0, once: [], made: 0, packets: 0, poisoned: 0, spilled: 0, spills: 0, full: 0, due: 0 };
      }
      start(why) {
        // Numbered by starts: an old version that starts again after an abort is the latest.
        this.instance = ++ledger.made;
        ledger.started.push({ name: '${name}', why, instance: this.instance, ctx: this.ctx });
        if (why === 'cold') this.ctx.setTimer('beat', '', PERIOD, { every: PERIOD });
        if (why === 'upgrade') for (const peer of peers) this.ctx.send(peer, 'note');
      }
      serving() {
        if (ledger.latest['${name}'] > this.instance) ledger.wrong.push('${name}: instance ' + this.instance + ' serves after ' + ledger.latest['${name}']);
        ledger.latest['${name}'] = this.instance;
        ledger.worked.set(this.instance, (ledger.worked.get(this.instance) ?? 0) + 1);
      }
      pass(to) {
        const n = value(this.state.sent, to) + 1;
        const result = this.ctx.send(to, 'data', n);
        if (result === 'queued') write(this.state.sent, to, n);
        else if (result === 'full') this.state.full++;
        else ledger.wrong.push('${name} to ' + to + ': ' + result);
      }
      onData(m) {
        this.serving();
        const n = value(this.state.got, m.from) + 1;
        if (m.body !== n) ledger.wrong.push('${name} got ' + m.body + ' of ' + m.from + ', not ' + n);
        write(this.state.got, m.from, m.body);
        const chance = ledger.random();
        if (ledger.halted) return;
        if (chance < 0.3) this.pass(pick(peers));
        else if (chance < 0.4) {
          const key = String(++this.state.made);
          this.ctx.setTimer('once', key, ledger.random() * 8);
          this.state.once.push(key);
        } else if (chance < 0.45 && this.state.once.length > 0) {
          const key = pick(this.state.once);
          this.ctx.cancelTimer('once', key);
          this.state.once.splice(this.state.once.indexOf(key), 1);
        } else if (chance < 0.5 && this.state.once.length > 0) {
          this.ctx.setTimer('once', pick(this.state.once), ledger.random() * 8);
        }
      }
      onNote(m) { this.serving(); bump(this.state.notes, m.from); }
      onNews(m) {
        this.serving();
        const n = value(this.state.news, m.from) + 1;
        if (m.body !== n) ledger.wrong.push('${name} heard news ' + m.body + ' of ' + m.from + ', not ' + n);
        write(this.state.news, m.from, m.body);
      }
      onOnce({ key }) {
        this.serving();
        const place = this.state.once.indexOf(key);
        if (place < 0) ledger.wrong.push('${name}: timer once ' + key + ' fired twice, or after it was cancelled');
        else this.state.once.splice(place, 1);
      }
      *onBeat({ due, overruns }) {
        this.serving();
        if (this.state.due !== 0 && Math.abs(due - this.state.due) > 1e-3) ledger.wrong.push('${name}: beat due at ' + due + ', not ' + this.state.due);
        this.state.due = due + PERIOD * (1 + overruns);
        if (ledger.halted) return;
        const before = this.instance;
        for (let i = Math.floor(ledger.random() * 4); i > 0; i--) this.pass(pick(peers));
        if (ledger.random() < 0.3) this.ctx.publish('news', ++this.state.published);
        if (ledger.random() < 0.1) this.ctx.send(pick(peers), 'long', 3);
        if (ledger.random() < 0.4) {
          const question = '${name}' + ++this.state.asked;
          try {
            const answer = yield* this.ctx.ask(pick(peers), 'question', question, { timeout: 60 });
            if (answer !== 'answer to ' + question) ledger.wrong.push(question + ' got ' + answer);
            this.state.answered++;
          } catch (error) {
            if (!['ASK_TIMEOUT', 'ASK_FULL', 'ASK_FAILED'].includes(error.code)) ledger.wrong.push(question + ': ' + error);
            this.state.failed++;
          }
          if (before !== this.instance) ledger.wrong.push('${name}: went on in another instance');
          this.pass(pick(peers));
        }
      }
      *onQuestion(m) {
        this.serving();
        this.state.questions++;
        const chance = ledger.random();
        // Caused by the question: a message back to who asks, and sometimes a question of its own.
        if (chance < 0.3) this.pass(m.from);
        if (chance < 0.03 && !ledger.halted && this.ctx.send(m.from, 'poison') === 'queued') ledger.poison++;
        if (chance < 0.15 && !ledger.halted && m.body.length < 12) {
          const inner = '${name}>' + m.body;
          this.state.asked++;
          try {
            const answer = yield* this.ctx.ask(pick(peers), 'question', inner, { timeout: 40 });
            if (answer !== 'answer to ' + inner) ledger.wrong.push(inner + ' got ' + answer);
            this.state.answered++;
          } catch { this.state.failed++; }
        }
        return 'answer to ' + m.body;
      }
      *onLong(m) {
        this.serving();
        for (let i = 0; i < m.body; i++) {
          this.pass(pick(peers));
          if (ledger.random() < 0.03 && this.ctx.send(pick(peers), 'poison') === 'queued') ledger.poison++;
          yield 'slice';
        }
      }
      onPoison() {
        this.serving();
        const last = ledger.lastPoison = { done: false, spilled: 0 };
        const spilled = this.ctx.send('${SMALL}', 'spill') === 'queued';
        for (const end = this.ctx.now() + 130; this.ctx.now() < end; );
        this.state.poisoned++;
        if (spilled) this.state.spilled++;
        if (spilled) last.spilled = 1;
        last.done = true;
      }
      onSpill() { this.serving(); this.state.spills++; }
      onWire(p) {
        this.serving();
        if (p.datum <= this.state.packets) ledger.wrong.push('${name}: packet ' + p.datum + ' after ' + this.state.packets);
        this.state.packets = p.datum;
        this.pass(pick(peers));
      }
      onGet() {
        const flat = { ...this.state };
        for (const key of ${tables}) flat[key] = ${maps ? '[...this.state[key]]' : 'Object.entries(this.state[key])'};
        return flat;
      }`,
  };
};

t.test(`everything is handled once and in order, whatever is swapped meanwhile (SEED=${SEED})`, async (t) => {
  const rnd = randomFrom(SEED);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(rnd() * list.length)]!;
  const ledger: Ledger = {
    wrong: [],
    halted: false,
    random: randomFrom(SEED + 1),
    made: 0,
    latest: {},
    worked: new Map(),
    started: [],
    poison: 0,
    lastPoison: { done: false, spilled: 0 },
    cutAtItsEnd: { poison: 0, spilled: 0 },
  };
  Object.assign(globalThis, { stress: ledger });
  t.teardown(() => Reflect.deleteProperty(globalThis, 'stress'));
  const shop = new Workshop(t, { development: false, warmUp: false });
  const { runtime } = shop;
  runtime.onLog(({ text }) => {
    if (!text.includes('onPoison did not return') || !ledger.lastPoison.done) return;
    ledger.cutAtItsEnd.poison++;
    ledger.cutAtItsEnd.spilled += ledger.lastPoison.spilled;
  });
  for (const name of NAMES) for (const version of VERSIONS) shop.bundle(source(name, version));
  for (const name of NAMES) ledger.latest[name] = 0;
  await runtime.run(
    NAMES.map((name) => ({ change: 'add' as const, module: name, bundle: `${name.toLowerCase()}@1.0.0` })),
    { command: 'add', by: 'test' },
  );
  const receive = new Map<string, (datum: unknown) => void>();
  for (const name of NAMES) {
    const wire: Port = { open: (to) => void receive.set(name, to), send: () => 'sent', close: () => {} };
    runtime.attach(name, 'wire', 'w0', wire);
  }

  const hostSent: Record<string, number> = {};
  const packets: Record<string, number> = {};
  const hostActs = () => {
    const name = pick(NAMES);
    for (let i = Math.floor(rnd() * 6); i > 0; i--) {
      const n = (hostSent[name] ?? 0) + 1;
      if (runtime.send(name, 'data', n) === 'queued') hostSent[name] = n;
    }
    for (let i = Math.floor(rnd() * 3); i > 0; i--) {
      packets[name] = (packets[name] ?? 0) + 1;
      receive.get(name)!(packets[name]);
    }
    if (rnd() < 0.004 && runtime.send(name, 'poison') === 'queued') ledger.poison++;
  };
  const act = setInterval(hostActs, 1);
  t.teardown(() => clearInterval(act));

  const commits: Record<string, number> = {};
  const outcomes: Record<string, number> = {};
  const faults: [FaultKind, FaultHook?][] = [
    ['busy'],
    ['refuse'],
    ['spin', 'start'],
    ['spin', 'state'],
    ['throw', 'isQuiescent'],
    ['throw', 'state'],
    ['throw', 'start'],
    ['throw', 'vote'],
  ];
  const until = Date.now() + STRESS_MS;
  let transactions = 0;
  let late = 0;
  while (Date.now() < until || transactions <= LEAST_TRANSACTIONS) {
    runtime.preparation = 20 + Math.floor(rnd() * 80);
    const members = NAMES.filter(() => rnd() < 0.45);
    if (members.length === 0) members.push(pick(NAMES));
    const changes = members.map((module): NamedChange => {
      const { service, version } = shop.view(module);
      if (service === 'disabled') return { change: 'enable', module };
      if (rnd() < 0.12) return { change: 'disable', module };
      const next = pick(VERSIONS.filter((candidate) => candidate !== version));
      return { change: 'replace', module, bundle: `${module.toLowerCase()}@${next}` };
    });
    if (rnd() < 0.35) {
      const [kind, hook] = pick(faults);
      runtime.faults!.set(pick(members), kind, { duration: rnd() * 60, ...(hook && { hook }) });
    }
    // Long work, so that the members are not idle in time and have to be drained.
    if (rnd() < 0.3) for (const name of members) runtime.send(name, 'long', 5 + Math.floor(rnd() * 60));
    const made = ledger.made;
    const report = await runtime.run(changes, { command: 'stress', by: 'test' });
    transactions++;
    late = Math.max(late, report.late);
    runtime.faults!.clear();
    outcomes[report.outcome] = (outcomes[report.outcome] ?? 0) + 1;
    for (const change of changes) {
      const view = shop.view(change.module);
      if (report.outcome === 'committed' && change.change === 'replace') {
        commits[change.module] = (commits[change.module] ?? 0) + 1;
        if (!change.bundle.endsWith(view.version)) ledger.wrong.push(`${change.module} runs ${view.version}`);
      }
      const disabled = (change.change === 'disable') === (report.outcome === 'committed');
      const should = change.change === 'replace' ? 'service' : disabled ? 'disabled' : 'service';
      if (view.service !== should)
        ledger.wrong.push(`${change.module} is ${view.service} after ${change.change} was ${report.outcome}`);
    }
    for (const { why, instance, name } of ledger.started) {
      if (instance > made && why === 'upgrade' && report.outcome === 'aborted' && ledger.worked.has(instance))
        ledger.wrong.push(
          `${name}: an instance handled messages though its transaction was aborted: ${report.reason}`,
        );
    }
    // Nobody may act but the latest that started.
    const last = new Map(ledger.started.map((start) => [start.name, start]));
    for (const start of ledger.started.splice(0))
      if (last.get(start.name)!.ctx !== start.ctx && start.ctx.send(start.name, 'note') !== 'unknown')
        ledger.wrong.push(`${start.name}: instance ${start.instance} still acts`);
    ledger.started.push(...last.values());
    if (ledger.wrong.length > 0) break;
    await (rnd() < 0.5 ? turns(1 + Math.floor(rnd() * 5)) : sleep(rnd() * 10));
  }

  clearInterval(act);
  ledger.halted = true;
  runtime.preparation = 2_000;
  runtime.faults!.clear();
  for (const name of NAMES)
    if (shop.view(name).service === 'disabled')
      await runtime.run([{ change: 'enable', module: name }], { command: 'enable', by: 'test' });
  const busy = () =>
    runtime.modules().some(({ suspended }) => suspended > 0) ||
    runtime.queues().some(({ waiting }) => waiting > 0);
  const patience = Date.now() + 3_000;
  do await sleep(30);
  while (busy() && Date.now() < patience);

  const counts = new Map<string, Counts>();
  for (const name of NAMES) counts.set(name, await runtime.ask<Counts>(name, 'get'));
  const of = (table: [string, number][], name: string) => new Map(table).get(name) ?? 0;
  const sum = (field: 'asked' | 'answered' | 'failed' | 'questions' | 'poisoned' | 'spilled' | 'full') =>
    [...counts.values()].reduce((total, count) => total + count[field], 0);
  t.comment(
    `${transactions} transactions`,
    outcomes,
    { asked: sum('asked'), answered: sum('answered'), failed: sum('failed'), full: sum('full') },
    {
      late: Math.round(late),
      poison: ledger.poison,
      cut: runtime.modules().reduce((total, { interrupted }) => total + interrupted, 0),
    },
    Object.fromEntries([...counts].map(([name, { got }]) => [name, Object.fromEntries(got)])),
  );
  t.strictSame(ledger.wrong.slice(0, 10), []);
  for (const [name, count] of counts) {
    for (const from of others(name)) {
      t.equal(of(count.got, from), of(counts.get(from)!.sent, name), `${name} handled all that ${from} sent`);
      if (name !== SMALL) {
        t.equal(of(count.notes, from), commits[from] ?? 0, `${name} got one note of each version of ${from}`);
        t.equal(of(count.news, from), counts.get(from)!.published, `${name} heard all news of ${from}`);
      }
    }
    t.equal(of(count.got, 'host'), hostSent[name] ?? 0, `${name} handled all that the host sent`);
    t.equal(count.answered + count.failed, count.asked, `${name}: each request had one answer`);
    t.strictSame(count.once, [], `${name}: every timer fired, or was cancelled`);
    const queue = shop.queue(name);
    if (name !== SMALL) t.match(queue, { refused: 0, dropped: 0 });
    t.equal(count.packets <= (packets[name] ?? 0), true);
  }
  const views = runtime.modules();
  t.strictSame(
    shop.log
      .filter(({ module, text }) => module !== '' && text.includes('was cut') && !text.includes('onPoison'))
      .map(({ module, text }) => `${module} ${text}`),
    [],
    'no other handler was cut',
  );
  t.equal(
    views.reduce((total, { interrupted }) => total + interrupted, sum('poisoned')),
    ledger.poison + ledger.cutAtItsEnd.poison,
    'all poison was handled or cut, and nothing else cut',
  );
  t.equal(
    counts.get(SMALL)!.spills,
    sum('spilled') - ledger.cutAtItsEnd.spilled,
    'a cut handler sends nothing',
  );
  t.equal(
    views.reduce((total, { errors }) => total + errors, 0),
    0,
    'no handler threw',
  );
  t.ok(transactions > LEAST_TRANSACTIONS, `${transactions} transactions`);
  // All room in the mailboxes is given back: the small one takes exactly what it is made for.
  await runtime.run([{ change: 'disable', module: SMALL }], { command: 'disable', by: 'test' });
  const room = Array.from({ length: 10 }, () => runtime.send(SMALL, 'note')).filter(
    (sent) => sent === 'queued',
  );
  t.equal(room.length, 6, 'reservations were all used or given back');
});
