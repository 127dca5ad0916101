import t from 'tap';
import type { Port } from '../../runtime/index.ts';
import { sleep, turns, Workshop } from './workshop.ts';

const small = (version: string) => ({
  name: 'SMALL',
  version,
  manifest:
    "mailbox: 4, accepts: { put: [1], get: [1] }, subscribes: { news: [1] }, timers: ['tick'], ports: ['wire']",
  methods: `
    initial() { return { got: [] }; }
    start(why) { if (why === 'cold') this.ctx.setTimer('tick', '', 5, { every: 5 }); }
    onPut(m) { this.state.got.push(m.body); }
    onNews(m) { this.state.got.push('news'); }
    onTick(timer) { this.state.got.push('tick+' + timer.overruns); }
    onWire(p) { this.state.got.push('packet'); }
    onGet() { return this.state.got; }`,
});

t.test(
  'a full mailbox refuses the sender, drops packets, counts both and shows them; timers have room of their own',
  async (t) => {
    const shop = new Workshop(t);
    shop.bundle(small('1.0.0'));
    await shop.add('SMALL', 'small@1.0.0');
    let receive: (datum: unknown) => void = () => {};
    const wire: Port = { open: (to) => void (receive = to), send: () => 'sent', close: () => {} };
    shop.runtime.attach('SMALL', 'wire', 'w0', wire);
    await shop.runtime.run([{ change: 'disable', module: 'SMALL' }], {
      command: 'disable SMALL',
      by: 'test',
    });
    t.equal(shop.view('SMALL').service, 'disabled');
    const answers = Array.from({ length: 3 }, (_, i) => shop.runtime.send('SMALL', 'put', i));
    t.equal(shop.runtime.publish('news'), 1);
    t.strictSame(answers, ['queued', 'queued', 'queued']);
    t.equal(shop.runtime.send('SMALL', 'put', 3), 'full');
    t.equal(shop.runtime.publish('news'), 0, 'an event is refused too');
    receive('datum');
    await t.rejects(shop.runtime.ask('SMALL', 'get'), { code: 'ASK_FULL' });
    await sleep(40);
    const queue = shop.queue('SMALL');
    t.match(queue, { capacity: 4, waiting: 5, buffered: 5, refused: 3, dropped: 1 });
    t.ok(queue.overruns >= 3, `${queue.overruns} overruns`);
    await shop.runtime.run([{ change: 'enable', module: 'SMALL' }], { command: 'enable SMALL', by: 'test' });
    await turns();
    const got = (await shop.runtime.ask('SMALL', 'get')) as string[];
    const ticks = got.filter((entry) => String(entry).startsWith('tick'));
    t.strictSame(
      got.filter((entry) => !ticks.includes(entry)),
      [0, 1, 2, 'news'],
      'what was queued is there, in order of arrival',
    );
    t.ok(
      ticks.some((tick) => Number(tick.slice(5)) >= 3),
      ticks.join(),
    );
    t.equal(shop.runtime.send('SMALL', 'put', 9), 'queued');
  },
);

t.test('sending to nobody, or what nobody accepts, answers unknown and throws nothing', async (t) => {
  const shop = new Workshop(t);
  shop.bundle(small('1.0.0'));
  await shop.add('SMALL', 'small@1.0.0');
  t.equal(shop.runtime.send('NOBODY', 'put', 1), 'unknown');
  t.equal(shop.runtime.send('SMALL', 'push', 1), 'unknown');
  t.equal(shop.runtime.send('SMALL', 'put', 1, 2), 'unknown', 'another version of the message');
  await t.rejects(shop.runtime.ask('NOBODY', 'get'), { code: 'ASK_UNKNOWN' });
});

t.test(
  'a handler that throws is logged and counted, the module goes on; a request is answered with the error',
  async (t) => {
    const shop = new Workshop(t);
    shop.bundle({
      name: 'BAD',
      version: '1.0.0',
      manifest: 'accepts: { bad: [1], good: [1] }',
      methods: 'onBad() { throw new TypeError("oh"); } onGood() { return 1; }',
    });
    await shop.add('BAD', 'bad@1.0.0');
    shop.runtime.send('BAD', 'bad');
    await t.rejects(shop.runtime.ask('BAD', 'bad'), {
      code: 'ASK_FAILED',
      message: /BAD 1.0.0 failed in onBad: TypeError: oh/,
    });
    t.equal(await shop.runtime.ask('BAD', 'good'), 1);
    t.equal(shop.view('BAD').errors, 2);
    t.match(shop.texts().join('\n'), /BAD 1.0.0 onBad threw TypeError: oh/);
  },
);

