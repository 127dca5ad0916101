/** The test kit: time in the test's hand, inputs of every kind, outputs as values in their order, versions swapped. */
import t, { type Test } from 'tap';
import {
  AbortedError,
  defineModule,
  type Expiry,
  type Handlers,
  type Manifest,
  type Message,
  Module,
  message,
  type Packet,
  Runtime,
  request,
} from '../../runtime/index.ts';
import { type KitOptions, type ModuleKit, testModule } from '../../runtime/testing/index.ts';

interface Config {
  every?: number;
}

/** Does something with every kind of input and output. */
const meterOf = (version: string, step = 1, start: () => void = () => {}) =>
  defineModule({
    name: 'meter',
    version,
    mailbox: 4,
    initial: ({ every = 1000 }: Config = {}) => ({ total: 0, every, low: 0, heard: [] as string[] }),
    start,
    sends: { log: { line: message<string>(2), lines: request<string, number>() } },
    publishes: { full: message<number>() },
    accepts: {
      count({ body, from }: Message<number>) {
        this.state.total += body * step;
        this.ctx.log('info', `from ${from}`);
        this.ctx.transmit('wire', 'a', { total: this.state.total });
        this.ctx.publish('full', this.state.total, { retain: 'total' });
        this.ctx.send('log', 'line', 'counted');
        this.ctx.setTimer('beat', '', this.state.every, { every: this.state.every });
      },
      *lines({ body }: Message<string>) {
        const lines: number = yield* this.ctx.ask('log', 'lines', body, { timeout: 500 });
        return lines + this.state.total;
      },
      *long({ body }: Message<number>) {
        for (let i = 0; i < body; i++) {
          this.state.total++;
          yield 'slice';
        }
      },
      throws() {
        throw new Error('on purpose');
      },
    },
    subscribes: {
      link({ body }: Message<{ up: boolean }>) {
        this.state.heard.push(`link ${body.up}`);
      },
    },
    timers: {
      beat({ due }: Expiry) {
        this.state.heard.push(`beat ${due} ${this.ctx.now()}`);
      },
    },
    ports: {
      wire({ datum, key, at }: Packet<string>) {
        this.state.heard.push(`${datum} on ${key} at ${at}`);
        if (this.ctx.transmit('wire', key, 'echo') !== 'sent') this.state.low++;
      },
    },
  });

async function kitOf(t: Test, options: KitOptions = {}): Promise<ModuleKit<ReturnType<typeof meterOf>>> {
  const kit = await testModule(meterOf('1.0.0'), { ports: { wire: ['a', 'b'] }, ...options });
  t.teardown(() => kit.stop());
  return kit;
}

t.test('outputs of every kind come as values, in the order of the code', async (t) => {
  const kit = await kitOf(t);
  t.equal(kit.deliver('count', 2, { from: 'probe' }), 'queued');
  t.strictSame(kit.outputs, [
    { kind: 'logged', level: 'info', text: 'from probe' },
    { kind: 'transmitted', port: 'wire', key: 'a', datum: { total: 2 } },
    { kind: 'published', event: 'full', version: 1, body: 2, retain: 'total' },
    { kind: 'sent', to: 'log', type: 'line', version: 2, body: 'counted' },
  ]);
  t.equal(kit.take().length, 4);
  t.strictSame(kit.outputs, []);
  kit.deliver('throws');
  t.match(kit.logged, [{ level: 'error', text: /onThrows threw .*on purpose/ }]);
});

t.test('time passes when the test says so, and timers come in order, each at its time', async (t) => {
  const kit = await kitOf(t, { config: { every: 250 }, at: 5_000 });
  kit.deliver('count', 1);
  t.strictSame(kit.timers, [{ type: 'beat', key: '', dueIn: 250 }]);
  kit.advance(249);
  t.strictSame(kit.state.heard, []);
  kit.advance(251);
  t.strictSame(kit.state.heard, ['beat 5250 5250', 'beat 5500 5500']);
  t.equal(kit.now, 5_500);
  kit.advance(3_600_000);
  t.equal(kit.state.heard.length, 2 + 14_400, 'an hour costs no hour');
});

