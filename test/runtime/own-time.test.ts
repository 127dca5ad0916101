/** Each handler has its own time, and each port its own declaration. */
import t from 'tap';
import { turns, Workshop } from './workshop.ts';

t.test(
  'a handler that hangs is cut after its own maxHandlerMs, whatever the other members may take',
  async (t) => {
    // HANG has its answer when it is disabled already: handled before, outside of the guard, it would hang the test.
    const shop = new Workshop(t, { preparation: 2_000 });
    t.teardown(() => Reflect.deleteProperty(globalThis, 'thought'));
    shop.bundle({
      name: 'SLOW',
      version: '1.0.0',
      manifest: 'accepts: { think: [1] }, async: true',
      methods: 'onThink() { return new Promise((r) => { globalThis.thought = r; }); }',
    });
    for (const version of ['1.0.0', '1.1.0']) {
      shop.bundle({
        name: 'HANG',
        version,
        manifest: 'accepts: { go: [1] }, sends: { SLOW: { think: 1 } }, maxHandlerMs: 20',
        methods: "*onGo() { yield* this.ctx.ask('SLOW', 'think'); for (;;); }",
      });
      shop.bundle({ name: 'CALM', version, manifest: 'maxHandlerMs: 2000' });
    }
    for (const name of ['SLOW', 'HANG', 'CALM']) await shop.add(name, `${name.toLowerCase()}@1.0.0`);
    shop.runtime.send('HANG', 'go');
    await turns();
    const swap = shop.replace('HANG', 'hang@1.1.0', 'CALM', 'calm@1.1.0');
    await shop.draining('HANG');
    (globalThis as unknown as { thought(): void }).thought();
    const report = await swap;
    t.match(report.reason, /HOOK_CUT: HANG/);
    t.ok(report.late < 200, `decided ${report.late.toFixed(0)} ms after the deadline`);
  },
);

t.test('while others are replaced, a hanging handler is cut after its own maxHandlerMs too', async (t) => {
  const shop = new Workshop(t, { preparation: 2_000 });
  for (const version of ['1.0.0', '1.1.0']) shop.bundle({ name: 'A', version });
  const hang = (name: string, most: number) => ({
    name,
    version: '1.0.0',
    manifest: `accepts: { go: [1] }, maxHandlerMs: ${most}`,
    methods: 'onGo(m) { while (m.body) ; return 1; }',
  });
  shop.bundle(hang('HANG', 20));
  shop.bundle(hang('CALM', 1_500));
  for (const name of ['A', 'HANG', 'CALM']) await shop.add(name, `${name.toLowerCase()}@1.0.0`);
  shop.runtime.faults!.set('A', 'busy', { duration: 300 });
  const swap = shop.replace('A', 'a@1.1.0');
  await shop.draining('A');
  const before = process.cpuUsage();
  shop.runtime.send('HANG', 'go', true);
  await shop.runtime.ask('CALM', 'go', false);
  const spun = process.cpuUsage(before).user / 1_000;
  t.ok(spun < 300, `CALM was answered after ${spun.toFixed(0)} ms of the processor`);
  await swap;
});

t.test('a packet on a port that the version does not declare is dropped and counted', async (t) => {
  const shop = new Workshop(t);
  const version = (number: string, manifest: string, methods: string) => ({
    name: 'R',
    version: number,
    manifest,
    methods,
  });
  shop.bundle(version('1.0.0', "ports: ['wire']", 'onWire() {}'));
  shop.bundle(version('1.1.0', '', ''));
  await shop.add('R', 'r@1.0.0');
  let receive: (datum: unknown) => void = () => {};
  shop.runtime.attach('R', 'wire', 'w0', {
    open: (to) => void (receive = to),
    send: () => 'sent',
    close: () => {},
  });
  await shop.replace('R', 'r@1.1.0');
  receive('datum');
  await turns();
  t.equal(shop.queue('R').dropped, 1);
});

t.test('so are packets that wait for a version which does not declare their port any more', async (t) => {
  const shop = new Workshop(t);
  let receive: (datum: unknown) => void = () => {};
  Object.assign(globalThis, { packetInTheWindow: () => receive('datum') });
  for (const [version, ports] of [
    ['1.0.0', "ports: ['wire']"],
    ['1.1.0', ''],
  ] as const)
    shop.bundle({
      name: 'R',
      version,
      manifest: `accepts: { tick: [1] }${ports && ', '}${ports}`,
      methods: `onWire() {} onTick() { return 'well'; }
        isQuiescent() { globalThis.packetInTheWindow(); return true; }`,
    });
  await shop.add('R', 'r@1.0.0');
  shop.runtime.attach('R', 'wire', 'w0', {
    open: (to) => void (receive = to),
    send: () => 'sent',
    close: () => {},
  });
  const report = await shop.replace('R', 'r@1.1.0');
  await turns();
  t.equal(report.members[0]!.buffered, 1);
  t.match(shop.queue('R'), { dropped: 1, waiting: 0 });
  t.equal(await shop.runtime.ask('R', 'tick'), 'well');
  t.strictSame(
    shop.log.filter(({ level }) => level === 'error'),
    [],
  );
});
