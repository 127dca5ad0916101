/** The state machine of neighbours up to 2-Way, by itself (RFC 2328 10.3). */
import t from 'tap';
import { toNumber } from '../../firmware/modules/address.ts';
import { newNeighbor, TRANSITIONS } from '../../firmware/modules/ospf/adjacency/neighbor.ts';
import { OspfAgenda } from '../../firmware/modules/ospf/agenda.ts';
import { settle } from '../../firmware/modules/ospf/settle.ts';
import type { Interface, Neighbor, NeighborEvent, NeighborState } from '../../firmware/modules/ospf/state.ts';
import { linkUp } from './fake-context.ts';
import { ServedOspf } from './ospf-served.ts';

const config = {
  routerId: '1.1.1.1',
  area: '0.0.0.0',
  interfaces: { r0: { helloInterval: 1, deadInterval: 4, priority: 0 } },
};
const routed = () => new ServedOspf({ config });
type Router = ReturnType<typeof routed>;

const EVENTS: NeighborEvent[] = [
  'HelloReceived',
  '2-WayReceived',
  '1-WayReceived',
  'KillNbr',
  'InactivityTimer',
  'LLDown',
];

/** RFC 2328 10.3, copied from its tables by hand: state, event, next state, and what becomes of the inactivity timer. */
const EXPECTED: [
  NeighborState,
  NeighborEvent,
  NeighborState | 'unexpected',
  'started' | 'kept' | 'stopped',
][] = [
  ['Down', 'HelloReceived', 'Init', 'started'],
  ['Down', '2-WayReceived', 'unexpected', 'kept'],
  ['Down', '1-WayReceived', 'unexpected', 'kept'],
  ['Down', 'KillNbr', 'Down', 'stopped'],
  ['Down', 'InactivityTimer', 'Down', 'stopped'],
  ['Down', 'LLDown', 'Down', 'stopped'],
  ['Init', 'HelloReceived', 'Init', 'started'],
  ['Init', '2-WayReceived', '2-Way', 'kept'],
  ['Init', '1-WayReceived', 'Init', 'kept'],
  ['Init', 'KillNbr', 'Down', 'stopped'],
  ['Init', 'InactivityTimer', 'Down', 'stopped'],
  ['Init', 'LLDown', 'Down', 'stopped'],
  ['2-Way', 'HelloReceived', '2-Way', 'started'],
  ['2-Way', '2-WayReceived', '2-Way', 'kept'],
  ['2-Way', '1-WayReceived', 'Init', 'kept'],
  ['2-Way', 'KillNbr', 'Down', 'stopped'],
  ['2-Way', 'InactivityTimer', 'Down', 'stopped'],
  ['2-Way', 'LLDown', 'Down', 'stopped'],
];

/** The event, and all that it sets off. */
function neighborEvent(ospf: Router, iface: Interface, neighbor: Neighbor, event: NeighborEvent): void {
  const agenda = new OspfAgenda();
  agenda.neighbor(iface, neighbor, event);
  for (const _ of settle(ospf.state, agenda, ospf.ctx));
}

const made = (iface: Interface) =>
  newNeighbor(iface, '10.0.0.2', toNumber('10.0.0.2'), toNumber('2.2.2.2'), 0);

for (const [state, event, next, timer] of EXPECTED) {
  t.test(`${event} in ${state}: ${next}, inactivity timer ${timer}`, async (t) => {
    const ospf = routed();
    ospf.link(linkUp('r0', '10.0.0.1/24'));
    const iface = ospf.state.interfaces.get('r0')!;
    ospf.ctx.transmitted.length = 0;
    ospf.ctx.logged.length = 0;
    const neighbor: Neighbor = { ...made(iface), state };
    iface.neighbors.set('10.0.0.2', neighbor);
    ospf.ctx.setTimer('inactivity', 'r0/2.2.2.2', 1234);
    neighborEvent(ospf, iface, neighbor, event);
    t.equal(neighbor.state, next === 'unexpected' ? state : next);
    t.same(neighbor.events, { [event]: 1 });
    const due = { started: 4000, kept: 1234, stopped: undefined }[timer];
    t.equal(ospf.ctx.timerDue('inactivity', 'r0/2.2.2.2'), due);
    const changed = next !== 'unexpected' && next !== state;
    t.equal(iface.neighbors.has('10.0.0.2'), !(changed && next === 'Down'), 'forgotten when it goes Down');
    t.equal(iface.events.NeighborChange, changed && [state, next].includes('2-Way') ? 1 : undefined);
    t.equal(ospf.ctx.transmitted.length, changed && next === 'Init' ? 1 : 0, 'Hello at once');
    t.equal(ospf.ctx.takeLog('info').length, changed ? 1 : 0);
    if (next === 'unexpected') t.equal(ospf.state.counters.unexpected, 1);
  });
}

t.test('an unexpected event is named with the state it came in', async (t) => {
  const ospf = routed();
  const iface = ospf.state.interfaces.get('r0')!;
  const neighbor: Neighbor = made(iface);
  neighborEvent(ospf, iface, neighbor, '2-WayReceived');
  t.same(ospf.ctx.takeLog('warn'), ['neighbour 2.2.2.2 on r0: unexpected 2-WayReceived in Down (1 so far)']);
});

t.test('no pair of state and event has two rows, and all pairs are tried here', async (t) => {
  const pairs = TRANSITIONS.flatMap(([states, event]) => states.map((state) => `${state} ${event}`));
  t.equal(new Set(pairs).size, pairs.length);
  t.equal(EXPECTED.length, 3 * EVENTS.length);
});
