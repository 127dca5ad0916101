/** The log keeps its last records for whoever listens later, and counts those that it does not keep. */
import t from 'tap';
import { Log, type LogRecord, Runtime } from '../../runtime/index.ts';
import { Workshop } from './workshop.ts';

const texts = (records: readonly LogRecord[]) => records.map(({ text }) => text);

t.test('a listener says from where it hears, and each record is heard once, in order', (t) => {
  const log = new Log();
  for (const text of ['a', 'b', 'c']) log.write({ level: 'info', text });
  const [all, some, later]: LogRecord[][] = [[], [], []];
  log.listen((record) => all!.push(record), 0);
  const mark = log.count;
  log.listen((record) => some!.push(record), 1);
  const end = log.listen((record) => later!.push(record));
  log.write({ level: 'warn', text: 'd', module: 'M', version: '1.0.0', transaction: 7, data: [1] }, 42);
  end();
  log.write({ level: 'info', text: 'e' });
  t.strictSame(texts(all!), ['a', 'b', 'c', 'd', 'e']);
  t.strictSame(texts(some!), ['b', 'c', 'd', 'e']);
  t.strictSame(later, [
    { at: 42, level: 'warn', module: 'M', version: '1.0.0', text: 'd', transaction: 7, data: [1] },
  ]);
  const again: LogRecord[] = [];
  log.listen((record) => again.push(record), mark);
  t.strictSame(texts(again), ['d', 'e'], 'it goes on where it was');
  t.match(all![0], { module: '', version: '' });
  t.notOk('transaction' in all![0]!);
  t.end();
});

t.test('of what is not kept any more the number is told, and what is kept is bounded', (t) => {
  const log = new Log();
  for (let i = 0; i < 2_500; i++) log.write({ level: 'info', text: `line ${i}` });
  const heard: LogRecord[] = [];
  log.listen((record) => heard.push(record), 0);
  t.equal(heard.length, 1_001);
  t.match(heard[0], { level: 'warn', text: '1500 earlier lines are not kept any more' });
  t.strictSame(
    texts(heard.slice(1)),
    Array.from({ length: 1_000 }, (_, i) => `line ${i + 1_500}`),
  );
  const last: LogRecord[] = [];
  log.listen((record) => last.push(record), 2_499);
  t.strictSame(texts(last), ['line 2499'], 'nothing was missed, and nothing is told');
  log.write({ level: 'info', text: 'x'.repeat(1_000_000) });
  t.equal(last[1]!.text.length, 1_000_000, 'who listens hears all of it');
  const kept: LogRecord[] = [];
  log.listen((record) => kept.push(record), 2_500);
  t.ok(kept[0]!.text.length < 5_000, 'and what is kept is bounded');
  t.end();
});

t.test('a listener that throws, or that listens and logs itself, keeps nothing from the others', (t) => {
  const log = new Log();
  log.write({ level: 'info', text: 'a' });
  const heard: string[] = [];
  log.listen(() => {
    throw new Error('EPIPE');
  }, 0);
  log.listen(({ text }) => {
    if (text === 'b') log.write({ level: 'info', text: 'c' });
  }, 0);
  const sink = ({ text }: LogRecord) => void heard.push(text);
  const end = log.listen(sink, 0);
  log.listen(sink)();
  log.write({ level: 'info', text: 'b' });
  t.strictSame(heard.sort(), ['a', 'b', 'c']);
  end();
  log.write({ level: 'info', text: 'd' });
  t.equal(heard.length, 3);
  t.end();
});

t.test(
  'what a program says before its runtime, and what modules say before anybody listens, is heard',
  async (t) => {
    const log = new Log();
    log.write({ level: 'warn', text: 'before there is a runtime' });
    const shop = new Workshop(t, { log });
    await shop.add(
      'M',
      shop.bundle({ name: 'M', version: '1.0.0', methods: `start() { this.ctx.log('info', 'begins'); }` }),
    );
    const heard: LogRecord[] = [];
    shop.runtime.onLog((record) => heard.push(record), { from: 0 });
    t.equal(shop.runtime.logged, heard.length);
    t.equal(heard[0]!.text, 'before there is a runtime');
    t.ok(heard.some(({ module, text }) => module === 'M' && text === 'begins'));
    t.ok(heard.some(({ text }) => /^transaction 1 committed/.test(text)));
    shop.runtime.log('info', 'x');
    t.equal(heard.at(-1)!.text, 'x');
    t.throws(() => shop.runtime.onLog(() => {}, { form: 0 } as never), { code: 'ARGUMENT_INVALID' });
    t.throws(() => shop.runtime.onLog(() => {}, { from: '0' } as never), { code: 'ARGUMENT_INVALID' });
    t.throws(() => new Runtime({ log: {} as Log }), {
      code: 'ARGUMENT_INVALID',
      message: /log must be a Log/,
    });
  },
);

t.test('listeners that wait hear everything in order, also more than is kept', (t) => {
  const log = new Log();
  const heard: string[] = [];
  log.listen(({ text }) => void heard.push(text));
  log.write({ level: 'info', text: 'before' });
  log.hold();
  log.write({ level: 'info', text: 'x'.repeat(5_000) });
  log.write({ level: 'info', text: 'second' });
  t.strictSame(heard, ['before']);
  t.equal(log.release(0), false, 'no time: one is left at least');
  t.equal(log.release(), true);
  t.strictSame(heard, ['before', 'x'.repeat(5_000), 'second'], 'listeners hear long texts whole');
  const kept: LogRecord[] = [];
  log.listen((record) => kept.push(record), 1);
  t.equal(kept[0]!.text.length, 4_097, 'of which the head is kept');
  log.hold();
  for (let i = 0; i < 1_500; i++) log.write({ level: 'info', text: `${i}` });
  log.release();
  t.strictSame(
    heard.slice(3),
    Array.from({ length: 1_500 }, (_, i) => `${i}`),
  );
  t.end();
});

t.test(
  'a swap does not wait for the listeners of its lines, and they hear them before what follows',
  async (t) => {
    const shop = new Workshop(t);
    const source = (version: string) => ({
      name: 'M',
      version,
      manifest: 'accepts: { ping: [1] }',
      methods: `onPing() { globalThis.pings++; this.ctx.log('info', 'was pinged'); }`,
    });
    const world = globalThis as { pings?: number };
    world.pings = 0;
    t.teardown(() => delete world.pings);
    shop.bundle(source('2.0.0'));
    await shop.add('M', shop.bundle(source('1.0.0')));
    const heard: { text: string; pings: number }[] = [];
    let before = true;
    shop.runtime.onLog(({ text }) => heard.push({ text, pings: before ? -1 : world.pings! }));
    shop.runtime.faults!.onStep = (step) => {
      // A new version is warmed up with a message of its own.
      if (step === 'disable') before = (world.pings = 0) !== 0;
      if (step === 'freeze') for (const n of [1, 2]) shop.runtime.send('M', 'ping', n);
    };
    t.equal((await shop.replace('M', 'm@2.0.0')).outcome, 'committed');
    const lines = heard.filter(({ text }) => /^: (disable|init|start)\.\./.test(text));
    t.strictSame(
      lines,
      [': disable..', ': init..', ': start..'].map((text) => ({ text, pings: 2 })),
      'the messages that waited were handled before anybody was told of the swap',
    );
    const order = heard.map(({ text }) => text);
    t.ok(order.indexOf(': start..') < order.indexOf('was pinged'), 'and yet they hear of it first');
  },
);
