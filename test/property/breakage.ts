/**
 * Upgraders broken on purpose: the property must find each of them. Each swaps one method of the runtime for a
 * wrong one, and puts it back.
 */
import { now } from '../../runtime/clock.ts';
import type { Entry } from '../../runtime/message.ts';
import { ModuleContext } from '../../runtime/module/context.ts';
import { Mailbox } from '../../runtime/module/mailbox.ts';
import { ModuleTimers } from '../../runtime/module/module-timers.ts';
import { ModuleProxy } from '../../runtime/module/proxy.ts';
import { Snapshot } from '../../runtime/state/state.ts';
import { TableMigration } from '../../runtime/state/table-migration.ts';
import { Deadline } from '../../runtime/upgrade/deadline.ts';
import { Participant } from '../../runtime/upgrade/participant.ts';
import { Replacement } from '../../runtime/upgrade/replacement.ts';
import { Retry } from '../../runtime/upgrade/retry.ts';
import type { Plan } from './plan.ts';
import { drainsInVain, rowsAreWrittenMeanwhile, startsSpeakInVain } from './steering.ts';

export interface Breakage {
  readonly name: string;
  /** Breaks the runtime; gives what mends it. */
  breaks(): () => void;
  /** Leads plans to where it shows, if arbitrary ones seldom come there. */
  steer?: (plan: Plan) => Plan;
}

type Method = (this: never, ...args: never[]) => unknown;

/** Replaces a method of a class by what `make` makes of it. */
function swap(prototype: object, name: string, make: (right: Method) => Method): () => void {
  const right = (prototype as Record<string, Method>)[name];
  if (typeof right !== 'function') throw new Error(`there is no method ${name} to break`);
  Object.defineProperty(prototype, name, { value: make(right), configurable: true, writable: true });
  return () => Object.defineProperty(prototype, name, { value: right, configurable: true, writable: true });
}

/** Runs `during` around a method, so that another broken one knows where it is called from. */
function mark(prototype: object, name: string, during: { on: boolean }): () => void {
  return swap(
    prototype,
    name,
    (right) =>
      function (this: never, ...args: never[]) {
        during.on = true;
        try {
          return right.apply(this, args);
        } finally {
          during.on = false;
        }
      },
  );
}

const all = (...mends: (() => void)[]) => {
  return () => {
    for (const mend of mends) mend();
  };
};

const take = Mailbox.prototype.take;

