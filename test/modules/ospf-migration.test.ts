/** From state version 3 (2.3.1) to 4 and back: neighbours, counters, relays and timers go along. */
import t from 'tap';
import { down3, type StateV3, up3 } from '../../firmware/modules/ospf/migration.ts';
import Ospf, { manifest } from '../../firmware/modules/ospf/module.ts';
import Ospf3, { manifest as manifest3 } from '../../firmware/modules/ospf/module.ts';
import type { State as EarlierState, State } from '../../firmware/modules/ospf/state.ts';
import { Served } from './fake-context.ts';
import { copyOfState } from './ospf-network.ts';
import { receive, served } from './ospf-served.ts';

function earlier() {
  const ospf = served();
  receive(ospf, { neighbors: ['1.1.1.1'], dr: '10.0.0.9', priority: 3 });
  receive(ospf, {}, { from: '10.0.0.3', routerId: '3.3.3.3' });
  ospf.message('IP', '2.1.0', 'relay', { relay: 7 });
  return ospf;
}

function upgraded() {
  const before = earlier();
  const state = up3(structuredClone(before.state) as unknown as StateV3);
  return new Served<State>(Ospf3, manifest3, { state, before: before.ctx });
}

const statesIn = (ospf: Served<State>) =>
  [...ospf.state.interfaces.get('r0')!.neighbors.values()].map(({ state }) => state);

t.test('a neighbour in 2-Way is in 2-Way afterwards, and is lost when its timer of before expires', (t) => {
  const ospf = upgraded();
  t.strictSame(statesIn(ospf), ['2-Way', 'Init']);
  t.equal(ospf.state.interfaces.get('r0')!.state, 'DROther');
  t.equal(ospf.state.counters.helloReceived, 2);
  t.equal(ospf.state.relays.get('IP')?.last, 7);
  ospf.advance(100);
  t.strictSame(statesIn(ospf), ['2-Way', 'Init'], 'nothing changes by the swap itself');
  ospf.advance(4000);
  t.strictSame(statesIn(ospf), []);
  t.equal(ospf.state.counters.unexpected, undefined);
  t.end();
});

t.test('Hellos go on at the beat of before', (t) => {
  const before = earlier();
  const due = before.ctx.timers.get('hello r0')?.due;
  const state = up3(structuredClone(before.state) as unknown as StateV3);
  const ospf = new Served<State>(Ospf3, manifest3, { state, before: before.ctx });
  t.equal(ospf.ctx.timers.get('hello r0')?.due, due);
  t.ok(ospf.ctx.opened.has('ospf r0'));
  t.end();
});

t.test('on the way back all that 2.3.1 knows is there again', (t) => {
  const before = earlier();
  const there = up3(structuredClone(before.state) as unknown as StateV3);
  const back = down3(copyOfState(there)) as unknown as EarlierState;
  const again = new Served(Ospf, manifest, { state: back, before: before.ctx });
  const [r0, was] = [again.state.interfaces.get('r0')!, before.state.interfaces.get('r0')!];
  t.same(
    [...r0.neighbors.values()].map(({ routerId, address, state, timer }) => [
      routerId,
      address,
      state,
      timer,
    ]),
    [...was.neighbors.values()].map(({ routerId, address, state, timer }) => [
      routerId,
      address,
      state,
      timer,
    ]),
  );
  t.same(again.state.config, before.state.config);
  t.same(again.state.counters, before.state.counters);
  t.same(again.state.relays, before.state.relays);
  t.same(r0.link?.addresses, was.link?.addresses);
  t.equal(r0.state, was.state);
  again.advance(4000);
  t.equal(again.state.interfaces.get('r0')!.neighbors.size, 0, 'timers are those of before');
  t.end();
});
