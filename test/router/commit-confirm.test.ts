/** A commit that waits to be confirmed, of a person at a serial line whose cable is pulled: the router goes back by itself. */
import t from 'tap';
import { Relay, skip as relayUnavailable } from '../serial/relay.ts';
import { rolesOf } from './live/configuration.ts';
import { checkSettings, Lookout } from './live/lookout.ts';
import { PRIORITIES, statesOf, wholeOf } from './live/observation.ts';
import { PATIENCE, unavailable } from './live/place.ts';
import { makeSurroundings } from './live/surroundings.ts';
import { personAt } from './person.ts';
import { eventuallyAsync } from './router-lab.ts';

t.test(
  'a commit whose console is lost goes back by itself, and the router is reachable as before',
  { skip: unavailable || relayUnavailable, timeout: 300_000 },
  async (t) => {
    const relay = await Relay.open(t);
    const { place, first } = await makeSurroundings(t, { serial: relay.router });
    const watch = new Lookout(place);
    const roles = rolesOf(first, {}, PRIORITIES);
    watch.expect(first, { ospf: [], vrrp: [], ip: [] });
    await watch.settle(first, roles);
    const before = await wholeOf(place);

    const type = await personAt(t, relay.host);
    const change = async () => {
      await type('delete ospf interfaces wan1\r', /hitless> /);
      await type('delete vrrp wan0 10\r', /hitless> /);
      await type('compare\r', /- ospf interfaces wan1[\s\S]*- vrrp wan0 10/);
    };
    const without = structuredClone(first);
    delete without.ospf!.interfaces.wan1;
    without.vrrp!.shift();
    const concern = { ospf: ['wan1'], vrrp: ['wan0/10'], ip: [] };
    await change();
    watch.expect(without, concern);
    await type('commit confirm 1h\r', /transaction \d+ committed/);
    checkSettings(await statesOf(place), without);
    await watch.check();
    watch.expect(first, concern);
    await type('rollback\r', /transaction \d+ committed/);
    await watch.settle(first, roles);

    await change();
    watch.expect(without, concern);
    await type('commit confirm 10s\r', /transaction \d+ committed/);
    relay.cut = true;
    watch.expect(first, concern);
    await eventuallyAsync('it goes back', PATIENCE, async () => {
      const upgrades = await place.data<{ undoes?: number; by: string }[]>('show upgrades');
      return upgrades.at(-1)?.undoes !== undefined && upgrades.at(-1)?.by === 'probation';
    });
    checkSettings(await statesOf(place), first);
    await watch.settle(first, roles);
    const after = await wholeOf(place);
    t.same(after.running, before.running);
    t.equal(after.file, before.file, 'the file was never touched');
    t.same(after.modules, before.modules);

    relay.cut = false;
    await type('show version\r', /OSPF/);
    await type('confirm\r', /NOTHING_TO_CONFIRM/);
  },
);
