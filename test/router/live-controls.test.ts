/**
 * The checks of `live-configuration.test.ts` see what they look for: versions that do something wrong are found out. Each
 * campaign opens with changes at which the wrong shows itself; LIVE_SEED=… repeats by which ways they are made.
 */
import t from 'tap';
import { Campaign, type Opening } from './live/campaign.ts';
import type { ModuleName } from './live/configuration.ts';
import { unavailable } from './live/place.ts';
import { makeSurroundings } from './live/surroundings.ts';

const SEED = Number(process.env.LIVE_SEED ?? Date.now() % 1e9);

/** Has the class of a bundle do something else. */
const extended = (methods: string) => `
const Right = module.exports.default;
module.exports = { ...module.exports, default: class extends Right { ${methods} } };
`;

const newDeadInterval: Opening = {
  said: 'ospf wan0 dead-interval is 80s',
  edit: ({ ospf }) => {
    ospf!.interfaces.wan0!['dead-interval'] = '80s';
  },
};

const REFUSED_ID = '10.9.0.99';

/** OSPF has read it when it refuses. */
const refusedId: Opening = {
  said: `router id is ${REFUSED_ID}`,
  edit: ({ router }) => {
    router.id = REFUSED_ID;
  },
  refusal: /CONFIG_REFUSED: ospf@.*not this one/,
};

const advertisingOn = (...names: string[]): Opening => ({
  said: `ip runs on ${names.join(' and ')}`,
  edit: ({ ip }) => {
    ip!.interfaces = Object.fromEntries(names.map((name) => [name, { interval: '1s' }]));
  },
});

const newPreference: Opening = {
  said: 'ip wan0 preference is 5',
  edit: ({ ip }) => {
    ip!.interfaces.wan0!.preference = 5;
  },
};

interface Wrong {
  what: string;
  module: ModuleName;
  methods: string;
  opening: readonly Opening[];
  found: RegExp;
}

const WRONG: readonly Wrong[] = [
  {
    what: 'apply resets all neighbours',
    module: 'OSPF',
    methods: `apply(plan) {
      super.apply(plan);
      for (const { neighbors } of this.state.interfaces.values()) neighbors.clear();
    }`,
    opening: [newDeadInterval],
    found: /ospf wan\d has noticed/,
  },
  {
    what: 'configure writes the state',
    module: 'OSPF',
    methods: `configure(given) {
      const plan = super.configure(given);
      this.state.config = given;
      return given.routerId === '${REFUSED_ID}' ? 'not this one' : plan;
    }`,
    opening: [refusedId],
    found: /it is not as before:\n\.states\.OSPF\.config/,
  },
  {
    what: 'configure takes everything, and apply does nothing',
    module: 'OSPF',
    methods: `configure() { return {}; }
    apply() {}`,
    opening: [newDeadInterval],
    found: /OSPF runs by .*and the configuration says/,
  },
  {
    what: 'apply takes leave of hosts where IP stays, after they had been left and come back to',
    module: 'IP',
    methods: `apply(plan) {
      super.apply(plan);
      if (plan.added.length + plan.removed.length > 0) return;
      const payload = Uint8Array.of(9, 0, 0xf5, 0xfd, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
      for (const name of this.state.interfaces.keys()) this.ctx.transmit('icmp', name, { to: '224.0.0.1', payload });
    }`,
    opening: [advertisingOn('wan2'), advertisingOn('wan0', 'wan1'), newPreference],
    found: /ip wan\d takes leave, and nobody has taken it away/,
  },
];

for (const { what, module, methods, opening, found } of WRONG) {
  t.test(`found out: ${what} (LIVE_SEED=${SEED})`, { skip: unavailable, timeout: 600_000 }, async (t) => {
    const surroundings = await makeSurroundings(t, { more: { [module]: extended(methods) } });
    const nothingElse = { valid: 0, invalid: 0, clients: 0, routers: 0 };
    const campaign = new Campaign(t, surroundings, { seed: SEED, opening, ...nothingElse });
    const violation = await campaign.run();
    t.match(violation?.message, found);
    t.equal(campaign.trace.length, opening.length, 'at the last of its changes');
    for (const line of campaign.trace) t.comment(line);
  });
}