t.test('events and data of ports are handled when the call returns', async (t) => {
  const kit = await kitOf(t, { at: 7 });
  kit.publish('link', { up: true });
  kit.receive('wire', 'b', 'ping');
  t.strictSame(kit.state.heard, ['link true', 'ping on b at 7']);
  t.strictSame(kit.transmitted, [{ kind: 'transmitted', port: 'wire', key: 'b', datum: 'echo' }]);
  kit.link('wire', 'b', 'down');
  kit.receive('wire', 'b', 'ping');
  kit.receive('wire', 'b', 'ping');
  t.equal(
    kit.state.low,
    kit.runtime.guard.kind === 'vm' ? 2 : 1,
    'held outputs: it knows of the datum before',
  );
  t.equal(kit.transmitted.length, 1, 'what a port refuses is not sent');
});

t.test('a request waits for the test’s answer, fails, or times out by the test’s clock', async (t) => {
  const kit = await kitOf(t);
  const [first, second, third] = [kit.ask('lines', 'x'), kit.ask('lines', 'y'), kit.ask('lines', 'z')];
  t.match(kit.asked, [{ to: 'log', body: 'x' }, { body: 'y' }, { body: 'z' }]);
  kit.answer('lines', 41);
  kit.fail('lines');
  kit.advance(500);
  t.equal(await first, 41);
  await t.rejects(second, { code: 'ASK_FAILED' });
  await t.rejects(third, { message: /was not answered within 500 ms/ });
  t.throws(() => kit.answer('line', 1), {
    code: 'ARGUMENT_INVALID',
    message: /asks no "line".*it asks "lines"/,
  });
  kit.mailbox('log', 'full');
  await t.rejects(kit.ask('lines', 'x'), { message: /ASK_FULL/ });
});

t.test('long work in slices is done when the call returns; work without end is an error', async (t) => {
  const kit = await kitOf(t);
  kit.deliver('long', 500);
  t.equal(kit.state.total, 500);
  t.throws(() => kit.deliver('long', 1e9), { code: 'NOT_QUIESCENT', message: /10000 turns/ });
});

t.test('what a module does not take is the test’s mistake', async (t) => {
  const kit = await kitOf(t);
  const loose = kit as unknown as ModuleKit<string>;
  t.throws(() => loose.deliver('cuont'), {
    message: /accepts no "cuont"; its manifest accepts count, lines/,
  });
  t.throws(() => kit.deliver('count', 1, { form: 'probe' } as never), {
    code: 'ARGUMENT_INVALID',
    message: /deliver: there is no option "form"; did you mean "from"/,
  });
  t.throws(() => loose.publish('lnk'), { message: /does not subscribe to "lnk"/ });
  t.throws(() => loose.receive('wire', 'c', ''), { message: /no port wire c; open it with testModule/ });
  t.throws(() => kit.advance(-1), { code: 'ARGUMENT_INVALID' });
  await t.rejects(testModule(meterOf('1.0.0'), { cofig: 1 } as never), { message: /testModule.*"config"/ });
});

t.test('a version takes over state and timers, and the outputs of its start follow the commit', async (t) => {
  const kit = await kitOf(t);
  kit.deliver('count', 7);
  kit.take();
  await kit.replace(
    meterOf('2.0.0', 10, function (this: { ctx: { log(level: 'info', text: string): void } }) {
      this.ctx.log('info', 'started');
    }),
  );
  t.equal(kit.version, '2.0.0');
  t.strictSame(kit.take(), [{ kind: 'logged', level: 'info', text: 'started' }]);
  kit.deliver('count', 1);
  t.equal(kit.state.total, 17);
  kit.advance(1000);
  t.equal(kit.state.heard.length, 1, 'its timer');
  await kit.rollback();
  t.match({ version: kit.version, total: kit.state.total }, { version: '1.0.0', total: 17 });
});

t.test('an abort names its reason, and leaves the version that was', async (t) => {
  const kit = await kitOf(t);
  kit.deliver('count', 3);
  const bad = meterOf('2.0.0', 1, () => {
    throw new Error('no space');
  });
  const aborted = (await kit.replace(bad).catch((thrown) => thrown)) as AbortedError;
  t.ok(aborted instanceof AbortedError);
  t.match(aborted.report.reason, /meter voted NO: Error: no space/);
  t.match({ version: kit.version, total: kit.state.total }, { version: '1.0.0', total: 3 });
  await t.rejects(kit.replace(meterOf('1.0.0', 2)), { code: /BUNDLE|TRANSACTION/ });
});

