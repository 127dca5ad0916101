/** A state is shown without its secrets, as JSON. */
import t from 'tap';
import { Table } from '../../runtime/index.ts';
import { redacted } from '../../runtime/state/redaction.ts';

t.test('secrets are hidden wherever they are', async (t) => {
  const state = {
    password: 'a1',
    config: { authKey: 'b2', pin: 1234, interfaces: [{ name: 'r0', pin: ['c3'], 'auth-key': 'd4' }] },
    map: new Map<string, unknown>([['r0', { private_key: Buffer.from('e5') }], ['token', 'f6']]), // biome-ignore format: one line
    peers: new Table<string, unknown>([
      ['x', { sharedSecret: { deep: 'g7' } }],
      ['md5-key', 'h8'],
    ]),
    pairs: new Map<unknown, unknown>([
      [1, 'shown'],
      ['passphrase', 'i9'],
    ]),
    keys: 3,
    key: 'r0/51',
    author: 'me',
  };
  const view = redacted(state, ['pin']);
  const text = JSON.stringify(view);
  for (const secret of ['a1', 'b2', '1234', 'c3', 'd4', 'e5', '6535', 'f6', 'g7', 'h8', 'i9'])
    t.notMatch(text, secret, `${secret} is hidden`);
  t.strictSame(view, {
    password: '<hidden>',
    config: {
      authKey: '<hidden>',
      pin: '<hidden>',
      interfaces: [{ name: 'r0', pin: '<hidden>', 'auth-key': '<hidden>' }],
    },
    map: { r0: { private_key: '<hidden>' }, token: '<hidden>' },
    peers: { x: { sharedSecret: '<hidden>' }, 'md5-key': '<hidden>' },
    pairs: [
      [1, 'shown'],
      ['passphrase', '<hidden>'],
    ],
    keys: 3,
    key: 'r0/51',
    author: 'me',
  });
});

t.test('every kind of value has a form in JSON', async (t) => {
  const cyclic: Record<string, unknown> = { n: 1 };
  cyclic.inner = { up: cyclic };
  const shared = { a: 1 };
  const view = redacted({
    at: new Date(0),
    never: new Date(Number.NaN),
    big: 7n,
    not: Number.NaN,
    nothing: null,
    list: [undefined, 1],
    set: new Set(['a', 2]),
    numbers: new Table<number, string>([[5, 'x']]),
    mixed: new Map<unknown, unknown>([
      [1, 'a'],
      ['1', 'b'],
    ]),
    bytes: Buffer.from([1, 255]),
    many: new Uint8Array(100),
    raw: new ArrayBuffer(2),
    f: () => 1,
    get accessor() {
      throw new Error('code is not run');
    },
    cyclic,
    twice: [shared, shared],
    ['__proto__']: 'own',
  });
  t.same(JSON.parse(JSON.stringify(view)), view);
  t.match(view, {
    at: '1970-01-01T00:00:00.000Z',
    never: '<no date>',
    big: '7',
    not: 'NaN',
    nothing: null,
    list: [null, 1],
    set: ['a', 2],
    numbers: { 5: 'x' },
    mixed: [
      [1, 'a'],
      ['1', 'b'],
    ],
    bytes: '01ff',
    many: /^(00){64}… \(100 bytes\)$/,
    raw: '0000',
    f: '<function>',
    accessor: '<accessor>',
    cyclic: { n: 1, inner: { up: '<the same as state.cyclic>' } },
    twice: [{ a: 1 }, { a: 1 }],
  });
  t.equal(Object.getOwnPropertyDescriptor(view, '__proto__')?.value, 'own');
  t.equal(redacted(5), 5);
});

t.test('what is shown can be limited, and says what is missing', async (t) => {
  const rows = Array.from({ length: 100 }, (_, i): [string, number] => [`k${i}`, i]);
  const limits = { entries: 2, depth: 3, text: 4 };
  const view = redacted({ routes: new Table(rows), list: [1, 2, 3], more: 1 }, [], limits);
  t.strictSame(view, {
    routes: { k0: 0, k1: 1, '…': '<98 more>' },
    list: [1, 2, '<1 more>'],
    '…': '<1 more>',
  });
  t.strictSame(redacted({ a: { b: { c: { d: 1 } } }, text: 'abcdef' }, [], limits), {
    a: { b: { c: '<…>' } },
    text: 'abcd…',
  });
  let deep: unknown = 1;
  for (let i = 0; i < 100_000; i++) deep = [deep];
  t.ok(JSON.stringify(redacted(deep)).length < 100, 'no depth is too deep');
  let wide: unknown = [1];
  for (let i = 0; i < 60; i++) wide = [wide, wide];
  t.ok(
    JSON.stringify(redacted(wide, [], { depth: 100, size: 1000 })).length < 200_000,
    'nor 2^60 values too many',
  );
});
