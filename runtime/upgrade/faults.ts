/**
 * Faults on purpose, so that an abort can be seen: each strikes one hook of one module in the next transaction.
 * Only a lab or a test sets a plan.
 */
import { checkMs, checkOptions } from '../argument.ts';
import { HitlessError } from '../errors.ts';

/** The act that a fault makes a module do. */
export type FaultKind = 'busy' | 'spin' | 'throw' | 'refuse';
/** One of `FAULT_HOOKS`. */
export type FaultHook = 'isQuiescent' | 'state' | 'configure' | 'vote' | 'start' | 'apply' | 'stop';

/** The acts that a fault can make a module do. */
export const FAULT_KINDS: readonly FaultKind[] = ['busy', 'spin', 'throw', 'refuse'];
/** The moments of a transaction at which a fault can strike. */
export const FAULT_HOOKS: readonly FaultHook[] = [
  'isQuiescent',
  'state',
  'configure',
  'vote',
  'start',
  'apply',
  'stop',
];

/** One fault on purpose. */
export interface Fault {
  /** The module that it strikes. */
  readonly module: string;
  /** The module's act. */
  readonly kind: FaultKind;
  /** At which moment. */
  readonly hook: FaultHook;
  /** For `busy`: how long, in ms. */
  readonly duration: number;
}

/** Faults on purpose, for tests and labs: each strikes the next transaction of its module. */
export class FaultPlan {
  #planned: Fault[] = [];
  /** Called with the name of every step of every transaction just before it is done: a test may end the process there. */
  onStep: ((step: string) => void) | undefined;

  /** Plans a fault for the next transaction; a module has one at most. */
  set(module: string, kind: FaultKind, options: { hook?: FaultHook; duration?: number } = {}): void {
    checkOptions('faults.set', options, ['hook', 'duration']);
    mustBeOneOf('kind', kind, FAULT_KINDS);
    if (options.hook !== undefined) mustBeOneOf('hook', options.hook, FAULT_HOOKS);
    const { duration = Number.POSITIVE_INFINITY } = options;
    checkMs('faults.set', 'duration', duration, 0, Number.POSITIVE_INFINITY);
    const hook =
      kind === 'busy' ? 'isQuiescent' : kind === 'refuse' ? 'vote' : (options.hook ?? 'isQuiescent');
    this.#planned = this.#planned.filter((fault) => fault.module !== module);
    this.#planned.push({ module, kind, hook, duration });
  }

  /** The faults that still wait to strike. */
  list(): Fault[] {
    return [...this.#planned];
  }

  /** Forgets all faults. */
  clear(): void {
    this.#planned = [];
  }

  /** Hands the planned faults to the transaction that begins. */
  take(): Fault[] {
    const taken = this.#planned;
    this.#planned = [];
    return taken;
  }

  /** Takes back the faults of a transaction that is tried again at once, before those that were planned since. */
  giveBack(faults: readonly Fault[]): void {
    const newer = this.#planned.map(({ module }) => module);
    this.#planned.unshift(...faults.filter(({ module }) => !newer.includes(module)));
  }
}

/**
 * Strikes, if a fault is planned for this hook: spins, throws, or returns a reason to refuse.
 * @param elapsed ms since the transaction's first disable
 */
export function strike(
  faults: readonly Fault[],
  module: string,
  hook: FaultHook,
  elapsed: number,
): string | undefined {
  const fault = faults.find((candidate) => candidate.module === module && candidate.hook === hook);
  if (fault === undefined) return undefined;
  if (fault.kind === 'spin') for (;;);
  if (fault.kind === 'throw') throw new Error(`fault on purpose in ${hook}`);
  if (fault.kind === 'refuse') return 'refuses on purpose';
  return elapsed < fault.duration
    ? `busy on purpose, for ${Number.isFinite(fault.duration) ? `${fault.duration} ms` : 'ever'}`
    : undefined;
}

/** @throws HitlessError `ARGUMENT_INVALID` */
function mustBeOneOf(name: string, value: string, known: readonly string[]): void {
  if (known.includes(value)) return;
  throw new HitlessError(
    'ARGUMENT_INVALID',
    `faults.set: ${name} must be one of ${known.join(', ')}, not ${String(value)}`,
  );
}
