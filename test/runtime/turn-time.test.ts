/** How long a turn of the scheduler goes on while others wait for the event loop. */
import t from 'tap';
import { Workshop } from './workshop.ts';

const MESSAGES = 40;

/** Takes 2 ms for each message, which is more than a turn. */
const slow = (name: string) => ({
  name,
  version: '1.0.0',
  manifest: 'accepts: { work: [1], nothing: [1], count: [1] }',
  methods: `
    initial() { return { done: 0 }; }
    onWork() {
      const end = performance.now() + 2;
      while (performance.now() < end);
      this.state.done++;
    }
    onNothing() {}
    onCount() { return this.state.done; }`,
});

/** Returns how often the event loop turned until all is handled. */
async function turnsUntil(done: () => Promise<boolean>): Promise<number> {
  let turned = 0;
  let isOver = false;
  const turn = () => {
    turned++;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  while (!(await done()));
  isOver = true;
  return turned;
}

t.test('many long messages to one module let the event loop turn after each', async (t) => {
  const shop = new Workshop(t);
  shop.bundle(slow('SLOW'));
  await shop.add('SLOW', 'slow@1.0.0');
  for (let i = 0; i < MESSAGES; i++) shop.runtime.send('SLOW', 'work', i);
  const turned = await turnsUntil(async () => (await shop.runtime.ask('SLOW', 'count')) === MESSAGES);
  // Two turns of the scheduler may come in one of the loop: one before it looks at its sockets and timers.
  t.ok(turned >= MESSAGES / 2 - 1, `${turned} turns of the loop`);
});

t.test('a message that is long is found among many that are short', async (t) => {
  const shop = new Workshop(t);
  shop.bundle(slow('SLOW'));
  await shop.add('SLOW', 'slow@1.0.0');
  for (let i = 0; i < MESSAGES; i++) {
    shop.runtime.send('SLOW', 'work', i);
    for (let j = 0; j < 3; j++) shop.runtime.send('SLOW', 'nothing', j);
  }
  const turned = await turnsUntil(async () => (await shop.runtime.ask('SLOW', 'count')) === MESSAGES);
  t.ok(turned >= MESSAGES / 2 - 1, `${turned} turns of the loop`);
});

t.test('ten modules with a long message each do not hold the event loop together', async (t) => {
  const shop = new Workshop(t);
  const names = Array.from({ length: 10 }, (_, i) => `SLOW${i}`);
  for (const name of names) {
    shop.bundle(slow(name));
    await shop.add(name, `${name.toLowerCase()}@1.0.0`);
  }
  for (const name of names) shop.runtime.send(name, 'work', 0);
  const turned = await turnsUntil(async () => {
    const counts = await Promise.all(names.map((name) => shop.runtime.ask(name, 'count')));
    return counts.every((count) => count === 1);
  });
  t.ok(turned >= names.length / 2 - 1, `${turned} turns of the loop`);
});
