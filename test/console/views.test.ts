/** Views of modules on the console: they come and go with versions, in their words, and of modules that nobody has heard of. */
import t from 'tap';
import { commandsOf } from '../../firmware/console/commands/all.ts';
import { complete } from '../../firmware/console/completion.ts';
import { textOf } from '../../firmware/console/execute.ts';
import { HitlessError } from '../../runtime/index.ts';
import { CALLER, FakeHost } from './fixtures/fake-router.ts';
import { typed } from './fixtures/typed.ts';

const LOBBY = {
  words: 'chat rooms',
  aliases: ['lobby'],
  description: 'the rooms of the talk',
  takes: [
    { name: 'order', description: 'how they are sorted', choices: ['name', 'idle'] },
    { name: 'room', description: 'one of them', optional: true },
  ],
  request: 'rooms',
  columns: [
    { key: 'name', title: 'ROOM' },
    { key: 'idle', title: 'IDLE', unit: 'ms' },
    { key: 'size', title: 'SIZE', unit: 'kB' },
    { key: 'topic', title: 'TOPIC' },
  ],
  none: 'no rooms',
};

/** A router whose OSPF is of api 2, and has views of its own. */
function chatting(views: Record<string, typeof LOBBY> = { rooms: LOBBY }): FakeHost {
  const host = new FakeHost();
  host.runtime.ownViews = { OSPF: views };
  host.runtime.answers['OSPF rooms'] = [
    { name: 'a\u001b[2J', idle: 61_000, size: 3, note: 1 },
    { name: 'b', idle: 12.25, size: 40 },
  ];
  return host;
}

async function text(line: string, host: FakeHost): Promise<string> {
  return textOf(await typed(line, host, CALLER)).join('\n');
}

t.test('a view is a table with its titles and units; columns that no row has are left out', async (t) => {
  const host = chatting();
  t.equal(
    await text('show chat rooms idle lobby', host),
    'ROOM        IDLE     SIZE\na\\u001b[2J  1 min    3 kB\nb           12.3 ms  40 kB',
  );
  t.same(host.runtime.asked.at(-1), [
    'rows',
    { module: 'OSPF', request: 'rooms' },
    { order: 'idle', room: 'lobby' },
  ]);
  t.same(JSON.parse(await text('show lobby name --json', host)), {
    ok: true,
    command: 'show lobby name',
    data: [
      { name: 'a\u001b[2J', idle: 61_000, size: 3, note: 1 },
      { name: 'b', idle: 12.25, size: 40 },
    ],
  });
  host.runtime.answers['OSPF rooms'] = [];
  t.equal(await text('show lobby name', host), 'no rooms');
  host.runtime.answers['OSPF rooms'] = Array.from({ length: 101_000 }, (_, name) => ({ name }));
  t.match(await text('show lobby name', host), /\n99999\n… 1000 more$/);
});

t.test('what is typed behind it is checked, and told', async (t) => {
  const host = chatting();
  t.match(await text('show chat', host), /^COMMAND_USAGE: show chat what\? usage: show chat rooms$/);
  t.match(
    await text('show chat rooms', host),
    /^COMMAND_USAGE: ORDER is missing; usage: show chat rooms ORDER \[ROOM\]$/,
  );
  t.match(
    await text('show chat rooms nam', host),
    /^CHOICE_UNKNOWN: there is no order "nam"; did you mean "name"\?; allowed: name, idle$/,
  );
  t.match(await text(`show chat rooms name ${'x'.repeat(200)}`, host), /^COMMAND_USAGE: "x+…" is longer/);
  t.match(
    await text('help show chat rooms', host),
    /^show chat rooms ORDER \[ROOM\]\n +the rooms of the talk$/,
  );
});

t.test(
  'rows may have lines of their own, which a program is not told; a filter keeps rows by them',
  async (t) => {
    const host = new FakeHost();
    const view = {
      words: 'chat rooms',
      description: 'the rooms',
      takes: [{ name: 'which', description: 'a name', optional: true, offers: ['open', 'shut'] }],
      request: 'rooms',
      lines: 'text',
      legend: ['o - open'],
      none: 'no rooms',
    };
    host.runtime.ownViews = { OSPF: { rooms: view } };
    host.runtime.answers['OSPF rooms'] = [
      { name: 'a', text: ['o a', '  first', '  \u001b[2J'] },
      { name: 'b', text: ['  b'] },
    ];
    t.equal(await text('show chat rooms', host), 'o - open\no a\n  first\n  \\u001b[2J\n  b');
    t.same(JSON.parse(await text('show chat rooms --json', host)).data, [{ name: 'a' }, { name: 'b' }]);
    t.equal(await text('show chat rooms | count', host), '4 lines');
    t.equal(await text('show chat rooms | include first', host), '  first');
    t.same(JSON.parse(await text('show chat rooms | include first | json', host)).data, [{ name: 'a' }]);
    t.same(
      JSON.parse(await text('show chat rooms | exclude first | exclude 1b | exclude a | json', host)).data,
      [{ name: 'b' }],
    );
    t.same(complete('show chat rooms ', commandsOf(host), host.runtime)[0], ['open', 'shut']);
    t.match(await text('show chat rooms other', host), /^o - open/, 'others are taken, too');
    host.runtime.answers['OSPF rooms'] = [];
    t.equal(await text('show chat rooms', host), 'no rooms');
  },
);

