/** Design rule 15: what an input sets off is worked off in one place, in the order of the nouns, and has an end. */

import type { Context } from 'hitless/runtime';
import t from 'tap';
import {
  Agenda,
  MOST_CONSEQUENCES,
  settling,
  workOff,
  workOffAtOnce,
} from '../../firmware/modules/agenda.ts';

type Item = { on: 'machine' | 'packet'; name: string };
const made = () => new Agenda<Item>([['machine'], ['packet']]);
const machine = (name: string): Item => ({ on: 'machine', name });
const packet = (name: string): Item => ({ on: 'packet', name });

t.test('machines come to rest before a packet leaves, and first come is first served', async (t) => {
  const agenda = made();
  const done: string[] = [];
  for (const item of [packet('1'), machine('a'), machine('b')]) agenda.push(item);
  workOffAtOnce(agenda, ({ name }) => {
    done.push(name);
    if (name === 'a') for (const item of [packet('2'), machine('c')]) agenda.push(item);
  });
  t.same(done, ['a', 'b', 'c', '1', '2']);
  t.equal(agenda.next(), undefined);
});

t.test('long work gives way, and goes on where it was', async (t) => {
  const agenda = made();
  for (let i = 0; i < 200; i++) agenda.push(packet(String(i)));
  let done = 0;
  const steps = workOff(agenda, () => done++);
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
      workOffAtOnce(agenda, (item) => {
        done++;
        agenda.push(item);
      }),
    /more than 100000 consequences/,
  );
  t.equal(done, MOST_CONSEQUENCES);
});

t.test("a module's work is done by noun, with its state, in slices and at once", async (t) => {
  const { settle, settleAtOnce } = settling<string[], Item, Agenda<Item>>({
    machine: (state, { name }, agenda) => {
      state.push(`machine ${name}`);
      agenda.push(packet(`of ${name}`));
    },
    packet: (state, { name }) => state.push(`packet ${name}`),
  });
  const state: string[] = [];
  const agenda = made();
  agenda.push(machine('a'));
  settleAtOnce(state, agenda, {} as Context);
  t.same(state, ['machine a', 'packet of a']);
  for (let i = 0; i < 70; i++) agenda.push(packet(`${i}`));
  const steps = settle(state, agenda, {} as Context);
  t.equal(steps.next().value, 'slice');
  t.equal(state.length, 66);
  t.equal(steps.next().done, true);
  t.equal(state.at(-1), 'packet 69');
});
