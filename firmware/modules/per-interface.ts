/** The part of a section that has settings for each interface. */
import type { JsonSchema } from 'hitless/runtime';

/** A mapping of interface name to settings; `lan0:` with nothing behind it means the defaults, like `lan0: {}`. */
export function perInterface(description: string, properties: Record<string, JsonSchema>): JsonSchema {
  return {
    type: 'object',
    minProperties: 1,
    propertyNames: { format: 'interface-name' },
    additionalProperties: { type: 'object', additionalProperties: false, properties },
    allowed: 'a mapping of interface name to its settings, with at least one interface, such as lan0: {}',
    description,
  };
}
