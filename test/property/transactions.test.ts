/**
 * The upgrade protocol as a property: whatever modules there are, whatever they send each other and do wrong, and
 * whatever is swapped meanwhile, no message is lost, doubled or reordered, and a transaction is all or nothing.
 *
 * PROPERTY_SEED=… replays a run, with PROPERTY_PATH=… its one failing case; PROPERTY_TRANSACTIONS=… does more or fewer.
 * `plan.ts` says what a case is, `world.ts` carries it out, `ledger.ts` follows every message, `invariants.ts` and
 * `undertaking.ts` say what must hold. `npm run soak` does a million.
 */
import t from 'tap';
import { BREAKAGES } from './breakage.ts';
import { campaign, explain } from './campaign.ts';
import { Tally } from './tally.ts';

const SEED = Number(process.env.PROPERTY_SEED ?? Date.now() % 1e9);
const PATH = process.env.PROPERTY_PATH;
const TRANSACTIONS = Number(process.env.PROPERTY_TRANSACTIONS ?? 10_000);

t.test(
  `nothing is lost, doubled or reordered in ${TRANSACTIONS} transactions (PROPERTY_SEED=${SEED})`,
  async (t) => {
    const tally = new Tally();
    const failure = await campaign(
      { transactions: TRANSACTIONS, seed: SEED, ...(PATH !== undefined && { path: PATH }) },
      tally,
    );
    t.comment(`${tally}`);
    t.ok(tally.unclear <= 1 + tally.cases / 200, `${tally.unclear} cases are unclear`);
    t.equal(failure === undefined ? '' : explain(failure), '', 'no case breaks an invariant');
  },
);

if (PATH === undefined) {
  for (const { name, breaks } of BREAKAGES) {
    t.test(`found out: ${name}`, async (t) => {
      const tally = new Tally();
      const mend = breaks();
      try {
        const failure = await campaign({ transactions: TRANSACTIONS, seed: SEED, shrinkMs: 0 }, tally);
        t.ok(failure !== undefined, `found within ${TRANSACTIONS} transactions`);
        if (failure !== undefined)
          t.comment(`after ${failure.transactions} transactions: ${failure.message.split('\n', 1)[0]}`);
      } finally {
        mend();
      }
    });
  }
}
