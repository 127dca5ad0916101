/** A port that sends nothing must not do so in silence: the module and a person learn that it fails, and why. */
import t from 'tap';
import type { Port, PortResult } from '../../runtime/index.ts';
import { Workshop } from './workshop.ts';

class Wire implements Port {
  result: PortResult | 'throws' = 'sent';
  failure = '';
  readonly counters = { received: 4 };
  open(): void {}
  close(): void {}
  send(): PortResult {
    if (this.result === 'throws') throw new Error('against its contract');
    return this.result;
  }
}

const TALK = {
  name: 'TALK',
  manifest: "accepts: { say: [1], why: [1] }, ports: ['wire']",
  methods: `
    onWire() {}
    onSay() { return this.ctx.transmit('wire', 'w0', 'x'); }
    onWhy() { return this.ctx.portFailure('wire', 'w0') ?? 'none'; }`,
};

async function talking(t: import('tap').Test) {
  const shop = new Workshop(t);
  await shop.add('TALK', shop.bundle({ ...TALK, version: '1.0.0' }));
  const wire = new Wire();
  shop.runtime.attach('TALK', 'wire', 'w0', wire);
  const say = () => shop.runtime.ask('TALK', 'say');
  const why = () => shop.runtime.ask('TALK', 'why');
  const view = () => shop.runtime.modules()[0]?.ports[0];
  return { shop, wire, say, why, view };
}

t.test(
  "a module learns from its context why its last datum was not sent, in the driver's words",
  async (t) => {
    const { wire, say, why } = await talking(t);
    await say();
    t.equal(await why(), 'none');
    Object.assign(wire, { result: 'down', failure: 'Operation not permitted' });
    await say();
    // A datum leaves when its handler has returned: what is told is what became of the one before.
    for (let i = 0; i < 2; i++) t.equal(await say(), 'down');
    t.same(await why(), { reason: 'Operation not permitted', inARow: 3 });
    Object.assign(wire, { result: 'sent', failure: '' });
    await say();
    t.equal(await why(), 'none');
  },
);

t.test('a driver that has no words, and one that throws, have a reason too', async (t) => {
  const { wire, say, why } = await talking(t);
  for (const [result, reason] of [
    ['down', 'the port is down'],
    ['full', 'the driver is behind'],
    ['throws', 'the driver threw an error'],
  ] as const) {
    wire.result = result;
    await say();
    t.match(await why(), { reason });
  }
});

t.test(
  'the view of a module counts what its ports sent and what they did not, and keeps the last reason',
  async (t) => {
    const { wire, say, view } = await talking(t);
    await say();
    t.same(view(), { port: 'wire', key: 'w0', sent: 1, full: 0, down: 0, counters: { received: 4 } });
    Object.assign(wire, { result: 'full', failure: 'No buffer space available' });
    await say();
    Object.assign(wire, { result: 'down', failure: 'Operation not permitted' });
    await say();
    const lastFailure = 'Operation not permitted';
    t.match(view(), { sent: 1, full: 1, down: 1, failure: { reason: lastFailure, inARow: 2 }, lastFailure });
    wire.result = 'sent';
    await say();
    t.match(view(), { sent: 2, failure: undefined, lastFailure });
  },
);

t.test(
  'what was counted outlives a swap, and what fails while outputs are held is known afterwards',
  async (t) => {
    const { shop, wire, why, view } = await talking(t);
    Object.assign(wire, { result: 'down', failure: 'Operation not permitted' });
    const next = shop.bundle({
      ...TALK,
      version: '1.1.0',
      methods: `${TALK.methods}
    start() { this.ctx.log('info', 'said ' + this.ctx.transmit('wire', 'w0', 'x')); }`,
    });
    t.equal((await shop.replace('TALK', next)).outcome, 'committed');
    t.ok(
      shop.log.some(({ text }) => text === 'said sent'),
      'a datum that is held is told to be sent',
    );
    t.match(view(), { down: 1 });
    t.same(await why(), { reason: 'Operation not permitted', inARow: 1 });
  },
);

t.test('a module without such a port has no failure', async (t) => {
  const shop = new Workshop(t);
  await shop.add('TALK', shop.bundle({ ...TALK, version: '1.0.0' }));
  t.equal(await shop.runtime.ask('TALK', 'why'), 'none');
});
