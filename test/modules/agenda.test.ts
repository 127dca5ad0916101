/** Design rule 15: what an input sets off is worked off in one place, in the order of the nouns, and has an end. */

import type { Context } from 'hitless/runtime';
import t from 'tap';
import { Agenda, MOST_CONSEQUENCES, settling } from '../../firmware/modules/agenda.ts';

type Item = { on: 'machine' | 'packet'; name: string };
const made = () => new Agenda<Item>([['machine'], ['packet']]);
const machine = (name: string): Item => ({ on: 'machine', name });
const packet = (name: string): Item => ({ on: 'packet', name });

/** Settles an agenda by the same work for all nouns. */
const settled = (work: (item: Item, agenda: Agenda<Item>) => void) => {
  const { settle, settleAtOnce } = settling<undefined, Item, Agenda<Item>>({
    machine: (_, item, agenda) => work(item, agenda),
    packet: (_, item, agenda) => work(item, agenda),
  });
  return {
    inSlices: (agenda: Agenda<Item>) => settle(undefined, agenda, NOWHERE),
    atOnce: (agenda: Agenda<Item>) => settleAtOnce(undefined, agenda, NOWHERE),
  };
};
const NOWHERE = {} as Context;

t.test('machines come to rest before a packet leaves, and first come is first served', async (t) => {
  const agenda = made();
  const done: string[] = [];
  for (const item of [packet('1'), machine('a'), machine('b')]) agenda.push(item);
  settled(({ name }) => {
    done.push(name);
    if (name === 'a') for (const item of [packet('2'), machine('c')]) agenda.push(item);
  }).atOnce(agenda);
  t.same(done, ['a', 'b', 'c', '1', '2']);
  t.equal(agenda.next(), undefined);
});

t.test('long work gives way, and goes on where it was', async (t) => {
  const agenda = made();
  for (let i = 0; i < 200; i++) agenda.push(packet(String(i)));
  let done = 0;
  const steps = settled(() => done++).inSlices(agenda);
  const at: number[] = [];
  while (!steps.next().done) at.push(done);
  t.same(at, [64, 128, 192]);
  t.equal(done, 200);
});

t.test('consequences that set each other off for ever have an end, and are told', async (t) => {
  const agenda = made();
  agenda.push(machine('a'));
  let done = 0;
  t.throws(
    () =>
      settled((item) => {
        done++;
        agenda.push(item);
      }).atOnce(agenda),
    /more than 100000 consequences/,
  );
  t.equal(done, MOST_CONSEQUENCES);
});

t.test('the work of a noun is done with its state, and may put more on the agenda', async (t) => {
  const { settleAtOnce } = settling<string[], Item, Agenda<Item>>({
    machine: (state, { name }, agenda) => {
      state.push(`machine ${name}`);
      agenda.push(packet(`of ${name}`));
    },
    packet: (state, { name }) => state.push(`packet ${name}`),
  });
  const state: string[] = [];
  const agenda = made();
  agenda.push(machine('a'));
  settleAtOnce(state, agenda, NOWHERE);
  t.same(state, ['machine a', 'packet of a']);
});
