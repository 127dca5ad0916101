/** Whatever throws, a transaction ends with every member in service, and the loop goes on. */
import t, { type Test } from 'tap';
import type { Port } from '../../runtime/index.ts';
import { sleep, turns, Workshop } from './workshop.ts';

/** `methods` is the new version's own; what it does not define is as in the old one. */
async function pair(t: Test, next: { methods?: string; manifest?: string }, preparation = 200) {
  const shop = new Workshop(t, { preparation });
  const module = (name: string, version: string, methods = '', manifest = '') => ({
    name,
    version,
    manifest: `accepts: { count: [1], get: [1] }, ports: ['wire'], ${manifest}`,
    methods: `
      initial() { return { seen: [] }; }
      onCount(m) { this.state.seen.push(m.body); }
      onWire() {}
      onGet() { return { seen: this.state.seen, version: '${version}' }; }
      ${methods}`,
  });
  for (const name of ['A', 'B']) {
    shop.bundle(module(name, '1.0.0'));
    shop.bundle(module(name, '1.1.0', ...(name === 'B' ? [next.methods, next.manifest] : [])));
    await shop.add(name, `${name.toLowerCase()}@1.0.0`);
  }
  return shop;
}

async function serves(t: Test, shop: Workshop, name: string, version: string) {
  t.equal(shop.view(name).service, 'service', `${name} is in service`);
  const got = await shop.runtime
    .ask<{ version: string }>(name, 'get', undefined, { timeout: 200 })
    .catch(String);
  t.match(got, { version }, `${name} answers`);
}

const both = ['A', 'a@1.1.0', 'B', 'b@1.1.0'];

t.test('a log listener that throws does not leave the members out of service', async (t) => {
  const shop = await pair(t, {});
  shop.runtime.faults!.set('B', 'busy', { duration: 30 });
  shop.runtime.onLog(({ text }) => {
    if (text === ': disable..') throw new Error('EPIPE');
  });
  const report = await shop.replace(...both).catch(String);
  t.match(report, { outcome: 'committed' });
  await serves(t, shop, 'A', '1.1.0');
  await serves(t, shop, 'B', '1.1.0');
});

t.test('a port whose driver throws while outputs are released does not stop the commit', async (t) => {
  const shop = await pair(t, { methods: "start() { this.ctx.transmit('wire', 'w0', 'datum'); }" });
  const wire: Port = {
    open: () => {},
    close: () => {},
    send: () => {
      throw new Error('ENETDOWN');
    },
  };
  shop.runtime.attach('B', 'wire', 'w0', wire);
  const report = await shop.replace(...both).catch(String);
  t.match(report, { outcome: 'committed' });
  await serves(t, shop, 'A', '1.1.0');
  await serves(t, shop, 'B', '1.1.0');
});

t.test('a port whose driver throws outside of a transaction throws in no handler', async (t) => {
  const shop = await pair(t, {});
  shop.bundle({
    name: 'TALK',
    version: '1.0.0',
    manifest: "accepts: { talk: [1] }, ports: ['wire']",
    methods: "onWire() {} onTalk() { return this.ctx.transmit('wire', 'w0', 'datum'); }",
  });
  await shop.add('TALK', 'talk@1.0.0');
  const wire: Port = {
    open: () => {},
    close: () => {},
    send: () => {
      throw new Error('ENETDOWN');
    },
  };
  shop.runtime.attach('TALK', 'wire', 'w0', wire);
  const talk = () => shop.runtime.ask('TALK', 'talk').catch(String);
  await talk();
  t.equal(await talk(), 'down', 'the one before was not sent');
});

t.test('a class that has an accessor for its state is given a state of its own all the same', async (t) => {
  const shop = await pair(t, { methods: 'get state() { return undefined; }' });
  const report = await shop.replace(...both).catch(String);
  t.match(report, { outcome: 'committed' });
  await serves(t, shop, 'A', '1.1.0');
  await serves(t, shop, 'B', '1.1.0');
});

t.test('a hook that throws what has no text aborts its transaction', async (t) => {
  const shop = await pair(t, { methods: 'start() { throw Object.create(null); }' });
  const report = await shop.replace(...both).catch(String);
  t.match(report, { outcome: 'aborted' });
  await serves(t, shop, 'A', '1.0.0');
  await serves(t, shop, 'B', '1.0.0');
});

t.test('isQuiescent may answer anything: what is not true is NO', async (t) => {
  const shop = await pair(t, { methods: 'isQuiescent() { return Object.create(null); }' }, 50);
  const there = await shop.replace(...both);
  t.equal(there.outcome, 'committed');
  const report = await shop.replace('A', 'a@1.0.0', 'B', 'b@1.0.0').catch(String);
  t.match(report, { outcome: 'aborted' });
  await serves(t, shop, 'A', '1.1.0');
  await serves(t, shop, 'B', '1.1.0');
});

t.test('stop() in the middle of a transaction ends everything', async (t) => {
  const shop = new Workshop(t, { preparation: 200 });
  const ticker = (version: string) => ({
    name: 'TICK',
    version,
    manifest: "timers: ['beat'], subscribes: { news: [1] }",
    methods:
      "start() { this.ctx.setTimer('beat', '', 5, { every: 5 }); } onNews() {} onBeat() { globalThis.beats = (globalThis.beats ?? 0) + 1; }",
  });
  t.teardown(() => Reflect.deleteProperty(globalThis, 'beats'));
  shop.bundle(ticker('1.0.0'));
  shop.bundle(ticker('1.1.0'));
  await shop.add('TICK', 'tick@1.0.0');
  shop.runtime.faults!.set('TICK', 'busy', { duration: 60 });
  const swap = shop.replace('TICK', 'tick@1.1.0').catch(String);
  await sleep(30);
  shop.runtime.stop();
  await swap;
  Object.assign(globalThis, { beats: 0 });
  await sleep(50);
  t.equal((globalThis as unknown as { beats: number }).beats, 0, 'no timer runs after stop');
  t.equal(shop.runtime.publish('news'), 0, 'nobody is subscribed after stop');
});

t.test('stop() ends long work and answers who waits', async (t) => {
  const shop = new Workshop(t);
  shop.bundle({
    name: 'LONG',
    version: '1.0.0',
    manifest: 'accepts: { work: [1] }',
    methods: "*onWork() { for (;;) { globalThis.slices = (globalThis.slices ?? 0) + 1; yield 'slice'; } }",
  });
  t.teardown(() => Reflect.deleteProperty(globalThis, 'slices'));
  await shop.add('LONG', 'long@1.0.0');
  const answer = shop.runtime.ask('LONG', 'work').catch(String);
  await turns();
  shop.runtime.stop();
  Object.assign(globalThis, { slices: 0 });
  await turns(5);
  t.equal((globalThis as unknown as { slices: number }).slices, 0, 'a stopped module runs no more');
  t.match(await Promise.race([answer, sleep(100)]), /HitlessError/, 'the request is answered with an error');
});
