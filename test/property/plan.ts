/**
 * One case of the property: which modules there are, and a schedule of steps. Plain data, made by
 * `generator.ts`, carried out by `world.ts`, and written out for a reader by `description.ts`.
 */
import type { FaultHook, FaultKind } from '../../runtime/index.ts';

/** A handler's acts, one after the other. Modules are named by their place among the case's modules. */
export type Op =
  | { op: 'put'; key: number; value: number }
  | { op: 'drop'; key: number }
  /** Puts so many keys of its own. */
  | { op: 'fill'; count: number; value: number }
  | { op: 'send'; to: number; type: 'work' | 'task'; then: Program }
  | { op: 'ask'; to: number; type: 'work' | 'task'; timeout: number; then: Program }
  | { op: 'publish' }
  | { op: 'timer'; key: number; after: number; then: Program }
  | { op: 'cancel'; key: number }
  /** Gives way so often; only a task can. */
  | { op: 'slice'; times: number }
  | { op: 'throw' }
  /** Runs for longer than a handler may: cut if a transaction runs. */
  | { op: 'spin' };

export type Program = readonly Op[];

/** Acts of the host. */
export type Act =
  | { act: 'send' | 'ask'; to: number; type: 'work' | 'task'; times: number; program: Program }
  | { act: 'publish' }
  /** Gives another command, which must be refused if a transaction runs. */
  | { act: 'intrude'; to: number }
  /** Gives up a retry, if one waits. */
  | { act: 'cancel' };

/** A module of a transaction. What happens to it depends on how it is when the step is carried out. */
export interface Pick {
  module: number;
  /** One in service is disabled or replaced; an absent one is added, a disabled one enabled. */
  wish: 'replace' | 'disable' | 'remove' | 'force';
  /** Place among the versions that it could become, which begins again after the last. */
  version: number;
}

/** Faults by the runtime's own plan, in the picked module at that place. */
export interface PlannedFault {
  pick: number;
  kind: FaultKind;
  hook: FaultHook;
  /** For `busy`: ms; 0 is for ever. */
  duration: number;
}

export const HABITS = {
  isQuiescent: ['never', 'once', 'number', 'promise', 'throw', 'spin', 'late', 'talk'],
  /** State handlers, or `initial` of a module that is added. */
  state: ['throw', 'spin', 'late', 'write', 'function'],
  start: ['throw', 'spin', 'late', 'write', 'promise', 'talk and throw'],
  rollback: ['throw', 'spin', 'talk'],
  constructor: ['throw'],
} as const;

export type HabitHook = keyof typeof HABITS;
/** Mistakes of the picked module's own code. */
export type Habit = {
  [Hook in HabitHook]: { pick: number; hook: Hook; does: (typeof HABITS)[Hook][number] };
}[HabitHook];

/** Acts of the host while a transaction runs: after so many turns of the loop, as soon as a member drains, or from inside a hook. */
export interface Meanwhile {
  when: number | 'draining' | 'isQuiescent' | 'state' | 'start';
  act: Act;
}

export type Step =
  | { step: 'act'; act: Act }
  | { step: 'turns'; count: number }
  | { step: 'sleep'; ms: number }
  | {
      step: 'transaction';
      /** The picks are of no use to a rollback. */
      command: 'run' | 'check' | 'rollback' | 'rollback checkpoint';
      /** Tried again after an abort; what was planned as a fault does not come again. */
      retry: { times: number; every: number } | undefined;
      /** Must be confirmed within so many ms, and is after so many turns, if at all. */
      confirm: { within: number; after: number | undefined } | undefined;
      picks: readonly Pick[];
      faults: readonly PlannedFault[];
      habits: readonly Habit[];
      /** Acts of each new version in `start`. */
      talk: Program;
      meanwhile: readonly Meanwhile[];
      /** How often a long task gives way that each member has just begun; 0: none is begun. */
      load: number;
      /** Preparation time in ms, if there is a reason to expect that it passes. */
      short: number;
      /** Use the short time without a reason. */
      hurry: boolean;
    };

export interface PlannedModule {
  /** Place among the versions; undefined: not there at first. */
  version: number | undefined;
  /** Capacity of the mailbox, of versions with the first state version and of later ones. */
  mailbox: readonly [number, number];
}

export interface Plan {
  development: boolean;
  warmUp: boolean;
  /** New versions are watched, in ms; undefined for not at all. */
  probation: { duration: number; every: number } | undefined;
  modules: readonly PlannedModule[];
  steps: readonly Step[];
}

/** A transaction that nothing disturbs. */
export const CALM: Extract<Step, { step: 'transaction' }> = {
  step: 'transaction',
  command: 'run',
  retry: undefined,
  confirm: undefined,
  picks: [],
  faults: [],
  habits: [],
  talk: [],
  meanwhile: [],
  load: 0,
  short: 5,
  hurry: false,
};
