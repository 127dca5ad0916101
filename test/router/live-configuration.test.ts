/**
 * A router's configuration changes while it runs, beside FRR and keepalived: by the file and by consoles, rightly and wrongly,
 * with faults and kills in between. Never is a neighbour lost that a change did not concern.
 *
 * LIVE_SEED=… repeats a run, but for its timing; LIVE_CHANGES=200 does 200 valid changes and 200 invalid ones; LIVE_LOG=FILE
 * keeps what was done and said. `live/changes.ts` and `live/mistakes.ts` have the kinds of changes, `live/configuration.ts` what
 * each may concern, `live/lookout.ts` and `live/observation.ts` what must hold.
 */
import { writeFileSync } from 'node:fs';
import t from 'tap';
import { Campaign } from './live/campaign.ts';
import { unavailable } from './live/place.ts';
import { makeSurroundings } from './live/surroundings.ts';

const SEED = Number(process.env.LIVE_SEED ?? Date.now() % 1e9);
const CHANGES = Number(process.env.LIVE_CHANGES ?? 25);
const AGAIN = `LIVE_SEED=${SEED} LIVE_CHANGES=${CHANGES} npm test -- test/router/live-configuration.test.ts`;

t.test(
  `${CHANGES} valid changes disturb nobody else, and ${CHANGES} that fail change nothing (LIVE_SEED=${SEED})`,
  { skip: unavailable, timeout: 1_800_000 },
  async (t) => {
    const surroundings = await makeSurroundings(t);
    const campaign = new Campaign(t, surroundings, {
      seed: SEED,
      valid: CHANGES,
      invalid: CHANGES,
      clients: Math.ceil(CHANGES / 15),
      routers: Math.ceil(CHANGES / 60),
    });
    const found = await campaign.run();
    const log = process.env.LIVE_LOG;
    const { place } = surroundings;
    if (log !== undefined)
      writeFileSync(log, [campaign.trace.join('\n'), place.output, place.frr.log()].join('\n\n'));
    if (found !== undefined) for (const line of campaign.trace.slice(-12)) t.comment(line);
    t.equal(found?.stack, undefined, `again: ${AGAIN}`);
    t.comment(
      `${campaign.trace.length} steps; after ${campaign.unchanged} of ${CHANGES} invalid changes not even a counter differed`,
    );
  },
);
