/** Views of a version: what a manifest may say of them, when they come and go, and rows, which are bounded like all that modules make. */
import t, { type Test } from 'tap';
import { API, type ManifestView } from '../../runtime/index.ts';
import { validateManifest } from '../../runtime/module/manifest.ts';
import { Workshop } from './workshop.ts';

const withViews = (views: unknown, api = API) =>
  validateManifest(
    {
      api,
      name: 'CHAT',
      version: '1.0.0',
      accepts: { rooms: [1] },
      subscribes: {},
      timers: [],
      ports: api === 1 ? [] : {},
      state: { version: 1 },
      views,
    },
    'chat.cjs',
  );

const VIEW = {
  words: 'chat rooms',
  description: 'the rooms',
  request: 'rooms',
  columns: [{ key: 'name', title: 'ROOM' }],
};

t.test('a manifest whose views break a rule is refused with the key and what is allowed', (t) => {
  const rows: [unknown, RegExp][] = [
    [7, /manifest\.views must be an object of name to view/],
    [{ rooms: 1 }, /manifest\.views\.rooms must be an object with words, aliases/],
    [{ 'a b': VIEW }, /manifest\.views must be named by a letter/],
    [{ rooms: { ...VIEW, colour: 1 } }, /manifest\.views\.rooms\.colour must be left out/],
    [{ rooms: { ...VIEW, words: 'Chat Rooms' } }, /manifest\.views\.rooms\.words must be 1 to 6 words/],
    [{ rooms: { ...VIEW, words: 'chat  rooms' } }, /views\.rooms\.words must be/],
    [{ rooms: { ...VIEW, words: 'a b c d e f g' } }, /views\.rooms\.words must be/],
    [{ rooms: { ...VIEW, description: '' } }, /views\.rooms\.description must be a line/],
    [{ rooms: { ...VIEW, description: 'a\u001b[2J' } }, /views\.rooms\.description must be a line/],
    [
      { rooms: { ...VIEW, request: 'people' } },
      /views\.rooms\.request must be a type of message that "accepts"/,
    ],
    [{ rooms: { ...VIEW, request: 'toString' } }, /views\.rooms\.request must be a type of message that/],
    [{ rooms: { ...VIEW, columns: [] } }, /views\.rooms\.columns must be a list of 1 to 40/],
    [{ rooms: { ...VIEW, columns: [{ key: 'a' }] } }, /views\.rooms\.columns\[0\]\.title must be a text/],
    [{ rooms: { ...VIEW, lines: 'text' } }, /views\.rooms\.columns must be left out where there are "lines"/],
    [{ rooms: { ...VIEW, follows: 1 } }, /views\.rooms\.follows must be true or false/],
    [{ rooms: { ...VIEW, follows: true } }, /views\.rooms\.lines must be the name of a property/],
    [
      {
        rooms: {
          ...{ words: 'chat', description: 'x', request: 'rooms', lines: 'text', follows: true },
          takes: [{ name: 'after', description: 'x' }],
        },
      },
      /views\.rooms\.takes must be free of the names follower and after/,
    ],
    [{ rooms: { ...VIEW, legend: ['a'] } }, /views\.rooms\.legend must be left out where "lines" is/],
    [
      { rooms: { ...VIEW, takes: [{ name: 'a', description: 'A', choices: ['b'], offers: ['c'] }] } },
      /views\.rooms\.takes\[0\]\.offers must be left out beside "choices"/,
    ],
    [{ rooms: { ...VIEW, takes: [{ name: 'a' }] } }, /views\.rooms\.takes\[0\]\.description must be/],
    [
      {
        rooms: {
          ...VIEW,
          takes: [
            { name: 'a', description: 'A', optional: true },
            { name: 'b', description: 'B' },
          ],
        },
      },
      /views\.rooms\.takes must be with those that may be left out at the end/,
    ],
    [{ one: VIEW, two: VIEW }, /views\.two must be in words of its own: "chat rooms" is said twice/],
    [{ one: { ...VIEW, aliases: ['chat rooms'] } }, /"chat rooms" is said twice/],
  ];
  for (const [views, message] of rows)
    t.throws(() => withViews(views), { code: 'MANIFEST_INVALID', message }, JSON.stringify(views));
  t.throws(() => withViews({ rooms: VIEW }, 1), { message: /manifest\.views must be left out/ });
  t.strictSame({ ...withViews(undefined, 1).views }, {}, 'a manifest may have none');
  const { views } = withViews({ rooms: { ...VIEW, aliases: ['rooms'], none: 'no rooms' } });
  t.strictSame({ ...views }, { rooms: { ...VIEW, aliases: ['rooms'], none: 'no rooms' } });
  t.throws(
    () => Object.assign(views.rooms!, { words: 'other' }),
    TypeError,
    'and it stays as it was checked',
  );
  t.end();
});

