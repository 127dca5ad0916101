/** Random steps on a whole router; after some of them the kernel's table is what it should be. */
import t from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { RouteCampaign } from './routes/campaign.ts';
import { RoutesPlace } from './routes/place.ts';

const skip = NetworkNamespace.unavailable;

/** `HITLESS_ROUTE_STEPS=2000 HITLESS_SEED=7`: so many steps, of this seed. */
const { HITLESS_ROUTE_STEPS: steps, HITLESS_SEED: seed = String(Date.now() % 1_000_000) } = process.env;
/** In ms, where no number of steps is told. */
const TIME = 20_000;

t.test(
  'the kernel has our routes as they should be, whatever comes in whatever order',
  { skip, timeout: steps === undefined ? 240_000 : 3_600_000 },
  async (t) => {
    t.comment(`HITLESS_SEED=${seed}`);
    const place = await RoutesPlace.make(t);
    const until = performance.now() + TIME;
    const goesOn = (step: number) =>
      steps === undefined ? performance.now() < until : step <= Number(steps);
    const report = await RouteCampaign.run(place, Number(seed), goesOn);
    t.comment(JSON.stringify(report));
    t.ok(report.comparisons > 1 && report.routes > 0, 'compared');
  },
);
