/** Checks of what programs hand to the runtime, and module code to its context: a mistake is the caller's error. */
import { HitlessError } from './errors.ts';
import { didYouMean } from './nearest.ts';

/** The longest time that any call takes, in ms: a year. */
const LONGEST_MS = 365 * 24 * 3_600_000;

/** @throws HitlessError `ARGUMENT_INVALID` */
export function checkString(call: string, name: string, value: unknown): asserts value is string {
  if (typeof value === 'string') return;
  throw new HitlessError('ARGUMENT_INVALID', `${call}: ${name} must be a string, not ${kindOf(value)}`);
}

/** @throws HitlessError `ARGUMENT_INVALID` */
export function checkMs(call: string, name: string, value: unknown, least: number, most = LONGEST_MS): void {
  if (typeof value === 'number' && value >= least && value <= most) return;
  const found = typeof value === 'number' ? String(value) : kindOf(value);
  throw new HitlessError(
    'ARGUMENT_INVALID',
    `${call}: ${name} must be milliseconds from ${least} to ${most}, not ${found}`,
  );
}

/**
 * An options object says nothing that is not understood: a misspelt option would be ignored in silence.
 * @param options as it was given; undefined for none
 * @param known every option that there is
 * @throws HitlessError `ARGUMENT_INVALID`
 */
export function checkOptions(call: string, options: unknown, known: readonly string[]): void {
  if (options === undefined) return;
  mustBeObject(call, 'options', options);
  // Cheaper than a list of the keys: timers are set on hot paths.
  for (const key in options) if (!known.includes(key)) unknownOption(call, key, known);
}

function unknownOption(call: string, key: string, known: readonly string[]): never {
  throw new HitlessError(
    'ARGUMENT_INVALID',
    `${call}: there is no option "${key}"${didYouMean(key, known)}; there ${known.length === 1 ? 'is' : 'are'} ${known.join(', ')}`,
  );
}

/** @throws HitlessError `ARGUMENT_INVALID` */
export function mustBeObject(call: string, name: string, value: unknown): asserts value is object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  throw new HitlessError('ARGUMENT_INVALID', `${call}: ${name} must be an object, not ${kindOf(value)}`);
}

/** @throws HitlessError `ARGUMENT_INVALID` */
export function mustBeList(call: string, name: string, value: unknown): asserts value is readonly unknown[] {
  if (Array.isArray(value)) return;
  throw new HitlessError('ARGUMENT_INVALID', `${call}: ${name} must be a list, not ${kindOf(value)}`);
}

/**
 * An object that the runtime calls, such as a port's driver.
 * @throws HitlessError `ARGUMENT_INVALID`
 */
export function mustHave(call: string, name: string, value: unknown, methods: readonly string[]): void {
  mustBeObject(call, name, value);
  for (const method of methods)
    checkType(call, `${name}.${method}`, (value as Record<string, unknown>)[method] ?? null, 'function');
}

/** @throws HitlessError `ARGUMENT_INVALID`; undefined passes */
export function checkType(
  call: string,
  name: string,
  value: unknown,
  type: 'boolean' | 'number' | 'function' | 'string',
): void {
  if (value === undefined || typeof value === type) return;
  throw new HitlessError('ARGUMENT_INVALID', `${call}: ${name} must be a ${type}, not ${kindOf(value)}`);
}

/** A value as an error names it. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value)))
    return 'a class';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
