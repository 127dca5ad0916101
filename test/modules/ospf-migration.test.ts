/** Between the released 2.3.1 (state version 3) and 3.0.0 (4), there and back: neighbours, counters, relays and timers go along. */
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import * as ospf from '../../firmware/modules/ospf/module.ts';
import { type ModuleKit, testModule } from '../../runtime/testing/index.ts';
import { linkUp } from './fake-context.ts';
import { ALL_SPF_ROUTERS, config, HELLO, helloBytes } from './ospf-served.ts';

const RELEASED = fileURLToPath(new URL('../../firmware/releases/ospf-2.3.1.cjs', import.meta.url));

interface Shared {
  counters: Record<string, number>;
  relays: Map<string, { last: number }>;
  interfaces: Map<string, { state: string; neighbors: Map<string, unknown> }>;
}
// biome-ignore lint/suspicious/noExplicitAny: versions of two types
type Kit = ModuleKit<any>;

function hear(kit: Kit, from: string, routerId: string, neighbors: string[]): void {
  const payload = helloBytes(routerId, '0.0.0.0', { ...HELLO, neighbors, dr: '10.0.0.9', priority: 3 });
  kit.receive('ospf', 'r0', { from, to: ALL_SPF_ROUTERS, ttl: 1, payload });
}

/** The released version half a second after two Hellos, of which one lists us. */
async function earlier(t: Test): Promise<Kit> {
  const kit: Kit = await testModule(RELEASED, { config, probation: false });
  t.teardown(() => kit.runtime.stop());
  kit.publish('link', linkUp('r0', '10.0.0.1/24'), { retain: 'r0' });
  kit.publish('link', linkUp('r1', '10.0.1.1/24'), { retain: 'r1' });
  hear(kit, '10.0.0.2', '2.2.2.2', ['1.1.1.1']);
  hear(kit, '10.0.0.3', '3.3.3.3', []);
  kit.deliver('relay', { relay: 7 }, { from: 'IP' });
  kit.advance(500);
  kit.take();
  return kit;
}

async function neighborsOf(kit: Kit) {
  const rows = await kit.ask<Iterable<Record<string, unknown>>>('neighbors');
  return [...rows].map(
    ({ interface: name, routerId, address, state, deadIn }) =>
      `${name} ${routerId} ${address} ${state} ${deadIn}`,
  );
}

const timersOf = (kit: Kit) =>
  kit.timers
    .filter(({ type }) => type === 'hello' || type === 'inactivity')
    .map(({ type, key, dueIn }) => `${type} ${key} ${dueIn}`)
    .sort();

async function viewOf(kit: Kit) {
  const { counters, relays, interfaces } = kit.state as Shared;
  const { helloReceived } = counters;
  return {
    neighbors: await neighborsOf(kit),
    timers: timersOf(kit),
    interfaces: [...interfaces].map(([name, { state }]) => `${name} ${state}`),
    helloReceived,
    relay: relays.get('IP')?.last,
  };
}

t.test('up, down and up again nothing is sent again, and all is as it was', async (t) => {
  const kit = await earlier(t);
  const before = await viewOf(kit);
  t.same(before.neighbors, ['r0 2.2.2.2 10.0.0.2 2-Way 3500', 'r0 3.3.3.3 10.0.0.3 Init 3500']);
  for (const version of [ospf, RELEASED, ospf, RELEASED, ospf]) {
    await kit.replace(version);
    kit.advance(0);
    t.same(await viewOf(kit), before, kit.version);
    t.same(
      kit.take().filter(({ kind }) => kind === 'transmitted'),
      [],
      'a swap sends nothing',
    );
  }
  t.equal((kit.state as Shared).counters.unexpected, undefined);
});

for (const [where, versions] of [
  ['after the way up', [ospf]],
  ['after the way back', [ospf, RELEASED]],
  ['after the way up again', [ospf, RELEASED, ospf]],
] as const) {
  t.test(
    `${where} a neighbour is lost when its timer of before expires, and Hellos keep the beat`,
    async (t) => {
      const kit = await earlier(t);
      for (const version of versions) await kit.replace(version);
      kit.advance(0);
      kit.take();
      const sent = () =>
        kit.take().filter((output) => output.kind === 'transmitted' && output.key === 'r0').length;
      kit.advance(499);
      t.equal(sent(), 0);
      for (const ms of [1, 1_000, 1_000]) {
        kit.advance(ms);
        t.equal(sent(), 1, 'a Hello each second');
      }
      kit.advance(999);
      t.equal((await neighborsOf(kit)).length, 2);
      kit.advance(1);
      t.same(await neighborsOf(kit), []);
    },
  );
}
