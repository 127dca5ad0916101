/** Schemas that several keys of the section have in common: prefixes, ids, metrics, tags. */
import type { BrokenRelation, JsonSchema } from 'hitless/runtime';
import { maskOf, toAddress, toNumber } from '../../address.ts';

export type Path = BrokenRelation['path'];

export const ID: JsonSchema = {
  type: 'string',
  format: 'ipv4',
  allowed: 'an id: four numbers with dots, such as 0.0.0.1',
};

const OCTET = '(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
export const PREFIX_NAMES: JsonSchema = {
  type: 'string',
  pattern: `^(${OCTET}\\.){3}${OCTET}/(3[0-2]|[12]?[0-9])$`,
  allowed: 'an IPv4 prefix, such as 10.9.0.0/16',
};

export const METRIC: JsonSchema = {
  type: 'integer',
  minimum: 0,
  // 24 bits; all of them set is LSInfinity (B).
  maximum: 16_777_214,
};

export const TAG: JsonSchema = { type: 'integer', minimum: 0, maximum: 4_294_967_295 };

/** A prefix as its lowest address and length; it is one by its pattern. */
export function prefixOf(text: string): { network: number; length: number } {
  const [address = '', length = ''] = text.split('/');
  return { network: toNumber(address), length: Number(length) };
}

/** Prefixes with bits beyond their length. */
export function* hostBits(prefixes: readonly string[], path: Path): Generator<BrokenRelation> {
  for (const text of prefixes) {
    const { network, length } = prefixOf(text);
    const lowest = (network & maskOf(length)) >>> 0;
    if (lowest !== network)
      yield {
        path: [...path, text],
        text: `a prefix without host bits, which is ${toAddress(lowest)}/${length}`,
      };
  }
}
