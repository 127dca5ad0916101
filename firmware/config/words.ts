/** The words for what a schema allows, as errors and the reference of keys have them. */
import type { JsonSchema } from '../../runtime/index.ts';
import { CPU_WORDS, type DurationRange, durationWords, FORMATS } from './vocabulary.ts';

/** A schema's keywords that are read outside of the validator. */
export interface SchemaView {
  type?: string | readonly string[];
  properties?: Readonly<Record<string, JsonSchema>>;
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  enum?: readonly unknown[];
  const?: unknown;
  default?: unknown;
  description?: string;
  required?: readonly string[];
  format?: string;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  maxBytes?: number;
  minProperties?: number;
  allowed?: string;
  unit?: string;
  unset?: string;
  identity?: readonly string[];
  propertyNames?: JsonSchema;
  duration?: DurationRange;
  cpus?: true;
}

/** A schema that a validator has taken, or may take: keywords have their types. */
export function viewOf(schema: unknown): SchemaView {
  return typeof schema === 'object' && schema !== null ? (schema as SchemaView) : {};
}

/** In words, what is allowed where this schema stands. */
export function allowedBy(schema: unknown): string {
  const view = viewOf(schema);
  if (view.allowed !== undefined) return view.allowed;
  if (view.enum !== undefined) return `one of ${view.enum.map(plain).join(', ')}`;
  if (view.const !== undefined) return plain(view.const);
  if (view.duration !== undefined) return durationWords(view.duration);
  if (view.cpus) return CPU_WORDS;
  return `${ofType(view)}${view.unit === undefined ? '' : `, in ${view.unit}`}`;
}

function ofType(view: SchemaView): string {
  switch (view.type) {
    case 'object': {
      const names = Object.keys(view.properties ?? {});
      return names.length > 0 ? `a mapping with the keys ${names.join(', ')}` : 'a mapping';
    }
    case 'array':
      return `a list${ofLength(view)}`;
    case 'boolean':
      return 'true or false';
    case 'integer':
      return `a whole number${inRange(view)}`;
    case 'number':
      return `a number${inRange(view)}`;
    case 'string':
      return textWords(view);
    default:
      return view.format === undefined ? 'another value' : textWords(view);
  }
}

function textWords({ format, maxBytes }: SchemaView): string {
  const words = (format !== undefined && FORMATS[format]?.allowed) || 'a text';
  return maxBytes === undefined ? words : `${words}, at most ${maxBytes} bytes long`;
}

function ofLength({ minItems, maxItems }: SchemaView): string {
  if (minItems !== undefined && maxItems !== undefined) return ` of ${minItems} to ${maxItems} entries`;
  if (minItems !== undefined) return ` with at least ${minItems} ${minItems === 1 ? 'entry' : 'entries'}`;
  return maxItems === undefined ? '' : ` of at most ${maxItems} entries`;
}

function inRange({ minimum, maximum }: SchemaView): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` from ${minimum}`;
  return maximum === undefined ? '' : ` up to ${maximum}`;
}

/** A value as the file would have it. */
function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
