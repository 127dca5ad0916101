/** The keys `authentication` and `key-chains`: who may speak on an interface (RFC 2328 D; RFC 5709). */
import type { BrokenRelation, JsonSchema } from 'hitless/runtime';
import type { AuthenticationConfig, KeyAlgorithm, KeyConfig } from '../config-record.ts';
import type { Path } from './schemas.ts';

const ALGORITHMS: readonly KeyAlgorithm[] = [
  'md5',
  'hmac-sha-1',
  'hmac-sha-256',
  'hmac-sha-384',
  'hmac-sha-512',
];
/** Bytes of a secret: MD5 takes 16 (D.3), the others are hashed where they are longer than a block. */
const LONGEST_MD5 = 16;
const LONGEST_SECRET = 64;
/** AuType 1 has 64 bits (D.2). */
const LONGEST_PASSWORD = 8;
const MOST_KEYS = 32;
const MOST_CHAINS = 64;

const TIME: JsonSchema = {
  type: 'string',
  pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?Z$',
  allowed: 'a time in UTC, such as 2026-01-31T00:00:00Z',
};

const LIFETIME: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    from: { ...TIME, unset: 'since ever', description: 'when it begins' },
    until: { ...TIME, unset: 'for ever', description: 'when it ends' },
  },
};

const KEYS: JsonSchema = {
  type: 'object',
  minProperties: 1,
  maxProperties: MOST_KEYS,
  propertyNames: {
    type: 'string',
    pattern: '^(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])$',
    allowed: 'a key id from 0 to 255',
  },
  additionalProperties: {
    type: 'object',
    additionalProperties: false,
    required: ['secret'],
    properties: {
      algorithm: {
        enum: ALGORITHMS,
        default: 'hmac-sha-256',
        description: 'how packets are signed; the same on all routers of the network',
      },
      secret: {
        type: 'string',
        maxBytes: LONGEST_SECRET,
        allowed: `a text of 1 to ${LONGEST_SECRET} bytes, ${LONGEST_MD5} with md5`,
        minLength: 1,
        description: 'the secret; the same on all routers of the network',
      },
      send: {
        ...LIFETIME,
        description: 'when packets are signed with it; of several the latest to begin is used',
      },
      accept: { ...LIFETIME, description: 'when packets that are signed with it are taken' },
    },
  },
  allowed: 'a mapping of key id to key, such as 1: { secret: … }',
};

export const AUTHENTICATION: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    password: {
      type: 'string',
      minLength: 1,
      maxBytes: LONGEST_PASSWORD,
      unset: 'none',
      description: 'it is in each packet for all to read (simple password, D.2)',
    },
    keys: { ...KEYS, unset: 'none', description: 'packets are signed with these keys (D.3, RFC 5709)' },
    'key-chain': {
      type: 'string',
      unset: 'none',
      description: 'packets are signed with the keys of this chain of `key-chains`',
    },
  },
  unset: 'none, or as of its area',
  description: 'who may speak here: one of `password`, `keys` and `key-chain`; with none of them, everybody',
};

export const KEY_CHAINS: JsonSchema = {
  type: 'object',
  maxProperties: MOST_CHAINS,
  propertyNames: {
    pattern: '^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$',
    allowed: 'a name of 1 to 63 letters, digits, dots, - and _',
  },
  additionalProperties: KEYS,
  unset: 'none',
  description: 'keys that several interfaces have in common, by name and key id',
};

/** As the schema has them. In `check` whatever is wrong by itself is missing. */
export interface AuthenticationKeys {
  password?: string;
  keys?: KeysOf;
  'key-chain'?: string;
}

export type KeysOf = Record<string, Partial<Key> | undefined>;

interface Key {
  algorithm: KeyAlgorithm;
  secret: string;
  send: Lifetime;
  accept: Lifetime;
}

interface Lifetime {
  from?: string;
  until?: string;
}

export function* checkAuthentication(
  keys: AuthenticationKeys | undefined,
  chains: readonly string[],
  path: Path,
): Generator<BrokenRelation> {
  if (keys === undefined) return;
  const named = Object.keys(keys);
  if (named.length > 1)
    yield { path, text: 'one of password, keys and key-chain', found: named.join(' and ') };
  const chain = keys['key-chain'];
  if (chain !== undefined && !chains.includes(chain)) {
    const text =
      chains.length === 0 ? 'a chain of ospf.key-chains, which there are none of' : chains.join(', ');
    yield { path: [...path, 'key-chain'], text };
  }
  yield* checkKeys(keys.keys, [...path, 'keys']);
}

export function* checkKeys(keys: KeysOf = {}, path: Path): Generator<BrokenRelation> {
  for (const [id, key] of Object.entries(keys)) {
    const { algorithm, secret, send = {}, accept = {} } = key ?? {};
    if (algorithm === 'md5' && Buffer.byteLength(secret ?? '') > LONGEST_MD5)
      yield {
        path: [...path, id, 'secret'],
        text: `at most ${LONGEST_MD5} bytes with md5 (D.3)`,
        found: 'more',
      };
    for (const [name, { from, until }] of Object.entries({ send, accept })) {
      for (const [word, time] of Object.entries({ from, until }))
        if (time !== undefined && Number.isNaN(Date.parse(time)))
          yield { path: [...path, id, name, word], text: 'a day that there is' };
      if (from !== undefined && until !== undefined && Date.parse(until) <= Date.parse(from))
        yield { path: [...path, id, name, 'until'], text: `after ${from}, when it begins` };
    }
  }
}

export function authenticationOf({
  password,
  keys,
  'key-chain': keyChain,
}: AuthenticationKeys = {}): AuthenticationConfig {
  if (password !== undefined) return { type: 'simple', password };
  if (keys !== undefined) return { type: 'cryptographic', keys: keysOf(keys) };
  return keyChain === undefined ? { type: 'none' } : { type: 'cryptographic', keyChain };
}

export function keysOf(keys: KeysOf): Record<string, KeyConfig> {
  const each = Object.entries(keys).map(([id, key]) => {
    const { algorithm = 'hmac-sha-256', secret = '', send, accept } = key ?? {};
    const made: KeyConfig = {
      algorithm,
      secret,
      ...(send && { send: lifetimeOf(send) }),
      ...(accept && { accept: lifetimeOf(accept) }),
    };
    return [id, made] as const;
  });
  return Object.fromEntries(each);
}

function lifetimeOf({ from, until }: Lifetime): { from?: number; until?: number } {
  return {
    ...(from !== undefined && { from: Date.parse(from) }),
    ...(until !== undefined && { until: Date.parse(until) }),
  };
}
