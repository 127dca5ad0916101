/**
 * Goes down the list of `steps.ts` with a cursor, and up again to undo what was done. A `Transaction` does so for good, a
 * `Check` with understudies and to the point of no return. They differ in how a line is guarded, and in what follows a NO.
 */
import type { Group } from '../module/group.ts';
import type { Deadline } from './deadline.ts';
import type { NameChange } from './names-change.ts';
import type { Participant } from './participant.ts';
import type { Plan } from './plan.ts';
import type { StepName } from './report.ts';
import type { Stage } from './stage.ts';
import { type Course, type Line, Lines, type Record } from './steps.ts';

export abstract class Interpreter implements Course {
  readonly stage: Stage;
  readonly members: readonly Participant[];
  readonly names: NameChange | undefined;
  readonly record: Record;
  draining: readonly Participant[] = [];
  durable: boolean | undefined;
  deadline!: Deadline;
  group!: Group;
  protected readonly lines: Lines;
  /** Lines that were begun. */
  protected cursor = 0;
  /** Index of the line from which on there is no way back. */
  protected readonly noReturn: number;

  constructor(stage: Stage, { members, names }: Plan, record: Record) {
    this.stage = stage;
    this.members = members;
    this.names = names;
    this.record = record;
    this.lines = new Lines(members);
    this.noReturn = this.lines.startOf('adopt');
  }

  abstract get open(): boolean;
  abstract bounded(limit: number, member: Participant, body: () => void): void;
  abstract refuse(member: Participant, reason: string): void;
  abstract refused(member: Participant): boolean;

  /** Called when a step begins. */
  protected abstract at(step: StepName): void;
  /** Something threw that nobody can undo. */
  protected abstract tellOf(where: string, thrown: unknown): void;

  protected do({ step, member }: Line): unknown {
    return member === undefined ? step.all?.(this) : step.each?.(member, this);
  }

  protected undo({ step, member }: Line): unknown {
    return member === undefined ? step.undoAll?.(this) : step.undo?.(member);
  }

  /** Undoes what was done outside of the window, up to the line `to`. */
  protected async back(to: number): Promise<void> {
    while (this.cursor > to) {
      const line = this.lines.list[--this.cursor]!;
      try {
        const undone = this.undo(line);
        if (undone instanceof Promise) await this.stage.stall.wait(undone);
      } catch (thrown) {
        this.tellOf('on the way back', thrown);
      }
    }
  }
}
