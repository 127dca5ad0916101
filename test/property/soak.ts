/**
 * The property for as long as one likes: `npm run soak -- [--transactions N] [--seed S] [--path P]`.
 * Ends with 1 at the first case that breaks an invariant, and tells how to repeat it.
 */
import { parseArgs } from 'node:util';
import { campaign, explain } from './campaign.ts';
import { Tally } from './tally.ts';

const USAGE = 'usage: npm run soak -- [--transactions N] [--seed S] [--path P]';
const options = {
  transactions: { type: 'string', default: '1000000' },
  seed: { type: 'string', default: String(Date.now() % 1e9) },
  path: { type: 'string' },
} as const;

function valuesOf() {
  try {
    return parseArgs({ options }).values;
  } catch (thrown) {
    console.error(`${thrown instanceof Error ? thrown.message : thrown}\n${USAGE}`);
    process.exit(2);
  }
}

const values = valuesOf();
const count = (name: string, text: string): number => {
  if (/^\d{1,12}$/.test(text)) return Number(text);
  console.error(`--${name} takes a whole number, not "${text}"`);
  process.exit(2);
};
const transactions = count('transactions', values.transactions);
const seed = count('seed', values.seed);

const tally = new Tally();
const began = performance.now();
let said = 0;
console.log(`soak: ${transactions} transactions, seed ${seed}`);
const failure = await campaign(
  {
    transactions,
    seed,
    ...(values.path !== undefined && { path: values.path }),
    progress: () => {
      const passed = (performance.now() - began) / 1_000;
      if (passed - said < 5) return;
      said = passed;
      const rss = Math.round(process.memoryUsage().rss / 1e6);
      console.log(`${passed.toFixed(0)} s, ${rss} MB: ${tally}`);
    },
  },
  tally,
);
console.log(`${tally}`);
if (tally.unclear > 1 + tally.cases / 200) {
  console.error(`${tally.unclear} of ${tally.cases} cases are unclear: too many to tell`);
  process.exitCode = 1;
}
if (failure !== undefined) {
  console.error(`${explain(failure)}\n  npm run soak -- --seed ${failure.seed} --path ${failure.path}`);
  process.exitCode = 1;
}
