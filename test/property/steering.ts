/**
 * Plans that lead to a place which arbitrary ones seldom reach: what is broken there is found in tens of transactions
 * instead of thousands.
 */
import { VERSIONS } from './family.ts';
import type { Act, Meanwhile, Plan, Program, Step } from './plan.ts';

type TransactionStep = Extract<Step, { step: 'transaction' }>;

const everyTransaction = (plan: Plan, change: (step: TransactionStep) => TransactionStep): Plan => ({
  ...plan,
  steps: plan.steps.map((step) => (step.step === 'transaction' ? change(step) : step)),
});

/** Only replacements, and nothing that keeps them from committing. */
const calm = (step: TransactionStep): TransactionStep => ({
  ...step,
  command: 'run',
  retry: undefined,
  confirm: undefined,
  picks: step.picks.map((pick) => ({ ...pick, wish: 'replace' })),
  faults: [],
  habits: [],
  load: 0,
  hurry: false,
});

/** Starts fill the mailboxes of others with outputs, and are aborted. */
export const startsSpeakInVain = (plan: Plan): Plan => ({
  ...everyTransaction(plan, (step) => ({
    ...calm(step),
    habits: step.picks.map((_, pick) => ({ pick, hook: 'start', does: 'talk and throw' })),
  })),
  modules: plan.modules.map((module) => ({ ...module, mailbox: [2, 2] })),
});

/** A task outlives the deadline, so that messages wait behind it, and behind these what came while its module drained. */
export const drainsInVain = (plan: Plan): Plan =>
  everyTransaction(plan, (step) => ({ ...calm(step), load: 2000 }));

const WITH_ROWS = VERSIONS.findIndex(({ state }) => state > 3);

const KEYS = [0, 1, 2];
const FILL = { op: 'fill', count: 60, value: 1 } as const;
const work = (to: number, program: Program): Act => ({ act: 'send', to, type: 'work', times: 1, program });

/** Tables are large from the beginning, and rows that are carried already are written while the others are. */
export function rowsAreWrittenMeanwhile(plan: Plan): Plan {
  const filled: Program = [...KEYS.map((key) => ({ op: 'put', key, value: 0 }) as const), FILL];
  let value = 0;
  const { steps } = everyTransaction(plan, (step) => ({
    ...calm(step),
    meanwhile: step.picks.flatMap(({ module }) =>
      KEYS.map(
        (key): Meanwhile => ({ when: 'state', act: work(module, [{ op: 'put', key, value: ++value }]) }),
      ),
    ),
  }));
  return {
    ...plan,
    modules: plan.modules.map((module) => ({ ...module, version: WITH_ROWS })),
    steps: [...plan.modules.map((_, to): Step => ({ step: 'act', act: work(to, filled) })), ...steps],
  };
}
