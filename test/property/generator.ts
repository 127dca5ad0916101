/** Arbitrary plans. Weights keep what costs real time (a deadline that passes) rare enough for 10,000 transactions. */
import fc from 'fast-check';
import { NAMES, VERSIONS } from './family.ts';
import {
  type Act,
  HABITS,
  type Habit,
  type HabitHook,
  type Meanwhile,
  type Op,
  type Plan,
  type PlannedFault,
  type PlannedModule,
  type Program,
  type Step,
} from './plan.ts';

// Not `nat`, which likes small numbers.
const place = fc.constantFrom(...NAMES.keys());
const key = fc.nat({ max: 3 });
const handler = fc.constantFrom('work' as const, 'task' as const);

/** Programs call others to a limited depth, so that every case comes to rest. */
function program(depth: number): fc.Arbitrary<Program> {
  const then = depth === 0 ? fc.constant<Program>([]) : program(depth - 1);
  const plain: fc.MaybeWeightedArbitrary<Op>[] = [
    { weight: 4, arbitrary: fc.record({ op: fc.constant('put' as const), key, value: fc.nat({ max: 99 }) }) },
    { weight: 2, arbitrary: fc.record({ op: fc.constant('drop' as const), key }) },
    {
      weight: 1,
      arbitrary: fc.record({
        op: fc.constant('fill' as const),
        count: fc.constantFrom(5, 40, 60),
        value: fc.nat({ max: 99 }),
      }),
    },
    { weight: 2, arbitrary: fc.constant<Op>({ op: 'publish' }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('cancel' as const), key }) },
    {
      weight: 3,
      arbitrary: fc.record({
        op: fc.constant('slice' as const),
        times: fc.oneof(
          { weight: 4, arbitrary: fc.integer({ min: 1, max: 4 }) },
          { weight: 1, arbitrary: fc.integer({ min: 20, max: 60 }) },
        ),
      }),
    },
    { weight: 1, arbitrary: fc.constant<Op>({ op: 'throw' }) },
  ];
  const calls: fc.MaybeWeightedArbitrary<Op>[] = [
    { weight: 6, arbitrary: fc.record({ op: fc.constant('send' as const), to: place, type: handler, then }) },
    {
      weight: 6,
      arbitrary: fc.record({
        op: fc.constant('ask' as const),
        to: place,
        type: handler,
        timeout: fc.oneof(
          { weight: 12, arbitrary: fc.constant(10_000) },
          { weight: 1, arbitrary: fc.integer({ min: 0, max: 3 }) },
        ),
        then,
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        op: fc.constant('timer' as const),
        key,
        after: fc.constantFrom(0, 1, 2, 3, 5),
        then,
      }),
    },
  ];
  return fc.array(fc.oneof(...plain, ...calls), { maxLength: depth === 0 ? 2 : 4 });
}

const work = program(2);
const talk: fc.Arbitrary<Program> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Program>([]) },
  { weight: 2, arbitrary: program(1) },
);

const call = fc.record({
  act: fc.constantFrom('send' as const, 'ask' as const),
  to: place,
  type: handler,
  times: fc.oneof(
    { weight: 4, arbitrary: fc.constant(1) },
    { weight: 1, arbitrary: fc.integer({ min: 2, max: 6 }) },
  ),
  program: work,
});
/** One that runs until it is cut costs much time, and is seldom of use. */
const poison = fc.record({
  act: fc.constant('send' as const),
  to: place,
  type: fc.constant('work' as const),
  times: fc.constant(1),
  program: fc.tuple(program(0), fc.constant<Op>({ op: 'spin' })).map(([ops, spin]) => [...ops, spin]),
});
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 100, arbitrary: call },
  { weight: 6, arbitrary: fc.constant<Act>({ act: 'publish' }) },
);
const actMeanwhile: fc.Arbitrary<Act> = fc.oneof(
  { weight: 100, arbitrary: act },
  { weight: 1, arbitrary: poison },
  { weight: 8, arbitrary: fc.record({ act: fc.constant('intrude' as const), to: place }) },
  { weight: 2, arbitrary: fc.constant<Act>({ act: 'cancel' }) },
);

const meanwhile: fc.Arbitrary<Meanwhile> = fc.record({
  when: fc.oneof(
    { weight: 3, arbitrary: fc.nat({ max: 8 }) as fc.Arbitrary<Meanwhile['when']> },
    { weight: 2, arbitrary: fc.constant('draining' as const) },
    { weight: 4, arbitrary: fc.constantFrom('isQuiescent' as const, 'state' as const, 'start' as const) },
  ),
  act: actMeanwhile,
});

const fault: fc.Arbitrary<PlannedFault> = fc
  .tuple(
    place,
    fc.constantFrom<[PlannedFault['kind'], PlannedFault['hook'], number]>(
      ['busy', 'isQuiescent', 0],
      ['busy', 'isQuiescent', 2],
      ['refuse', 'vote', 0],
      ['refuse', 'vote', 0],
      ['throw', 'isQuiescent', 0],
      ['throw', 'state', 0],
      ['throw', 'vote', 0],
      ['throw', 'start', 0],
      ['throw', 'start', 0],
      ['spin', 'isQuiescent', 0],
      ['spin', 'state', 0],
      ['spin', 'vote', 0],
      ['spin', 'start', 0],
    ),
  )
  .map(([pick, [kind, hook, duration]]) => ({ pick, kind, hook, duration }));