t.test('a version that nobody confirms goes back by the test’s clock', async (t) => {
  const kit = await kitOf(t);
  await kit.replace(meterOf('2.0.0'), { confirm: 60_000 });
  kit.advance(59_900);
  await kit.settled();
  t.equal(kit.version, '2.0.0');
  kit.advance(200);
  await kit.settled();
  t.equal(kit.version, '1.0.0');
});

type P = {
  accepts: { add: number; report: undefined };
  sends: { log: { line: string } };
  timers: { tick: undefined };
};
const manifest = {
  api: 1,
  name: 'ADDER',
  version: '1.0.0',
  async: true,
  accepts: { add: [1], report: [1] },
  sends: { log: { line: 1 } },
  subscribes: {},
  timers: ['tick'],
  ports: [],
  state: { version: 1 },
} satisfies Manifest<{ total: number }, P>;
class Adder extends Module<{ total: number }, P> implements Handlers<P> {
  static readonly manifest = manifest;
  initial() {
    return { total: 0 };
  }
  async onAdd({ body }: Message<number>) {
    this.ctx.send('log', 'line', `adding ${body}`);
    await null;
    this.state.total += body;
  }
  onReport() {
    return this.state.total;
  }
  onTick(_: Expiry<undefined>) {}
}

t.test('a class of promises is driven, and its inputs are typed by its handlers', async (t) => {
  const kit = await testModule(Adder);
  t.teardown(() => kit.stop());
  kit.deliver('add', 2);
  kit.deliver('add', 3);
  // @ts-expect-error a body of another type
  const wrong = () => kit.deliver('add', 'a');
  // @ts-expect-error no such type
  const unknown = () => kit.deliver('sub', 1);
  t.throws(unknown);
  t.type(wrong, 'function');
  await kit.settled();
  t.equal(kit.state.total, 5);
  t.match(kit.sent, [{ body: 'adding 2' }, { body: 'adding 3' }]);
  t.equal(await kit.ask('report'), 5);
});

t.test('a runtime with a clock of its own, as a simulation has it, sleeps no second', async (t) => {
  const rings: { at: number; ring: () => void }[] = [];
  let time = 0;
  const clock = {
    now: () => time,
    soon: setImmediate,
    wait(ms: number, ring: () => void) {
      rings.push({ at: time + ms, ring });
      return () => {};
    },
  };
  const runtime = new Runtime({ clock, probation: false });
  t.teardown(() => runtime.stop());
  await runtime.add(Adder);
  runtime.send('ADDER', 'add', 1);
  const late = runtime.ask('ADDER', 'report', undefined, { timeout: 50 });
  time = 49;
  t.equal(await late, 1, 'messages take their turns');
  t.strictSame(
    rings.map(({ at }) => at),
    [50],
    'a time-out is waited for',
  );
  t.throws(() => new Runtime({ clock: { now: () => 0 } as never }), {
    message: /clock\.wait must be a function/,
  });
  t.throws(() => new Runtime({ clock, preciseTimers: true }), { message: /machine/ });
});

t.test('a handler that spins is cut in a test as in a program, and the test goes on', async (t) => {
  const spinner = defineModule({
    name: 'spinner',
    version: '1.0.0',
    maxHandlerMs: 5,
    initial: () => ({ done: 0 }),
    sends: { log: { line: message<string>() } },
    accepts: {
      spin() {
        this.ctx.send('log', 'line', 'begun');
        for (;;);
      },
      work() {
        this.state.done++;
      },
    },
  });
  const kit = await testModule(spinner);
  t.teardown(() => kit.stop());
  if (kit.runtime.guard.kind === 'vm') return;
  await null;
  kit.deliver('spin');
  t.strictSame(kit.sent, [], 'it has sent nothing');
  t.match(kit.logged, [{ level: 'error', text: /onSpin did not return and was cut/ }]);
  await null;
  kit.deliver('work');
  t.equal(kit.state.done, 1);
});
