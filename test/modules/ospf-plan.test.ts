/** Plans for another configuration: a pure function of state and configuration. */
import t from 'tap';
import { type Plan, planFor } from '../../firmware/modules/ospf/plan.ts';
import type { Config, InterfaceConfig } from '../../firmware/modules/ospf/state.ts';
import { linkUp } from './fake-context.ts';
import { config, NEIGHBOR_HEARD, receive, served } from './ospf-served.ts';
import { deepFreeze } from './plain-data.ts';

const { r0, r1 } = config.interfaces;

/** A router with a neighbour that lists it, 2.2.2.2, and one that does not, 3.3.3.3. */
function lived() {
  const ospf = served();
  ospf.link(linkUp('r0', '10.0.0.1/24', '10.0.5.1/24'));
  receive(ospf, NEIGHBOR_HEARD);
  receive(ospf, {}, { from: '10.0.0.3', routerId: '3.3.3.3' });
  return ospf;
}

const withR0 = (change: Partial<InterfaceConfig>): Config => ({
  ...config,
  interfaces: { r0: { ...r0, ...change }, r1 },
});

const change = (name: string, { restarts = false, retimed = false } = {}) => ({ name, restarts, retimed });

const CASES: readonly [string, Config, Omit<Plan, 'config'>][] = [
  ['nothing', config, { added: [], removed: [], changed: [] }],
  [
    'a HelloInterval',
    withR0({ helloInterval: 2 }),
    { added: [], removed: [], changed: [change('r0', { retimed: true })] },
  ],
  ['a RouterDeadInterval', withR0({ deadInterval: 40 }), { added: [], removed: [], changed: [change('r0')] }],
  ['a priority', withR0({ priority: 1 }), { added: [], removed: [], changed: [change('r0')] }],
  [
    'the subnet that is used, in other words',
    withR0({ address: '10.0.0.0/24' }),
    { added: [], removed: [], changed: [change('r0')] },
  ],
  [
    'another subnet',
    withR0({ address: '10.0.5.1' }),
    { added: [], removed: [], changed: [change('r0', { restarts: true })] },
  ],
  [
    'a subnet that it does not have',
    withR0({ address: '10.0.9.1' }),
    { added: [], removed: [], changed: [change('r0', { restarts: true })] },
  ],
  [
    'an interface in the place of another',
    { ...config, interfaces: { r0, r2: r1 } },
    { added: ['r2'], removed: ['r1'], changed: [] },
  ],
  [
    'the router id',
    { ...config, routerId: '1.1.1.2' },
    { added: [], removed: [], changed: ['r0', 'r1'].map((name) => change(name, { restarts: true })) },
  ],
  [
    'the router id, to that of a neighbour: the way back of another change may be so',
    { ...config, routerId: '2.2.2.2' },
    { added: [], removed: [], changed: ['r0', 'r1'].map((name) => change(name, { restarts: true })) },
  ],
  [
    'the area, and one interface less',
    { ...config, area: '0.0.0.1', interfaces: { r1 } },
    { added: [], removed: ['r0'], changed: [change('r1', { restarts: true })] },
  ],
  [
    'names that every object has',
    { ...config, interfaces: { r0, r1, constructor: r1 } },
    { added: ['constructor'], removed: [], changed: [] },
  ],
];

for (const [name, next, expected] of CASES) {
  t.test(`the plan names what changes, and only that: ${name}`, async (t) => {
    const state = deepFreeze(lived().state);
    t.same(planFor(state, next), { ...expected, config: next });
  });
}