const CHAT = `api: 2, ports: {}, accepts: { rooms: [1] }, views: { rooms: ${JSON.stringify(VIEW)} }`;

async function chat(t: Test, answer: string, more = '') {
  const shop = new Workshop(t);
  const manifest = `${CHAT}, ${more}`;
  const ref = shop.bundle({
    name: 'CHAT',
    version: '1.0.0',
    manifest,
    methods: `onRooms(message) { ${answer} }`,
  });
  await shop.add('CHAT', ref);
  return shop;
}

t.test('views come and go with the versions that have them', async (t) => {
  const shop = await chat(t, 'return [];');
  shop.bundle({
    name: 'CHAT',
    version: '2.0.0',
    manifest: CHAT.replace('chat rooms', 'chat lobby'),
    methods: 'onRooms() { return []; }',
  });
  const words = () => shop.runtime.views().map(({ module, views }) => [module, views.rooms?.words]);
  t.strictSame(words(), [['CHAT', 'chat rooms']]);
  t.match(await shop.replace('CHAT', 'chat@2.0.0'), { outcome: 'committed' });
  t.strictSame(words(), [['CHAT', 'chat lobby']]);
  await shop.runtime.rollback();
  t.strictSame(words(), [['CHAT', 'chat rooms']]);
  await shop.runtime.remove('CHAT');
  t.strictSame(words(), []);
});

const viewOf = (shop: Workshop): ManifestView => shop.runtime.views()[0]!.views.rooms!;

t.test('rows are plain data, with secrets hidden; a Map is a list of its rows', async (t) => {
  const shop = await chat(
    t,
    "return new Map([[1, { name: 'a', big: 7n, bytes: new Uint8Array([1, 255]), pin: 4711 }]]);",
    "state: { version: 1, secrets: ['pin'] }",
  );
  t.strictSame(await shop.runtime.rows('CHAT', viewOf(shop)), {
    rows: [{ name: 'a', big: '7', bytes: '01ff', pin: '<hidden>' }],
    more: 0,
  });
});

t.test('what is typed is sent with the request, by name', async (t) => {
  const shop = await chat(t, 'return [{ name: String(message.body?.room) }];');
  const view = { ...viewOf(shop), takes: [{ name: 'room', description: 'which' }] };
  t.strictSame((await shop.runtime.rows('CHAT', view, { room: 'lobby' })).rows, [{ name: 'lobby' }]);
  t.strictSame((await shop.runtime.rows('CHAT', viewOf(shop), { room: 'lobby' })).rows, [
    { name: 'undefined' },
  ]);
});

t.test('rows may be made as they are walked, with places where a slice may end', async (t) => {
  const shop = await chat(
    t,
    `const made = function* () { for (let i = 0; i < 120_000; i++) { if (i % 3 === 0) yield undefined; yield { name: i }; } };
     return { size: 120_000, [Symbol.iterator]: made };`,
  );
  const { rows, more } = await shop.runtime.rows('CHAT', viewOf(shop), {}, { timeout: 60_000 });
  t.equal(rows.length, 100_000);
  t.equal(more, 20_000, 'by its size');
  t.ok(rows.every(({ name }, i) => name === i));
});

t.test('a module refuses what was typed, in its own words, and that is no fault of it', async (t) => {
  const shop = await chat(t, "return { refused: 'there is no room ' + message.body?.room };");
  await t.rejects(shop.runtime.rows('CHAT', viewOf(shop)), {
    code: 'VIEW_REFUSED',
    message: 'there is no room undefined',
  });
  t.match(shop.view('CHAT'), { service: 'service', errors: 0 });
});

const MOST_ROWS = 100_000;
const SIZED = 'maxHandlerMs: 10_000';

t.test(
  'of too many rows the first are taken, and the others counted; so with what is long in a row',
  async (t) => {
    const shop = await chat(
      t,
      "const list = new Array(1000).fill(7); return Array.from({ length: 200_000 }, (_, i) => ({ name: i, list: i < 50 ? list : [], text: 'x'.repeat(i === 0 ? 1e6 : 1) }));",
      SIZED,
    );
    const { rows, more } = await shop.runtime.rows('CHAT', viewOf(shop), {}, { timeout: 60_000 });
    t.equal(rows.length, MOST_ROWS);
    t.equal(more, MOST_ROWS);
    t.ok(JSON.stringify(rows[0]).length < 2000);
    t.ok((rows[1]!.list as unknown[]).length < 100);

    const long = await chat(
      t,
      "const text = 'x'.repeat(400); return Array.from({ length: 100_000 }, () => Object.fromEntries(Array.from({ length: 10 }, (_, i) => [i, text])));",
      SIZED,
    );
    const cut = await long.runtime.rows('CHAT', viewOf(long), {}, { timeout: 60_000 });
    t.equal(cut.rows.length + cut.more, MOST_ROWS);
    t.ok(cut.rows.length > 5_000 && cut.rows.length < 10_000, `${cut.rows.length} rows of 4 kB`);
  },
);

