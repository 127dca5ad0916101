/**
 * A transaction is this list, from its top (paper 3.4 and 3.5; design rules 7 to 10). A step is done once, or for each
 * member in the order given. Up to the point of no return everything can be put back, from the bottom to the top.
 */
import { now } from '../clock.ts';
import type { Group } from '../module/group.ts';
import { MARGIN_MS } from '../services/guard.ts';
import { ROW_MS, SLICE_MS } from '../state/table-migration.ts';
import type { Deadline } from './deadline.ts';
import type { NameChange } from './names-change.ts';
import { untilIdle } from './next-attempt.ts';
import type { Participant } from './participant.ts';
import type { Phases, StepName } from './report.ts';
import type { Stage } from './stage.ts';

/** How long one attempt goes on handling pending messages before it gives the event loop back, in ms. */
export const DRAIN_MS = 1;
/** Rounds over the rows of a table while the old version serves (design rule 9). */
const MOST_ROUNDS = 3;

/** Makes a transaction durable; its members know nothing of it. */
export interface Record {
  /** Writes what the members will be, before anything is disturbed. */
  prepare(): Promise<void>;
  /** After the decision: false when it could not be written yet, undefined when nothing is kept. */
  commit(): Promise<boolean | undefined>;
  abandon(): Promise<void>;
}

/** The transaction, as its steps see it. */
export interface Course {
  readonly stage: Stage;
  readonly members: readonly Participant[];
  readonly names: NameChange | undefined;
  readonly record: Record;
  readonly group: Group;
  readonly deadline: Deadline;
  /** Members that drain in this attempt; none when nothing is pending. */
  readonly draining: readonly Participant[];
  /** Neither failed nor decided yet. */
  readonly open: boolean;
  /** Runs a member's code under the guard for at most `limit` ms; the transaction fails when it throws or is cut. */
  bounded(limit: number, member: Participant, body: () => void): void;
  /** The member votes NO, and the transaction is undone. */
  refuse(member: Participant, reason: string): void;
  /** It has voted NO. */
  refused(member: Participant): boolean;
  /** Whether it is on disk; undefined when no version set is kept. */
  durable: boolean | undefined;
}

/** `late` for all: the deadline has passed. Of a member, a string is a NO and its reason. */
export type StepAnswer = true | string;

/** Returned by a serving step that is to be begun again. */
export const AGAIN = Symbol('again');

export interface Step {
  readonly name: StepName;
  /** Where its time is told; nowhere for the first messages of the new versions. */
  readonly phase?: keyof Phases;
  /** The event loop has its turns meanwhile. An error before the window refuses the command. */
  readonly serving?: true;
  /** Each member is asked, also when one before it said no. */
  readonly asks?: true;
  /** A member that says no is asked again after draining went on. */
  readonly again?: true;
  readonly all?: (course: Course) => unknown;
  readonly each?: (member: Participant, course: Course) => unknown;
  readonly undoAll?: (course: Course) => unknown;
  readonly undo?: (member: Participant) => unknown;
}

export const STEPS: readonly Step[] = [
  // --- the old versions serve
  { name: 'upload', phase: 'upload', serving: true, undo: (member) => member.discard() },
  { name: 'warm', phase: 'upload', serving: true, each: warm },
  {
    name: 'write',
    phase: 'upload',
    serving: true,
    all: ({ record }) => record.prepare(),
    undoAll: ({ record }) => record.abandon(),
  },
  {
    name: 'open',
    phase: 'upload',
    serving: true,
    each: (member) => member.open(),
    undo: (member) => member.close(),
  },
  { name: 'migrate', phase: 'migrate', serving: true, all: migrate },
  { name: 'wait', phase: 'wait', serving: true, all: wait },
  // --- the window: proxies buffer
  {
    name: 'disable',
    phase: 'drain',
    each: (member, { group }) => member.disable(group),
    undo: (member) => member.resume(),
  },
  { name: 'drain', phase: 'drain', all: drain },
  { name: 'quiescent', phase: 'drain', asks: true, again: true, each: (member) => member.isQuiescent() },
  {
    name: 'freeze',
    phase: 'state',
    asks: true,
    each: (member) => {
      member.prepare();
      return member.vote();
    },
    undo: (member) => member.thaw(),
  },
  { name: 'decide', phase: 'commit', all: decide },
  {
    name: 'names',
    phase: 'commit',
    all: ({ names, stage }) => names?.apply(stage.names),
    undoAll: ({ names, stage }) => {
      if (!stage.kernel.stopped) names?.restore(stage.names);
    },
  },
  {
    name: 'switch',
    phase: 'commit',
    each: (member) => member.switch(),
    undo: (member) => member.switchBack(),
  },
  { name: 'start', phase: 'commit', each: (member) => member.start(), undo: (member) => member.unstart() },
  { name: 'apply', phase: 'commit', each: (member) => member.apply(), undo: (member) => member.unapply() },
  { name: 'commit', phase: 'commit', all: inTime },
  // --- the point of no return
  { name: 'adopt', phase: 'commit', each: (member) => member.adopt() },
  { name: 'release', phase: 'commit', each: (member) => member.releaseOutputs() },
  { name: 'serve', phase: 'commit', each: (member) => member.serve() },
  { name: 'handle', each: handleFirst },
  { name: 'end', phase: 'cleanup', each: (member) => member.end() },
  // --- the new versions serve
  { name: 'persist', phase: 'cleanup', serving: true, all: persist },
  { name: 'cleanup', phase: 'cleanup', serving: true, each: (member) => member.cleanUp() },
];

