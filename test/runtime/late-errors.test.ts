/** Errors of module code that nobody called are the module's, and end no program. */
import t, { type Test } from 'tap';
import { Workshop } from './workshop.ts';

/** Drops a promise whose code throws, and keeps what a host would be told of it. */
const STRAY = {
  name: 'STRAY',
  version: '1.0.0',
  manifest: 'accepts: { go: [1], ping: [1] }',
  methods: `
    onPing() { return 'pong'; }
    onGo() { this.#later().catch((error) => globalThis.uncaught.push(error)); }
    async #later() { await null; throw new Error('nobody waits for this'); }`,
};

async function shopOf(t: Test, options = {}) {
  const uncaught: unknown[] = [];
  Object.assign(globalThis, { uncaught });
  t.teardown(() => Reflect.deleteProperty(globalThis, 'uncaught'));
  const shop = new Workshop(t, options);
  const next = async () => {
    shop.runtime.send('STRAY', 'go');
    while (uncaught.length === 0) await new Promise((resolve) => setImmediate(resolve));
    return uncaught.shift();
  };
  return { shop, next };
}

t.test('an error of a promise that a handler dropped is told as its module’s', async (t) => {
  const { shop, next } = await shopOf(t);
  await shop.add('STRAY', shop.bundle(STRAY));
  t.equal(shop.runtime.blame(await next()), 'STRAY');
  t.match(shop.log.at(-1), {
    level: 'error',
    module: 'STRAY',
    text: /nobody called threw: Error: nobody waits/,
  });
  t.equal(shop.view('STRAY').errors, 1);
  t.equal(await shop.runtime.ask('STRAY', 'ping'), 'pong');
  for (let i = 0; i < 2; i++) shop.runtime.blame(await next());
  t.match(shop.view('STRAY'), { service: 'disabled', reason: /its code threw 3 times within a minute/ });
});

t.test('a version on probation goes back for it', async (t) => {
  const { shop, next } = await shopOf(t, { probation: {} });
  await shop.add('STRAY', shop.bundle({ ...STRAY, version: '0.9.0' }));
  await shop.replace('STRAY', shop.bundle(STRAY));
  shop.runtime.blame(await next());
  while (shop.view('STRAY').version !== '0.9.0') await new Promise((resolve) => setImmediate(resolve));
  t.equal(shop.view('STRAY').service, 'service');
});

t.test('an error of a version that was replaced is told, and is not the new version’s', async (t) => {
  const { shop, next } = await shopOf(t);
  await shop.add('STRAY', shop.bundle(STRAY));
  const error = await next();
  await shop.replace('STRAY', shop.bundle({ ...STRAY, version: '1.1.0' }));
  for (let i = 0; i < 4; i++) t.equal(shop.runtime.blame(error), 'STRAY');
  t.match(shop.view('STRAY'), { errors: 0, service: 'service' });
});

t.test('an error of the program is no module’s, and one that cannot be looked at neither', async (t) => {
  const { shop } = await shopOf(t);
  await shop.add('STRAY', shop.bundle(STRAY));
  t.equal(shop.runtime.blame(new Error('the program’s own')), undefined);
  t.equal(shop.runtime.blame('a text'), undefined);
  t.equal(shop.runtime.blame(undefined), undefined);
  let looked = 0;
  const endless = {
    get stack(): string {
      looked++;
      for (;;);
    },
  };
  t.equal(shop.runtime.blame(endless), undefined);
  t.equal(looked, 1);
});
