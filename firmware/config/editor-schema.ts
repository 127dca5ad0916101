/**
 * The whole JSON Schema of a configuration file, for editors: the firmware's own part and the sections of modules, in the
 * words of the standard alone (draft 7, which editors know best).
 */
import type { JsonSchema } from '../../runtime/index.ts';
import { OWN_SCHEMAS } from './own.ts';
import { allowedBy, viewOf } from './words.ts';

/** Times as `duration.ts` reads them. */
const TIME = '^\\d{1,9}(\\.\\d{1,6})?(ms|s|m|h|d)$';

/** @param sections by name */
export function editorSchema(sections: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const properties = mapValues({ ...OWN_SCHEMAS, ...sections }, standard);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'configuration of a hitless router',
    type: 'object',
    additionalProperties: false,
    properties,
  };
}

/** A schema without the firmware's own keywords, which stand in its description instead. */
function standard(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return schema;
  const { allowed, unit, unset, identity, duration, cpus, maxBytes, format, description, ...rest } =
    schema as Record<string, unknown>;
  const view = viewOf(schema);
  const isLeaf = view.properties === undefined && view.items === undefined;
  const words = [
    description,
    isLeaf && allowedBy(schema),
    unset !== undefined && `without it: ${unset}`,
  ].filter((each) => typeof each === 'string');
  return {
    ...mapValues(rest, (value, keyword) => inner(keyword, value)),
    ...(duration !== undefined && { type: 'string', pattern: TIME }),
    ...(cpus !== undefined && { type: ['integer', 'string', 'array'] }),
    ...(maxBytes !== undefined && { maxLength: maxBytes }),
    ...(format === 'ipv4' && { format }),
    // `lan0:` with nothing behind it means the defaults.
    ...(view.type === 'object' && { type: ['object', 'null'] }),
    ...(words.length > 0 && { description: words.join('; ') }),
  };
}

/** Keywords whose value is a mapping of names to schemas, or a list of schemas, or a schema. */
function inner(keyword: string, value: unknown): unknown {
  if (keyword === 'properties' || keyword === 'patternProperties')
    return mapValues(value as object, standard);
  if (Array.isArray(value)) return /^(anyOf|oneOf|allOf)$/.test(keyword) ? value.map(standard) : value;
  return /^(items|additionalProperties|propertyNames|not|if|then|else|contains)$/.test(keyword)
    ? standard(value)
    : value;
}

function mapValues(record: object, make: (value: unknown, key: string) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, make(value, key)]));
}
