/** What keeps the window of a swap warm: drilled swaps that nobody sees, and turns of the event loop between heavy work. */
import t, { type Test } from 'tap';
import { Guard } from '../../runtime/services/guard.ts';
import { turn } from '../../runtime/turn.ts';
import { Drill } from '../../runtime/upgrade/drill.ts';
import { Transaction } from '../../runtime/upgrade/transaction.ts';
import { VersionRepository } from '../../runtime/versions/repository.ts';
import { Workshop } from './workshop.ts';

async function makeDrill(t: Test): Promise<Drill> {
  const repository = new VersionRepository([], new Guard());
  t.teardown(() => repository.stop());
  return Drill.make(repository);
}

t.test('a drill swaps until it goes by itself, and then once whenever it is asked to', async (t) => {
  let turns = 0;
  const count = () => {
    turns++;
    counting = setImmediate(count);
  };
  let counting = setImmediate(count);
  t.teardown(() => clearImmediate(counting));
  let drill = await makeDrill(t);
  t.equal(drill.performed, 0);
  // A machine that stands still meanwhile lets it learn little.
  for (let i = 0; i < 10 && drill.performed <= 10; i++) {
    drill = await makeDrill(t);
    turns = 0;
    await drill.learn();
  }
  const learnt = drill.performed;
  t.ok(learnt > 10, `${learnt} swaps`);
  t.ok(turns > 2, 'the event loop had its turns meanwhile');
  for (let i = 0; i < 5; i++) drill.perform();
  t.equal(drill.performed, learnt + 5);
});

t.test('every transaction is drilled once, just before its window', async (t) => {
  const shop = new Workshop(t);
  const drilled = t.capture(Drill.prototype, 'perform', Drill.prototype.perform);
  for (const version of ['1.0.0', '1.1.0']) shop.bundle({ name: 'IP', version });
  await shop.add('IP', 'ip@1.0.0');
  drilled();
  const report = await shop.replace('IP', 'ip@1.1.0');
  t.equal(report.outcome, 'committed');
  t.equal(drilled().length, 1);
  shop.runtime.faults!.set('IP', 'busy', { duration: 20 });
  const again = await shop.replace('IP', 'ip@1.0.0');
  t.equal(again.outcome, 'committed');
  t.equal(drilled().length, 1, 'not at every attempt');
});

t.test('a drill that is cut, wherever that is, hurts nothing: it goes on or gives up', async (t) => {
  for (let i = 0; i < 10; i++) {
    const drill = await makeDrill(t);
    const guard = new Guard();
    const cut = guard.run(2 + i, () => {
      for (;;) drill.perform();
    });
    t.ok(cut !== undefined, 'it was cut');
    const { performed } = drill;
    drill.perform();
    drill.perform();
    // The cut may have come between two of them.
    t.ok([0, 2].includes(drill.performed - performed), `${drill.performed - performed} more`);
  }
});

t.test('a drill that was cut in its middle is not tried again', async (t) => {
  const drill = await makeDrill(t);
  const { drill: real } = Transaction.prototype;
  Transaction.prototype.drill = () => {
    for (;;);
  };
  t.teardown(() => {
    Transaction.prototype.drill = real;
  });
  t.ok(new Guard().run(5, () => drill.perform()) !== undefined, 'it was cut');
  Transaction.prototype.drill = real;
  drill.perform();
  t.equal(drill.performed, 0);
});

t.test('who waits for turns at once has one each', async (t) => {
  const order: string[] = [];
  const waiting = ['a', 'b', 'c'].map(async (name) => {
    await turn();
    order.push(name);
  });
  const others = () => {
    order.push('-');
    if (order.length < 8) setImmediate(others);
  };
  setImmediate(others);
  await Promise.all(waiting);
  t.match(order.join(''), /^-?a-b-c/);
});
