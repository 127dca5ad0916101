/** Runs cases until enough transactions are done, or one breaks an invariant. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describePlan } from './description.ts';
import { writeFamily } from './family.ts';
import { plans } from './generator.ts';
import type { Plan } from './plan.ts';
import { Tally } from './tally.ts';
import { World } from './world.ts';

export interface CampaignOptions {
  transactions: number;
  seed: number;
  /** Of one case, as fast-check tells it: only that is run. */
  path?: string;
  /** Look for a smaller counterexample, for so many ms; 0 for not at all. */
  shrinkMs?: number;
  /** Changes each plan before it is carried out. */
  steer?: (plan: Plan) => Plan;
  /** Called after every batch. */
  progress?: (tally: Tally) => void;
}

export interface Failure {
  /** Of the batch that failed. */
  seed: number;
  path: string;
  message: string;
  /** The smallest case found, and the first, in words. */
  plan: string;
  original: string;
  transactions: number;
}

/** Cases that share a seed. */
const BATCH = 50;

/** @returns the first failure, if there is one */
export async function campaign(options: CampaignOptions, tally = new Tally()): Promise<Failure | undefined> {
  const directory = mkdtempSync(join(tmpdir(), 'hitless-property-'));
  try {
    writeFamily(directory);
    for (let batch = 0; tally.transactions < options.transactions; batch++) {
      const failure = await runBatch(options, options.seed + batch, directory, tally);
      if (failure !== undefined) return failure;
      options.progress?.(tally);
      if (options.path !== undefined) break;
    }
    return undefined;
  } finally {
    Reflect.deleteProperty(globalThis, 'hitlessProperty');
    rmSync(directory, { recursive: true, force: true });
  }
}

async function runBatch(
  { transactions, path, shrinkMs = 60_000, steer }: CampaignOptions,
  seed: number,
  directory: string,
  tally: Tally,
): Promise<Failure | undefined> {
  let original: { plan: Plan; transactions: number; at: number } | undefined;
  const holds = async (plan: Plan) => {
    // Enough is enough; a failing case is shrunk whatever was done before.
    if (tally.transactions >= transactions && original === undefined) return;
    // Fast-check's own limit would leave the case that runs behind, and its modules would act in the next one's world.
    if (original !== undefined && performance.now() - original.at > shrinkMs) return;
    tally.cases++;
    try {
      await new World(plan, directory, tally).run();
    } catch (thrown) {
      original ??= { plan, transactions: tally.transactions, at: performance.now() };
      throw thrown;
    }
  };
  const details = await fc.check(fc.asyncProperty(steer === undefined ? plans : plans.map(steer), holds), {
    seed,
    numRuns: path === undefined ? BATCH : 1,
    ...(path !== undefined && { path }),
    endOnFailure: shrinkMs === 0,
  });
  if (!details.failed) return undefined;
  const smallest = details.counterexample?.[0];
  return {
    seed: details.seed,
    path: details.counterexamplePath ?? '',
    message:
      details.errorInstance instanceof Error
        ? (details.errorInstance.stack ?? '')
        : String(details.errorInstance),
    plan: smallest === undefined ? '' : describePlan(smallest),
    original: original === undefined ? '' : describePlan(original.plan),
    transactions: original?.transactions ?? 0,
  };
}

/** All that a person needs to see and to repeat a failure. */
export function explain({ seed, path, message, plan, original }: Failure): string {
  return [
    message,
    '',
    'The smallest case found:',
    plan,
    ...(original === plan ? [] : ['', 'The case that failed first:', original]),
    '',
    'Run it again (the timing is the machine’s, so it may need a few tries):',
    `  PROPERTY_SEED=${seed} PROPERTY_PATH=${path} node test/run.mjs --no-install test/property/transactions.test.ts`,
  ].join('\n');
}
