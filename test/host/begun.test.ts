/** The ends of what a program has begun. */
import t from 'tap';
import { Begun } from '../../firmware/host/begun.ts';

t.test('all ends in reverse order, each after the one before is through', async (t) => {
  const begun = new Begun();
  const ended: string[] = [];
  begun.add(() => ended.push('first'));
  begun.add(async () => {
    await new Promise(setImmediate);
    ended.push('second');
  });
  begun.add(() => ended.push('third'));
  await begun.end();
  t.same(ended, ['third', 'second', 'first']);
});

t.test('a failure keeps nothing from its end, and the first one is told', async (t) => {
  const begun = new Begun();
  const ended: string[] = [];
  begun.add(() => ended.push('first'));
  begun.add(() => {
    throw new Error('second');
  });
  begun.add(() => Promise.reject(new Error('third')));
  await t.rejects(begun.end(), { message: 'third' });
  t.same(ended, ['first']);
});

t.test('what is begun while others end is ended too, and nothing twice', async (t) => {
  const begun = new Begun();
  const ended: string[] = [];
  begun.add(() => ended.push('first'));
  begun.add(() => begun.add(() => ended.push('late')));
  await begun.end();
  await begun.end();
  t.same(ended, ['late', 'first']);
});