function warm(member: Participant, { stage }: Course): Promise<void> | undefined {
  return stage.warmUp ? member.warmUp() : undefined;
}

/**
 * Carries the rows of tables over, a slice at a time, until few are left. There are at most three rounds, for a busy module may write
 * rows as fast as they are carried. A member that is through goes on carrying what it writes until all are. The rest
 * follows inside the window.
 */
async function migrate(course: Course): Promise<typeof AGAIN | undefined> {
  const { stage, members } = course;
  const { kernel } = stage;
  const left = (member: Participant) => !course.refused(member) && (member.rowTransfer?.left ?? 0) > 0;
  const goesOn = members.some((member) => left(member) && member.rowTransfer!.rounds <= MOST_ROUNDS);
  if (!goesOn || !course.open || kernel.stopped) return undefined;
  await stage.turn(() => {
    for (const member of members.filter(left)) {
      course.bounded(SLICE_MS + ROW_MS, member, () =>
        kernel.guard.call(member.module, 'state', () => member.rowTransfer?.step(now() + SLICE_MS)),
      );
    }
  });
  return AGAIN;
}

/** For an instant at which every member is idle, up to half the deadline. */
function wait({ stage, members, deadline }: Course): Promise<void> {
  return untilIdle(members, stage.kernel.scheduler, deadline.share(0.5));
}

function drain({ draining }: Course): void {
  if (draining.length === 0) return;
  const end = now() + DRAIN_MS;
  const members = draining.filter((member) => member.drains);
  let progress = true;
  while (progress) {
    progress = false;
    for (const { proxy } of members) {
      // A handler that begins later than this would not have its full time before the guard strikes.
      if (now() >= end) return;
      if (proxy.runnable && !proxy.advance(1)) progress = true;
    }
  }
}

/** The host may have bound a name since the transaction was planned. */
function decide(course: Course): StepAnswer {
  const conflict = course.names?.conflict(course.stage.names);
  if (conflict !== undefined) {
    const { proxy, reason } = conflict;
    course.refuse(course.members.find((member) => member.proxy === proxy)!, reason);
  }
  return inTime(course);
}

function inTime({ deadline }: Course): StepAnswer {
  return deadline.passed ? 'late' : true;
}

/** The first message is handled here, without a turn of the event loop in between, if its handler has its full time. */
function handleFirst({ proxy }: Participant, { stage }: Course): void {
  const { guard } = stage.kernel;
  if (guard.active && guard.remaining > proxy.maxHandlerMs + MARGIN_MS) proxy.step(1);
}

async function persist(course: Course): Promise<void> {
  course.durable = await course.record.commit();
}

/** A step for one member, or for all at once. */
export interface Line {
  readonly step: Step;
  readonly member: Participant | undefined;
  /** Of its step. */
  readonly first: boolean;
  readonly last: boolean;
}

/** The list for these members. */
export class Lines {
  readonly list: readonly Line[];
  /** Index of each step's first line. */
  readonly #starts = new Map<StepName, number>();

  constructor(members: readonly Participant[]) {
    const list: Line[] = [];
    for (const step of STEPS) {
      this.#starts.set(step.name, list.length);
      const forAll = step.each === undefined && step.undo === undefined;
      const who = forAll ? [undefined] : members;
      for (const [i, member] of who.entries())
        list.push({ step, member, first: i === 0, last: i === who.length - 1 });
    }
    this.list = list;
  }

  /** Index of a step's first line. */
  startOf(name: StepName): number {
    return this.#starts.get(name)!;
  }
}