const habit: fc.Arbitrary<Habit> = fc.oneof(
  ...(Object.keys(HABITS) as HabitHook[]).map((hook) => ({
    weight: hook === 'constructor' ? 1 : 4,
    arbitrary: fc.record({
      pick: place,
      hook: fc.constant(hook),
      // A wait for the deadline is rarer than the rest.
      does: fc.oneof(
        ...HABITS[hook].map((does) => ({
          weight: ['never', 'number', 'promise', 'spin', 'late'].includes(does)
            ? 1
            : does === 'write'
              ? 10
              : 4,
          arbitrary: fc.constant(does),
        })),
      ),
    }) as fc.Arbitrary<Habit>,
  })),
);

/** Mostly none, so that most transactions commit. */
const seldom = <T>(some: fc.Arbitrary<T>, weight: number): fc.Arbitrary<T[]> =>
  fc.oneof(
    { weight: 10, arbitrary: fc.constant<T[]>([]) },
    { weight, arbitrary: fc.array(some, { minLength: 1, maxLength: 2 }) },
  );

const transaction: fc.Arbitrary<Step> = fc.record({
  step: fc.constant('transaction' as const),
  command: fc.oneof(
    { weight: 12, arbitrary: fc.constant('run' as const) },
    { weight: 1, arbitrary: fc.constant('check' as const) },
    { weight: 3, arbitrary: fc.constantFrom('rollback' as const, 'rollback checkpoint' as const) },
  ),
  retry: fc.oneof(
    { weight: 9, arbitrary: fc.constant(undefined) },
    {
      weight: 1,
      arbitrary: fc.record({ times: fc.integer({ min: 1, max: 2 }), every: fc.integer({ min: 1, max: 2 }) }),
    },
  ),
  confirm: fc.oneof(
    { weight: 16, arbitrary: fc.constant(undefined) },
    {
      weight: 1,
      arbitrary: fc.record({
        within: fc.integer({ min: 2, max: 6 }),
        after: fc.option(fc.nat({ max: 3 }), { nil: undefined, freq: 2 }),
      }),
    },
  ),
  picks: fc.array(
    fc.record({
      module: place,
      wish: fc.oneof(
        { weight: 16, arbitrary: fc.constant('replace' as const) },
        { weight: 2, arbitrary: fc.constant('disable' as const) },
        { weight: 1, arbitrary: fc.constant('remove' as const) },
        { weight: 2, arbitrary: fc.constant('force' as const) },
      ),
      version: fc.constantFrom(...Array(60).keys()),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  faults: seldom(fault, 2),
  habits: seldom(habit, 3),
  talk,
  meanwhile: fc.array(meanwhile, { maxLength: 4 }),
  load: fc.oneof(
    { weight: 9, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.constantFrom(3, 30, 100) },
  ),
  short: fc.integer({ min: 2, max: 6 }),
  hurry: fc.oneof({ weight: 12, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 14, arbitrary: transaction },
  { weight: 6, arbitrary: fc.record({ step: fc.constant('act' as const), act }) },
  {
    weight: 3,
    arbitrary: fc.record({ step: fc.constant('turns' as const), count: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 1, arbitrary: fc.record({ step: fc.constant('sleep' as const), ms: fc.constant(1) }) },
);

const mailbox = fc.oneof(
  { weight: 3, arbitrary: fc.constant(1_024) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 6 }) },
);

const module: fc.Arbitrary<PlannedModule> = fc.record({
  version: fc.oneof(
    { weight: 4, arbitrary: fc.nat({ max: VERSIONS.length - 1 }) as fc.Arbitrary<number | undefined> },
    { weight: 1, arbitrary: fc.constant(undefined) },
  ),
  mailbox: fc.tuple(mailbox, mailbox),
});

export const plans: fc.Arbitrary<Plan> = fc.record({
  development: fc.boolean(),
  warmUp: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  probation: fc.oneof(
    { weight: 9, arbitrary: fc.constant(undefined) },
    {
      weight: 1,
      arbitrary: fc.record({
        duration: fc.integer({ min: 2, max: 8 }),
        every: fc.integer({ min: 1, max: 2 }),
      }),
    },
  ),
  modules: fc.array(module, { minLength: 2, maxLength: NAMES.length }).map(agreeing),
  steps: fc.array(step, { minLength: 1, maxLength: 40, size: 'max' }),
});

/** A's first version does not understand those that speak the second protocol and send to it: it begins among its like. */
function agreeing(modules: PlannedModule[]): PlannedModule[] {
  const speaks = (version: number | undefined) => (version === undefined ? 1 : VERSIONS[version]!.speaks);
  if (modules[0]!.version !== 0) return modules;
  return modules.map((one) => (speaks(one.version) === 2 ? { ...one, version: 1 } : one));
}
