/**
 * A section's data beside its schema: ajv finds what is wrong, and this file tells it with place, found and allowed.
 * Of an alternative (`anyOf` and its like) it is told as a whole: which one was meant, nobody knows.
 */
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { JsonSchema } from '../../runtime/index.ts';
import { nearest } from '../../runtime/nearest.ts';
import type { KeyPath } from './problem.ts';
import { FORMAT_DEFINITIONS, KEYWORDS, readDuration } from './vocabulary.ts';
import { allowedBy, viewOf } from './words.ts';

/** Something in a file that its schema does not allow. */
export interface Mistake {
  path: KeyPath;
  allowed: string;
  /** Told where the key itself is wrong, and not what it holds. */
  key?: { found: string };
}

/** To make one costs many times what a schema costs: it compiles the schema of schemas. */
let shared: Ajv | undefined;

/** @throws Error for a schema that is none, with what is wrong in it */
export function validatorOf(schema: JsonSchema): ValidateFunction {
  const ajv = shared ?? compiler();
  // One that throws, or that a guard cuts, is left with a half of the schema, and would refuse it from then on.
  shared = undefined;
  const validate = ajv.compile(schema);
  // It would keep each schema, and refuse another with the same `$id`.
  ajv.removeSchema(schema);
  shared = ajv;
  return validate;
}

function compiler(): Ajv {
  // Unknown keywords are an error of the schema's author; a type need not stand beside each keyword. To optimize a
  // validator takes as long as to make it, on the main thread, and each validates a small section a few times.
  const ajv = new Ajv({
    code: { optimize: false },
    allErrors: true,
    verbose: true,
    strict: true,
    strictTypes: false,
    strictRequired: false,
  });
  for (const [name, format] of Object.entries(FORMAT_DEFINITIONS)) ajv.addFormat(name, format);
  for (const keyword of KEYWORDS) ajv.addKeyword(keyword);
  return ajv;
}

/** All mistakes of the data, each once. @param above the path of the data in the file */
export function mistakesOf(validate: ValidateFunction, data: unknown, above: KeyPath): Mistake[] {
  if (validate(data) === true) return [];
  const found = new Map<string, Mistake>();
  for (const error of validate.errors ?? []) {
    const mistake = mistakeOf(error, [...above, ...pathOf(error.instancePath, data)]);
    if (mistake === undefined) continue;
    const key = JSON.stringify([mistake.path, mistake.allowed]);
    if (!found.has(key)) found.set(key, mistake);
  }
  return [...found.values()];
}

/** Keywords whose inner errors say nothing: one alternative of several need not be meant. */
const INSIDE = /\/(?:anyOf|oneOf|not|if|contains)\//;

function mistakeOf(error: ErrorObject, path: KeyPath): Mistake | undefined {
  const { keyword, params, parentSchema, schemaPath, propertyName } = error;
  if (INSIDE.test(schemaPath) || keyword === 'propertyNames') return undefined;
  const view = viewOf(parentSchema);
  if (propertyName !== undefined) {
    const key = { found: `the key ${JSON.stringify(propertyName)}` };
    return { path: [...path, propertyName], allowed: allowedBy(parentSchema), key };
  }
  if (keyword === 'additionalProperties') {
    const name = String(params.additionalProperty);
    const allowed = withNearest(name, Object.keys(view.properties ?? {}));
    return { path: [...path, name], allowed, key: { found: `the unknown key "${name}"` } };
  }
  if (keyword === 'required') {
    const name = String(params.missingProperty);
    return { path: [...path, name], allowed: allowedBy(view.properties?.[name]) };
  }
  if (view.duration !== undefined) {
    const read = readDuration(error.data, view.duration, allowedBy(parentSchema));
    return { path, allowed: 'wrong' in read ? read.wrong : allowedBy(parentSchema) };
  }
  return { path, allowed: allowedBy(parentSchema) };
}

/** The known names, and which of them was probably meant. */
export function withNearest(typed: string, known: readonly string[]): string {
  const meant = nearest(typed, known);
  return `${known.join(', ')}${meant === undefined ? '' : ` (did you mean ${meant}?)`}`;
}

/** A JSON Pointer (RFC 6901) into the data; indices of lists are numbers. */
function pathOf(pointer: string, data: unknown): KeyPath {
  const steps = pointer.split('/').slice(1);
  let at = data;
  return steps.map((text) => {
    const name = text.replaceAll('~1', '/').replaceAll('~0', '~');
    const step = Array.isArray(at) ? Number(name) : name;
    at = (at as Record<string | number, unknown> | undefined)?.[step];
    return step;
  });
}