export const BREAKAGES: readonly Breakage[] = [
  {
    name: 'a held message is lost when the new version takes over',
    // A version that serves may hold nothing that was pending, and then moves no entry: the loss is made before.
    breaks() {
      let losing = false;
      return all(
        swap(
          Mailbox.prototype,
          'take',
          (right) =>
            function (this: Mailbox, wanted: (entry: Entry) => boolean) {
              let lost = false;
              const first = (entry: Entry) => {
                if (lost || entry.kind === 'timer') return false;
                lost = true;
                return true;
              };
              return right.call(this as never, (losing ? first : wanted) as never);
            } as Method,
        ),
        swap(
          Participant.prototype,
          'serve',
          (right) =>
            function (this: Participant) {
              losing = true;
              this.proxy.takeMisunderstood();
              losing = false;
              right.call(this as never);
            } as Method,
        ),
      );
    },
  },
  {
    name: 'what was held is served before what was pending',
    steer: drainsInVain,
    breaks() {
      const serving = { on: false };
      return all(
        mark(ModuleProxy.prototype, 'serve', serving),
        swap(
          Mailbox.prototype,
          'push',
          (right) =>
            function (this: Mailbox, entry: Entry) {
              const push = right as (this: Mailbox, entry: Entry) => void;
              const before = serving.on ? take.call(this, () => true) : [];
              push.call(this, entry);
              for (const other of before) push.call(this, other);
            } as Method,
        ),
      );
    },
  },
  {
    name: 'a message is handled twice',
    steer: drainsInVain,
    breaks() {
      let last: Entry | undefined;
      const serving = { on: false };
      return all(
        mark(ModuleProxy.prototype, 'serve', serving),
        swap(
          Mailbox.prototype,
          'push',
          (right) =>
            function (this: Mailbox, entry: Entry) {
              const push = right as (this: Mailbox, entry: Entry) => void;
              push.call(this, entry);
              if (serving.on && last !== entry) push.call(this, entry);
              last = entry;
            } as Method,
        ),
      );
    },
  },
  {
    name: 'after an abort one member stays with the new version',
    breaks() {
      const goingBack = { on: false };
      return all(
        mark(Replacement.prototype, 'switchBack', goingBack),
        swap(
          ModuleProxy.prototype,
          'bind',
          (right) =>
            function (this: ModuleProxy, ...args: never[]) {
              if (!goingBack.on) right.apply(this as never, args);
            } as Method,
        ),
      );
    },
  },
  {
    name: 'a state that was written is not noticed, and goes on',
    breaks: () => swap(Snapshot.prototype, 'matches', () => () => true),
  },
  {
    name: 'an abort does not put back a state that was written',
    breaks() {
      const goingBack = { on: false };
      return all(
        mark(Replacement.prototype, 'thaw', goingBack),
        swap(
          Snapshot.prototype,
          'matches',
          (right) =>
            function (this: never, ...args: never[]) {
              return goingBack.on || right.apply(this, args);
            },
        ),
      );
    },
  },
  {
    name: 'the outputs of a start go out though it was aborted',
    breaks: () =>
      swap(
        ModuleContext.prototype,
        'drop',
        () =>
          function (this: ModuleContext) {
            this.settle();
            this.release();
          } as Method,
      ),
  },
  {
    name: 'the old version can still act after the swap',
    breaks() {
      const right = Object.getOwnPropertyDescriptor(ModuleContext.prototype, 'mode')!;
      Object.defineProperty(ModuleContext.prototype, 'mode', {
        ...right,
        set(this: ModuleContext, mode: string) {
          if (mode !== 'revoked') right.set!.call(this, mode);
        },
      });
      return () => Object.defineProperty(ModuleContext.prototype, 'mode', right);
    },
  },
  {
    name: 'room that was promised to an aborted output is never given back',
    steer: startsSpeakInVain,
    breaks: () => swap(ModuleProxy.prototype, 'unreserve', () => () => {}),
  },
  {
    name: 'a timer that the new version does not declare goes on',
    breaks: () => swap(ModuleTimers.prototype, 'keepOnly', () => () => []),
  },
  {
    name: 'a removal loses what was held',
    breaks: () => swap(Participant.prototype, 'giveBack', () => () => 0),
  },
  {
    name: 'a rollback leaves one member as it was',
    breaks() {
      const left = { on: false };
      return all(
        swap(
          Replacement.prototype,
          'switch',
          (right) =>
            function (this: never) {
              left.on = (this as { successor?: unknown }).successor !== undefined;
              right.apply(this);
              left.on = false;
            } as Method,
        ),
        swap(
          ModuleProxy.prototype,
          'bind',
          (right) =>
            function (this: ModuleProxy, ...args: never[]) {
              if (!left.on) right.apply(this as never, args);
              left.on = false;
            } as Method,
        ),
      );
    },
  },
  {
    name: 'rows that were written while their table migrated are not carried again',
    steer: rowsAreWrittenMeanwhile,
    breaks: () => swap(TableMigration.prototype, 'changing', () => () => {}),
  },
  {
    name: 'an attempt is made while the one before still runs',
    breaks: () =>
      swap(
        Retry.prototype,
        'run',
        () =>
          function (this: Retry, attempt: (a: { number: number; of: number }) => Promise<unknown>) {
            const first = attempt({ number: 1, of: this.of });
            attempt({ number: 2, of: this.of }).catch(() => {});
            return first;
          } as Method,
      ),
  },
  {
    name: 'the deadline is not kept',
    breaks() {
      const right = Object.getOwnPropertyDescriptors(Deadline.prototype);
      const late = (deadline: Deadline) => deadline.at + 3_000 - now();
      Object.defineProperties(Deadline.prototype, {
        remaining: {
          configurable: true,
          get(this: Deadline) {
            return late(this);
          },
        },
        passed: {
          configurable: true,
          get(this: Deadline) {
            return late(this) <= 0;
          },
        },
      });
      return () => {
        Object.defineProperties(Deadline.prototype, right);
      };
    },
  },
];