t.test(
  'while a module is replaced, what one sender sent keeps its order even if a later message is let in first',
  async (t) => {
    const shop = new Workshop(t, {});
    // A asks X; X first sends A something of its own, later something caused by A's request.
    const a = (version: string) => ({
      name: 'A',
      version,
      manifest: 'accepts: { go: [1], note: [1], get: [1] }, sends: { X: { question: 1 } }',
      methods: `
      initial() { return { notes: [] }; }
      *onGo() { this.state.notes.push(yield* this.ctx.ask('X', 'question')); }
      onNote(m) { this.state.notes.push(m.body); }
      onGet() { return this.state.notes; }`,
    });
    shop.bundle(a('1.0.0'));
    shop.bundle(a('1.1.0'));
    shop.bundle({
      name: 'X',
      version: '1.0.0',
      manifest: "accepts: { question: [1] }, sends: { A: { note: 1 }, DELAY: { wait: 1 } }, timers: ['own']",
      methods: `
      start() { this.ctx.setTimer('own', '', 600); }
      onOwn() { this.ctx.send('A', 'note', 'first'); }
      *onQuestion() { yield* this.ctx.ask('DELAY', 'wait'); this.ctx.send('A', 'note', 'second'); return 'answer'; }`,
    });
    shop.bundle({
      name: 'DELAY',
      version: '1.0.0',
      manifest: 'accepts: { wait: [1] }, async: true',
      methods: 'async onWait() { await new Promise((r) => setTimeout(r, 750)); }',
    });
    await shop.add('DELAY', 'delay@1.0.0');
    await shop.add('A', 'a@1.0.0');
    await shop.add('X', 'x@1.0.0');
    shop.runtime.send('A', 'go');
    await turns();
    // A is not idle: it is disabled after 500 ms, told "first" after 600 and "second" after 750.
    shop.runtime.preparation = 1_000;
    const swap = shop.replace('A', 'a@1.1.0');
    const report = await swap;
    t.equal(report.outcome, 'committed', report.reason);
    const notes = (await shop.runtime.ask('A', 'get')) as string[];
    t.strictSame(
      notes.filter((note) => note !== 'answer'),
      ['first', 'second'],
    );
  },
);

t.test('a module learns what is retained when it subscribes, in the version that first does', async (t) => {
  const shop = new Workshop(t);
  const reader = (version: string, subscribes: string) => ({
    name: 'READ',
    version,
    manifest: `accepts: { get: [1] }, subscribes: ${subscribes}`,
    methods:
      'initial() { return { news: [] }; } onNews(m) { this.state.news.push(m.body); } onGet() { return this.state.news; }',
  });
  shop.bundle(reader('1.0.0', '{}'));
  shop.bundle(reader('1.1.0', '{ news: [1] }'));
  await shop.add('READ', 'read@1.0.0');
  shop.runtime.publish('news', 'a1', { retain: 'a' });
  shop.runtime.publish('news', 'a2', { retain: 'a' });
  shop.runtime.publish('news', 'b1', { retain: 'b' });
  shop.runtime.publish('news', 'gone');
  t.strictSame(await shop.runtime.ask('READ', 'get'), []);
  await shop.replace('READ', 'read@1.1.0');
  t.strictSame(await shop.runtime.ask('READ', 'get'), ['a2', 'b1']);
  await shop.replace('READ', 'read@1.0.0');
  t.equal(shop.runtime.publish('news', 'c1'), 0, 'the subscription ended with the version');
});

t.test('a long handler gives way in slices: other modules go on, its own messages wait', async (t) => {
  const shop = new Workshop(t);
  shop.bundle({
    name: 'LONG',
    version: '1.0.0',
    manifest: 'accepts: { work: [1], get: [1] }, sends: { OTHER: { mark: 1 } }',
    methods: `
      initial() { return { done: 0 }; }
      *onWork() { for (let i = 0; i < 5; i++) { this.state.done++; this.ctx.send('OTHER', 'mark', i); yield 'slice'; } }
      onGet() { return this.state.done; }`,
  });
  shop.bundle({
    name: 'OTHER',
    version: '1.0.0',
    manifest: 'accepts: { mark: [1], get: [1] }',
    methods:
      'initial() { return { marks: 0 }; } onMark() { this.state.marks++; } onGet() { return this.state.marks; }',
  });
  await shop.add('LONG', 'long@1.0.0');
  await shop.add('OTHER', 'other@1.0.0');
  shop.runtime.send('LONG', 'work');
  const done = shop.runtime.ask('LONG', 'get');
  await turns(2);
  const marks = (await shop.runtime.ask('OTHER', 'get')) as number;
  t.ok(marks > 0 && marks < 5, `OTHER saw ${marks} marks while LONG worked`);
  t.equal(await done, 5);
});
