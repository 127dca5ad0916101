/** Plans for another configuration: a pure function of two configurations. */
import t from 'tap';
import { readConfig } from '../../firmware/modules/ospf/config.ts';
import type { Config } from '../../firmware/modules/ospf/config-record.ts';
import { type InterfaceChange, type Plan, planFor } from '../../firmware/modules/ospf/plan.ts';
import { config as given } from './ospf-served.ts';
import { deepFreeze } from './plain-data.ts';

const { r0, r1 } = given.interfaces;

function read(config: object): Config {
  const made = readConfig(config);
  if ('error' in made) throw new Error(made.error);
  return deepFreeze(made);
}

const config = read(given);
const withR0 = (change: object) => read({ ...given, interfaces: { r0: { ...r0, ...change }, r1 } });

const NOTHING: Omit<Plan, 'config'> = {
  startsAgain: false,
  added: [],
  removed: [],
  changed: [],
  areas: { added: [], removed: [], changed: [] },
  redistributes: false,
  routes: false,
};
const change = (key: string, what: Partial<InterfaceChange> = {}): InterfaceChange => ({
  key,
  restarts: false,
  retimed: false,
  elects: false,
  costs: false,
  ...what,
});
const both = (what: Partial<InterfaceChange>) => ['r0', 'r1'].map((key) => change(key, what));

const CASES: readonly [string, Config, Partial<Plan>][] = [
  ['nothing', config, {}],
  ['a HelloInterval', withR0({ helloInterval: 2 }), { changed: [change('r0', { retimed: true })] }],
  ['a RouterDeadInterval', withR0({ deadInterval: 40 }), { changed: [change('r0')] }],
  ['a priority', withR0({ priority: 1 }), { changed: [change('r0', { elects: true })] }],
  // Whether it is the subnet that is used, only the link says.
  ['a subnet', withR0({ address: '10.0.0.0/24' }), { changed: [change('r0')] }],
  ['a type', withR0({ type: 'point-to-point' }), { changed: [change('r0', { restarts: true })] }],
  [
    'an interface in the place of another',
    read({ ...given, interfaces: { r0, r2: r1 } }),
    { added: ['r2'], removed: ['r1'] },
  ],
  [
    'the router id',
    read({ ...given, routerId: '1.1.1.2' }),
    { startsAgain: true, changed: both({ restarts: true }), routes: true },
  ],
  [
    'the area, and one interface less',
    read({ ...given, area: '0.0.0.1', interfaces: { r1 } }),
    {
      removed: ['r0'],
      changed: [change('r1', { restarts: true })],
      areas: { added: [1], removed: [0], changed: [] },
      routes: true,
    },
  ],
  [
    'the type of an area',
    { ...config, areas: { '0.0.0.0': { ...config.areas['0.0.0.0']!, type: 'stub' } } },
    {
      changed: both({ restarts: true }),
      areas: { added: [], removed: [], changed: [0] },
      routes: true,
    },
  ],
  [
    'what IP redistributes',
    { ...config, redistribute: { static: { metric: 20, type: 2 } } },
    { redistributes: true, routes: true },
  ],
  [
    'names that every object has',
    read({ ...given, interfaces: { r0, r1, constructor: r1 } }),
    { added: ['constructor'] },
  ],
];

for (const [name, next, expected] of CASES) {
  t.test(`the plan names what changes, and only that: ${name}`, async (t) => {
    t.same(planFor(config, next), { ...NOTHING, ...expected, config: next });
  });
}
