/** The checks of `live-configuration.test.ts` see what they look for: versions of OSPF that do something wrong are found out. */
import t from 'tap';
import { Campaign } from './live/campaign.ts';
import { unavailable } from './live/place.ts';
import { makeSurroundings } from './live/surroundings.ts';

const SEED = Number(process.env.LIVE_SEED ?? Date.now() % 1e9);
const CHANGES = 60;

/** Has the class of a bundle do something else. */
const extended = (methods: string) => `
const Right = module.exports.default;
module.exports = { ...module.exports, default: class extends Right { ${methods} } };
`;

const WRONG: readonly [what: string, methods: string, found: RegExp][] = [
  [
    'apply resets all neighbours',
    `apply(plan) {
      super.apply(plan);
      for (const { neighbors } of this.state.interfaces.values()) neighbors.clear();
    }`,
    /ospf wan\d has noticed/,
  ],
  [
    'configure writes the state',
    `configure(given) {
      const plan = super.configure(given);
      this.state.config = given;
      return plan;
    }`,
    /it is not as before:\n\.states\.OSPF\.config/,
  ],
  [
    'configure takes everything, and apply does nothing',
    `configure() { return {}; }
    apply() {}`,
    /OSPF runs by .*and the configuration says/,
  ],
];

for (const [what, methods, found] of WRONG) {
  t.test(`found out: ${what} (LIVE_SEED=${SEED})`, { skip: unavailable, timeout: 600_000 }, async (t) => {
    const surroundings = await makeSurroundings(t, { more: { OSPF: extended(methods) } });
    const counts = { valid: CHANGES, invalid: CHANGES, clients: 0, routers: 0 };
    const campaign = new Campaign(t, surroundings, { seed: SEED, ...counts });
    const violation = await campaign.run();
    t.match(violation?.message, found);
    t.comment(`after ${campaign.trace.length} steps: ${campaign.trace.at(-1)}`);
  });
}
