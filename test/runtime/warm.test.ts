/** The code of a transaction is warmed by a runtime that nobody knows. */
import t from 'tap';
import { warm } from '../../runtime/upgrade/warm.ts';
import { Workshop } from './workshop.ts';

t.test(
  'before the first transaction its code is warmed, once in a process, and nothing of it is seen',
  async (t) => {
    const shop = new Workshop(t);
    shop.bundle({ name: 'IP', version: '1.0.0' });
    const before = process.getActiveResourcesInfo().sort();
    await shop.add('IP', 'ip@1.0.0');
    t.strictSame(
      shop.runtime.modules().map(({ name }) => name),
      ['IP'],
    );
    t.equal(shop.runtime.history.length, 1);
    t.equal(shop.runtime.history[0]!.id, 1);
    t.strictSame(
      shop.texts().filter((text) => /HAMLET|OPHELIA/.test(text)),
      [],
    );
    t.strictSame(
      shop.runtime.versions().map(({ bundle }) => bundle),
      ['ip@1.0.0'],
    );
    await new Promise((resolve) => setTimeout(resolve, 5));
    t.strictSame(process.getActiveResourcesInfo().sort(), before);
    let made = 0;
    await warm(() => {
      made++;
      throw new Error('no stage');
    });
    t.equal(made, 0, 'it was warm before');
  },
);

t.test('a warm-up that fails hurts nothing, and ends what it made', async (t) => {
  // Another copy of the module has warmed nothing yet.
  const another: { warm: typeof warm } = await import(
    new URL('../../runtime/upgrade/warm.ts?another', import.meta.url).href
  );
  const calls: string[] = [];
  const stage = {
    repository: {
      provide: () => Promise.reject(new Error('no room')),
      acquire: () => Promise.reject(new Error('nothing there')),
    },
    run: async () => void calls.push('run'),
    send: () => void calls.push('send'),
    stop: () => void calls.push('stop'),
  };
  await another.warm(() => stage);
  t.strictSame(calls, ['stop']);
});

t.test('a warm-up really swaps', async (t) => {
  const another: { warm: typeof warm } = await import(
    new URL('../../runtime/upgrade/warm.ts?third', import.meta.url).href
  );
  const shop = new Workshop(t);
  await another.warm(() => {
    const { runtime } = shop;
    return {
      repository: runtime.repository,
      run: (changes, origin) => runtime.run(changes, origin),
      send: (to, type, body) => runtime.send(to, type, body),
      stop: () => {},
    };
  });
  t.strictSame(
    shop.runtime.history.map(({ outcome, members }) => [
      outcome,
      ...members.map(({ change, to }) => `${change} ${to}`),
    ]),
    [
      ['committed', 'add 1.0.0', 'add 1.0.0'],
      ['committed', 'replace 1.1.0', 'replace 1.1.0'],
      ['committed', 'replace 1.0.0', 'replace 1.0.0'],
    ],
  );
  t.strictSame(
    shop.log.filter(({ level }) => level === 'error'),
    [],
  );
});