t.test('the loop goes round while rows are taken, also for several who ask at once', async (t) => {
  const shop = await chat(
    t,
    'return Array.from({ length: 100_000 }, (_, name) => ({ name, to: [name, name + 1] }));',
    SIZED,
  );
  const ask = () => shop.runtime.rows('CHAT', viewOf(shop), {}, { timeout: 60_000 });
  let turns = 0;
  let next = setImmediate(function count() {
    turns++;
    next = setImmediate(count);
  });
  t.teardown(() => clearImmediate(next));
  for (const { rows } of await Promise.all([ask(), ask(), ask()])) t.equal(rows.length, MOST_ROWS);
  // A slice is 2 ms: so many rows are more than a hundred of them on the fastest machine.
  t.ok(turns > 100, `${turns} turns`);
});

t.test(
  'a Map or Table is walked while it changes: each row is whole, and none that stays is missed',
  async (t) => {
    for (const kind of ['Map', 'Table']) {
      const shop = new Workshop(t);
      const entries = '(_, i) => [i, { name: i, again: i }]';
      const ref = shop.bundle({
        name: 'CHAT',
        version: '1.0.0',
        head: "const { Table } = require('hitless/runtime');",
        manifest: `${CHAT.replace('rooms: [1]', 'rooms: [1], change: [1]')}, state: { version: 1, tables: { ${kind === 'Table' ? 'rooms: {}' : ''} } }`,
        methods: `initial() { return { at: 0, rooms: new ${kind}(Array.from({ length: 50_000 }, ${entries})) }; }
        onRooms() { return this.state.rooms; }
        onChange() { const { rooms } = this.state; for (let i = 0; i < 50; i++) { const at = this.state.at++; rooms.delete(2 * at); rooms.set(100_000 + at, { name: 100_000 + at, again: 100_000 + at }); rooms.set(2 * at + 1, { name: 2 * at + 1, again: 2 * at + 1 }); } }`,
      });
      await shop.add('CHAT', ref);
      let changes = 0;
      let next = setImmediate(function change() {
        if (shop.runtime.send('CHAT', 'change') === 'queued') changes++;
        next = setImmediate(change);
      });
      const { rows } = await shop.runtime.rows('CHAT', viewOf(shop), {}, { timeout: 60_000 });
      clearImmediate(next);
      t.ok(changes > 20, `${changes} changes meanwhile`);
      t.ok(rows.every(({ name, again }) => name === again));
      const names = new Set(rows.map(({ name }) => name));
      t.equal(names.size, rows.length, 'none twice');
      t.ok(Array.from({ length: 25_000 }, (_, i) => 2 * i + 1).every((name) => names.has(name)));
    }
  },
);

t.test('an answer that is no list of rows is an error of the module, and code in it is cut', async (t) => {
  const cases: [answer: string, code: string, message: RegExp][] = [
    [
      'return 7;',
      'VIEW_INVALID',
      /CHAT gave an answer that cannot be shown as rows: it is no list, no Map and no Table/,
    ],
    ['return undefined;', 'VIEW_INVALID', /no list/],
    ['return [{ name: 1 }, 2];', 'VIEW_INVALID', /it has a row 2 that is no object/],
    ['return [new Proxy({}, {})];', 'VIEW_INVALID', /a row 1 that is no object/],
    ['return new Proxy([], {});', 'VIEW_INVALID', /no list/],
    [
      "return Object.defineProperty([], 0, { get() { throw new Error('mine'); } });",
      'VIEW_INVALID',
      /it threw: .*mine/,
    ],
    [
      'return Object.defineProperty([], 0, { get() { for (;;); } });',
      'HOOK_CUT',
      /CHAT: its answer could not be looked at within/,
    ],
  ];
  for (const [answer, code, message] of cases) {
    const shop = await chat(t, answer);
    await t.rejects(shop.runtime.rows('CHAT', viewOf(shop)), { code, message }, answer);
    t.equal(shop.view('CHAT').service, 'service', answer);
  }
  const shop = await chat(t, 'return [];');
  await t.rejects(shop.runtime.rows('NOBODY', viewOf(shop)), { code: 'MODULE_UNKNOWN' });
  await t.rejects(shop.runtime.rows('CHAT', { ...viewOf(shop), request: 'people' }), { code: 'ASK_UNKNOWN' });
});
