/** The product of a handler: the next state, or a row of it, of the kind that it was before. */
import { isLeftThenable } from '../thenable.ts';
import { isPrimitive, isRecord, nameOf } from './copy.ts';

/**
 * The fault of what a handler made of a value, as the rest of a sentence; undefined when nothing is. Only its top
 * is looked at: most mistakes are a missing `return`, or the wrong thing returned.
 * @param what it should have made
 */
export function wrongMade(before: unknown, made: unknown, what: string): string | undefined {
  const kind = kindOf(made);
  const must = `it must return ${what}`;
  if (made === undefined) return `returned nothing; ${must}: is a "return" missing?`;
  if (isLeftThenable(made)) return `returned a promise; it must be synchronous`;
  if (!isPlainKind(made)) return `returned ${kind}; ${must} as plain data`;
  // A number may become an object, with room for more; a value with members has to keep them somewhere.
  if (isPrimitive(before) || kindOf(before) === kind) return undefined;
  return `returned ${kind}; ${must}, which is ${kindOf(before)} as it was before`;
}

/** The fault of what `initial` returned, as the rest of a sentence. */
export function wrongInitial(made: unknown): string | undefined {
  return wrongMade(undefined, made, 'the first state, {} where there is none');
}

function isPlainKind(value: unknown): boolean {
  if (isPrimitive(value)) return true;
  if (typeof value !== 'object') return false;
  return /^(an object|an array|a Map|a Set|a Date|bytes)$/.test(kindOf(value));
}

/** In words; bytes are all of one kind. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value !== 'object') return `a ${typeof value}`;
  if (Array.isArray(value)) return 'an array';
  if (isRecord(value)) return 'an object';
  if (value instanceof Map) return 'a Map';
  if (value instanceof Set) return 'a Set';
  if (value instanceof Date) return 'a Date';
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return 'bytes';
  return `an instance of ${nameOf(value)}`;
}
