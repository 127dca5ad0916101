/**
 * The words of a section's schema beyond JSON Schema: formats of texts, and keywords. All are plain data in a schema;
 * their meaning is here. A bundle may use them without a line of code of its own.
 *
 * `duration: { least, most, step }` is a time as people write it (`10s`); `check` and `settings` are given it in ms.
 * `maxBytes` is the most bytes of a text in UTF-8. `allowed` are the words for what is allowed, where those made of the other
 * keywords say too little. `unit` is the unit of a number. `unset` says what holds where the file has nothing and no value
 * is the default. `identity` are the members by which an entry of a list is named on the console.
 */
import { isIPv4 } from 'node:net';
import type { FormatDefinition, KeywordDefinition } from 'ajv';
import { LAST_CPU, parseCpuList } from '../../drivers/cpus.ts';
import { formatDuration, parseDuration } from './duration.ts';

/** A form of texts. */
export interface Format {
  /** The words for what is allowed. */
  readonly allowed: string;
  readonly test: (text: string) => boolean;
}

/** The keyword `duration`: times as people write them; `step` is 1ms unless told. */
export interface DurationRange {
  least: string;
  most: string;
  step?: string;
}

export const FORMATS: Readonly<Record<string, Format>> = {
  ipv4: { allowed: 'four numbers with dots, such as 10.0.1.1', test: isIPv4 },
  'ipv4-host': {
    allowed: 'an IPv4 address of a host, such as 10.0.1.254',
    test: (text) => isIPv4(text) && isHostAddress(text),
  },
  // RFC 4632 3.1.
  'ipv4-interface': {
    allowed: 'an IPv4 address of a host with the length of its prefix, such as 10.0.1.1/24',
    test: (text) => text.includes('/') && isAddressOrNetwork(text),
  },
  'ipv4-or-network': {
    allowed: 'an IPv4 address of the interface or its network, such as 10.0.1.1 or 10.0.1.0/24',
    test: isAddressOrNetwork,
  },
  'interface-name': {
    allowed: 'the name of an interface: 1 to 15 characters, no space, / or :',
    test: isInterfaceName,
  },
  path: { allowed: 'the path of a file or directory', test: (text) => text !== '' && !text.includes('\0') },
  'absolute-path': {
    allowed: 'the absolute path of a file or directory',
    test: (text) => text.startsWith('/') && !text.includes('\0'),
  },
};

/** The rule of Linux for the name of an interface (dev_valid_name in its net/core/dev.c): IFNAMSIZ is 16 with the closing zero. */
function isInterfaceName(name: string): boolean {
  return /^[^\s/:]+$/.test(name) && Buffer.byteLength(name) <= 15 && name !== '.' && name !== '..';
}

/** An address that one host can have: not 0.0.0.0/8, loopback, multicast or reserved (RFC 1122 3.2.1.3). */
function isHostAddress(address: string): boolean {
  const first = Number(address.split('.', 1)[0]);
  return first !== 0 && first !== 127 && first < 224;
}

/** `10.0.1.1`, `10.0.1.1/24` or `10.0.1.0/24`. */
function isAddressOrNetwork(text: string): boolean {
  const [address = '', length, ...rest] = text.split('/');
  const lengthGood =
    length === undefined || (/^\d{1,2}$/.test(length) && Number(length) >= 1 && Number(length) <= 32);
  return rest.length === 0 && lengthGood && isIPv4(address) && isHostAddress(address);
}

/** A time of a schema, in ms. */
function msOf(text: string): number {
  const read = parseDuration(text);
  return 'ms' in read ? read.ms : Number.NaN;
}

/** Reads a time that a schema allows in ms, or says what would have been allowed. */
export function readDuration(
  value: unknown,
  range: DurationRange,
  allowed = durationWords(range),
): { ms: number } | { wrong: string } {
  const read = parseDuration(value);
  if ('wrong' in read) return read;
  const { ms } = read;
  const fits = ms >= msOf(range.least) && ms <= msOf(range.most) && ms % msOf(range.step ?? '1ms') === 0;
  return fits ? read : { wrong: allowed };
}

/** The words for a time in a range. */
export function durationWords({ least, most, step = '1ms' }: DurationRange): string {
  const ms = msOf(step);
  const steps = ms === 1 ? '' : ms === 1000 ? ' in whole seconds' : ` in steps of ${formatDuration(ms)}`;
  return `a time from ${formatDuration(msOf(least))} to ${formatDuration(msOf(most))}${steps}`;
}

/** CPUs: a number, a list, or Linux's own form of one; undefined for anything else. */
export function readCpus(value: unknown): number[] | undefined {
  const parts = Array.isArray(value) ? value : [value];
  const known = parts.every((part) => typeof part === 'number' || typeof part === 'string');
  return known ? parseCpuList(parts.join(',')) : undefined;
}

export const CPU_WORDS = `CPU numbers from 0 to ${LAST_CPU}, such as [1], 1-3 or "0,2-3"`;

/** The formats as the validator takes them. */
export const FORMAT_DEFINITIONS: Readonly<Record<string, FormatDefinition<string>>> = Object.fromEntries(
  Object.entries(FORMATS).map(([name, { test }]) => [name, { type: 'string', validate: test }]),
);

/** The keywords as the validator takes them. */
export const KEYWORDS: readonly KeywordDefinition[] = [
  {
    keyword: 'duration',
    metaSchema: {
      type: 'object',
      properties: { least: { type: 'string' }, most: { type: 'string' }, step: { type: 'string' } },
      required: ['least', 'most'],
      additionalProperties: false,
    },
    validate: (range: DurationRange, value: unknown) => 'ms' in readDuration(value, range),
  },
  {
    keyword: 'maxBytes',
    type: 'string',
    metaSchema: { type: 'integer', minimum: 0 },
    validate: (most: number, text: string) => Buffer.byteLength(text) <= most,
  },
  {
    keyword: 'cpus',
    metaSchema: { const: true },
    validate: (_: true, value: unknown) => readCpus(value) !== undefined,
  },
  { keyword: 'allowed', metaSchema: { type: 'string' } },
  { keyword: 'unit', metaSchema: { type: 'string' } },
  { keyword: 'unset', metaSchema: { type: 'string' } },
  {
    keyword: 'identity',
    type: 'array',
    metaSchema: { type: 'array', items: { type: 'string' }, minItems: 1 },
  },
];