t.test('views come and go with the version, in completion, help and prefixes', async (t) => {
  const host = chatting();
  const offers = (typed: string) => complete(typed, commandsOf(host), host.runtime)[0];
  t.same(offers('show ch'), ['chat ']);
  t.same(offers('show chat rooms '), ['name', 'idle']);
  t.match(await text('sh ch r name', host), /^ROOM /);
  t.match(await text('show neighbors', host), /^COMMAND_UNKNOWN/, 'the view of an older version is gone');
  host.runtime.ownViews = {};
  t.same(offers('show ch'), []);
  t.match(await text('show chat rooms name', host), /^COMMAND_UNKNOWN: there is no "show chat"/);
  t.match(await text('show neighbors', host), /^NEIGHBOR ID/);
});

t.test('a view that a bundle has, and nothing in service, is told with what brings it', async (t) => {
  const host = chatting();
  host.runtime.ownViews = {};
  const asked: string[] = [];
  const acquire = async (ref: string) => {
    asked.push(ref);
    if (ref === 'timer@2.0.0') throw new HitlessError('BUNDLE_SYNTAX', 'it is no bundle');
    return { manifest: { api: 2, name: 'OSPF', ...(ref === 'ospf@2.0.0' && { views: { rooms: LOBBY } }) } };
  };
  Object.assign(host.runtime.repository, { acquire });
  const absent =
    /^VIEW_ABSENT: there is no "show chat rooms" now; it is a view of ospf@2\.0\.0, and OSPF runs as 1\.0\.0: "replace OSPF ospf@2\.0\.0" brings it$/;
  t.match(await text('show chat rooms name', host), absent);
  t.match(await text('sho chat room', host), absent, 'cut short');
  t.match(await text('show lobby | count', host), /^VIEW_ABSENT: there is no "show lobby" now/);
  t.ok(asked.includes('timer@2.0.0'), 'a bundle that is damaged hides none');
  const modules = host.runtime.modules().filter(({ name }) => name !== 'OSPF');
  host.runtime.modules = () => modules;
  t.match(
    await text('show lobby', host),
    /a view of OSPF, which does not run: "add OSPF ospf@2\.0\.0" brings it in$/,
  );
  t.match(await text('show lobbies', host), /^COMMAND_UNKNOWN: there is no "show lobbies"/);
  asked.length = 0;
  t.match(await text('shwo lobby', host), /^COMMAND_UNKNOWN/);
  t.match(await text('show', host), /^COMMAND_USAGE/);
  t.same(asked, [], 'nothing is loaded for any other mistake');
});

t.test('a view has no words of the router, nor of a view before it', async (t) => {
  const view = (words: string, takes: typeof LOBBY.takes = []) => ({ ...LOBBY, aliases: [], takes, words });
  const host = chatting({
    own: view('modules'),
    behind: view('state x'),
    first: view('chat', LOBBY.takes),
    second: view('chat rooms'),
    third: view('vrrp'),
  });
  t.match(await text('show modules', host), /^MODULE +VERSION/);
  t.match(await text('show state x', host), /^MODULE_UNKNOWN: there is no module "x"/);
  t.match(await text('show chat rooms', host), /^CHOICE_UNKNOWN: there is no order "rooms"/);
  t.match(await text('show vrrp', host), /^ROOM/, 'of two modules, the one that started first');
});

t.test("the words of other routers lead to the views of this one's modules", async (t) => {
  const host = new FakeHost();
  for (const line of ['show ip ospf neighbor', 'show ip ospf neighbors', 'show neighbors', 'sh ip o n'])
    t.match(await text(line, host), /^NEIGHBOR ID/, line);
  for (const line of ['show vrrp', 'show vrrp brief', 'sh vr b'])
    t.match(await text(line, host), /^INTERFACE +GROUP +STATE/, line);
  const all = JSON.parse(await text('help --json', host)).data as { usage: string }[];
  t.same(
    all.map(({ usage }) => usage).filter((usage) => /ospf|vrrp/.test(usage)),
    ['show ip ospf neighbor', 'show vrrp'],
    'the list of all has each once',
  );
});
