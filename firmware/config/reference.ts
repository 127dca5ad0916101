/** The reference of keys, as tables of Markdown: made of the schemas, so that it says what is checked. */
import type { JsonSchema } from '../../runtime/index.ts';
import { allowedBy, type SchemaView, viewOf } from './words.ts';

/** A table with a line for each key of a part of the file that says something. @param name its key at the top */
export function keyTable(name: string, schema: JsonSchema): string {
  const lines = [...rows(name, schema, false)].map((cells) => `| ${cells.map(cell).join(' | ')} |`);
  return ['| key | allowed | default | meaning |', '| --- | --- | --- | --- |', ...lines].join('\n');
}

type Row = [key: string, allowed: string, byDefault: string, meaning: string];

function* rows(key: string, schema: unknown, isRequired: boolean): Generator<Row> {
  const view = viewOf(schema);
  const { properties, additionalProperties, items, required = [], description = '' } = view;
  const entry = viewOf(items);
  const isParent = properties !== undefined || entry.properties !== undefined || isEach(view);
  // A mapping that is always there says nothing that its keys do not say.
  const isOptional = !isRequired && (view.default === undefined || view.unset !== undefined);
  if (!isParent || (isOptional && description !== ''))
    yield [`\`${key}\``, kindOf(view, schema), defaultOf(view, isRequired), description];
  for (const [name, inner] of Object.entries(properties ?? {}))
    yield* rows(`${key}.${name}`, inner, required.includes(name));
  if (isEach(view)) yield* rows(`${key}.NAME`, additionalProperties, false);
  if (entry.properties !== undefined) yield* rows(`${key}[]`, items, true);
}

function isEach({ additionalProperties }: SchemaView): boolean {
  return typeof additionalProperties === 'object';
}

function kindOf(view: SchemaView, schema: unknown): string {
  if (view.properties !== undefined) return 'section';
  if (isEach(view)) return 'section for each name';
  return allowedBy(schema);
}

function defaultOf(view: SchemaView, isRequired: boolean): string {
  if (isRequired) return 'required';
  if (view.unset !== undefined) return view.unset;
  const { default: value } = view;
  if (value === undefined) return 'none';
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
