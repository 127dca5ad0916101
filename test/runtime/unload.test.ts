import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { turns, Workshop } from './workshop.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Its instance tells the test about itself, so that the test can see it go. */
const ballast = (version: string) => ({
  name: 'BALLAST',
  version,
  manifest: "accepts: { ping: [1] }, timers: ['beat'], subscribes: { news: [1] }",
  methods: `
    initial() { return { pings: 0 }; }
    start(why) { this.weight = new Uint8Array(1e6); globalThis.instances.push(new WeakRef(this)); if (why === 'cold') this.ctx.setTimer('beat', '', 5, { every: 5 }); }
    onPing() { return ++this.state.pings; }
    onBeat() {}
    onNews() {}`,
});

t.test(
  'an old version is really gone: its instance is collected, whether the swap was committed or aborted',
  async (t) => {
    const instances: WeakRef<object>[] = [];
    Object.assign(globalThis, { instances });
    t.teardown(() => Reflect.deleteProperty(globalThis, 'instances'));
    const shop = new Workshop(t);
    shop.bundle(ballast('1.0.0'));
    shop.bundle(ballast('1.1.0'));
    await shop.add('BALLAST', 'ballast@1.0.0');
    for (let i = 0; i < 20; i++) {
      if (i % 4 === 3) shop.runtime.faults!.set('BALLAST', 'throw', { hook: 'vote' });
      await shop.replace(
        'BALLAST',
        shop.view('BALLAST').version === '1.0.0' ? 'ballast@1.1.0' : 'ballast@1.0.0',
      );
      t.equal(await shop.runtime.ask('BALLAST', 'ping'), i + 1);
    }
    await turns(10);
    collect();
    await turns(10);
    collect();
    t.ok(instances.length >= 15, `${instances.length} were started`);
    t.equal(
      instances.filter((instance) => instance.deref() !== undefined).length,
      1,
      'only the current one is left',
    );
    t.match(shop.view('BALLAST').timers, [{ type: 'beat' }], 'one timer, not one a version');
  },
);
