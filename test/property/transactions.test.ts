/**
 * The upgrade protocol as a property: whatever modules there are, whatever they send each other and do wrong, and
 * whatever is swapped meanwhile, no message is lost, doubled or reordered, and a transaction is all or nothing.
 *
 * PROPERTY_SEED=… replays a run, with PROPERTY_PATH=… its one failing case; PROPERTY_TRANSACTIONS=… does more or fewer.
 * `plan.ts` says what a case is, `world.ts` carries it out, `ledger.ts` follows every message, `invariants.ts` and
 * `undertaking.ts` say what must hold. `npm run soak` does a million.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { BREAKAGES } from './breakage.ts';
import { campaign } from './campaign.ts';
import { Tally } from './tally.ts';

const SEED = Number(process.env.PROPERTY_SEED ?? Date.now() % 1e9);
const PATH = process.env.PROPERTY_PATH;
const TRANSACTIONS = Number(process.env.PROPERTY_TRANSACTIONS ?? 10_000);

/** Processes that share the work. */
const PROCESSES = 2;

/** Transactions of a steered campaign through a runtime that is not broken. */
const STEERED = 100;

const SOAK = fileURLToPath(new URL('soak.ts', import.meta.url));

/** Gives what a soak of its own said, and whether it found nothing. */
async function soak(transactions: number, seed: number): Promise<{ good: boolean; text: string }> {
  const path = PATH === undefined ? [] : ['--path', PATH];
  const args = [SOAK, '--transactions', String(transactions), '--seed', String(seed), ...path];
  const child = spawn(process.execPath, [...process.execArgv, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  child.stderr.on('data', (chunk) => {
    text += chunk;
  });
  const [code] = await once(child, 'close');
  return { good: code === 0, text };
}

t.test(
  `nothing is lost, doubled or reordered in ${TRANSACTIONS} transactions (PROPERTY_SEED=${SEED})`,
  async (t) => {
    const share = Math.ceil(TRANSACTIONS / (PATH === undefined ? PROCESSES : 1));
    const seeds = PATH === undefined ? Array.from({ length: PROCESSES }, (_, i) => SEED + i * 1e6) : [SEED];
    for (const { good, text } of await Promise.all(seeds.map((seed) => soak(share, seed)))) {
      if (good) t.comment(text.trim().split('\n').at(-1) ?? '');
      t.equal(good ? '' : text, '', 'no case breaks an invariant');
    }
  },
);

if (PATH === undefined) {
  for (const { name, breaks, steer } of BREAKAGES) {
    t.test(`found out: ${name}`, async (t) => {
      const options = { seed: SEED, shrinkMs: 0, ...(steer !== undefined && { steer }) };
      if (steer !== undefined) {
        const failure = await campaign({ ...options, transactions: STEERED }, new Tally());
        t.equal(failure?.message, undefined, 'where it is led, nothing is found in what is right');
      }
      const mend = breaks();
      try {
        const failure = await campaign({ ...options, transactions: TRANSACTIONS }, new Tally());
        t.ok(failure !== undefined, `found within ${TRANSACTIONS} transactions`);
        if (failure !== undefined)
          t.comment(`after ${failure.transactions} transactions: ${failure.message.split('\n', 1)[0]}`);
      } finally {
        mend();
      }
    });
  }
}
