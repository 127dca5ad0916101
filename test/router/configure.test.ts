/** The configuration edited on the console of a router that runs: real modules on real interfaces, a real file. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { ConsoleSession } from './console-session.ts';
import { running, type Stage, stage } from './host.ts';
import { eventuallyAsync, execAt, HITLESS } from './router-lab.ts';

const skip = NetworkNamespace.unavailable;
const PATIENCE = 20_000;

/** It takes any topic but one; version 2 can be loud. */
const chat = (version: string, more = '') => `const { Module } = require('hitless/runtime');
exports.manifest = { api: 2, name: 'CHAT', version: '${version}', accepts: {}, subscribes: {}, timers: [], ports: {}, state: { version: 1 },
  config: { section: 'chat', schema: { type: 'object', additionalProperties: false, required: ['topic'], description: 'talk',
    properties: { topic: { type: 'string', description: 'its subject' }, every: { duration: { least: '1s', most: '1m' }, default: '5s', description: 'time between two words' },
      mood: { enum: ['calm', 'merry'], default: 'calm', description: 'its tone' }, secret: { type: 'string' }, ${more} } } } };
exports.default = class extends Module {
  initial(config) { return { config, configured: 0 }; }
  configure(next) { return next.topic === 'war' ? 'not of war' : { next }; }
  apply({ next }) { this.state.config = next; this.state.configured++; }
};
`;

const FILE = `# The router of the second floor.
router: { id: 10.9.0.1, bundles: [bundles] }
timer: { period: 1s }
ip: { interfaces: { wan0: { interval: 10s } } }
chat: # what is said
  topic: swaps   # of modules
`;

interface Field {
  place: Stage;
  socket: string;
  session: () => Promise<ConsoleSession>;
  file: () => string;
  state: () => Promise<{ config: Record<string, unknown>; configured: number }>;
  modules: () => Promise<string[]>;
  output: () => string;
  /** Stops the router, and starts it again with the file as it is. */
  restart: (signal?: 'SIGTERM' | 'SIGKILL') => Promise<void>;
}

async function field(t: Test, text = FILE): Promise<Field> {
  const place = stage(t);
  const bundles = join(place.directory, 'bundles');
  mkdirSync(bundles);
  for (const [version, more] of [
    ['1.0.0', ''],
    ['2.0.0', 'loud: { type: "boolean", default: false, description: "to be heard far" }'],
  ] as const)
    writeFileSync(join(bundles, `chat-${version}.cjs`), chat(version, more));
  let router = await running(
    t,
    place,
    text.replace('[bundles]', '[bundles], modules: { CHAT: chat@1.0.0, IP: ip@2.2.0 }'),
  );
  const exec = (line: string) => execAt(place.socket, line);
  return {
    place,
    socket: place.socket,
    session: () => ConsoleSession.open(t, place.socket),
    file: () => readFileSync(join(place.directory, 'router.yaml'), 'utf8'),
    state: async () => ((await exec('show state CHAT')).data as { state: never }).state,
    modules: async () =>
      ((await exec('show modules')).data as { name: string; version: string }[]).map(
        ({ name, version }) => `${name} ${version}`,
      ),
    output: () => router.output(),
    restart: async (signal = 'SIGTERM') => {
      const ended = new Promise((resolve) => router.child.once('close', resolve));
      router.child.kill(signal);
      await ended;
      const saved = readFileSync(join(place.directory, 'router.yaml'), 'utf8');
      router = await running(t, place, saved);
    },
  };
}

t.test('what is set is committed in one transaction, and nothing else is touched', { skip }, async (t) => {
  const { session, file, state, modules } = await field(t);
  const before = file();
  const one = await session();
  const since = await one.data<{ name: string; since: number }[]>('show modules');

  t.same((await one.say('compare')).lines, ['nothing is changed']);
  await one.all('set chat topic peace', 'set chat every 7s');
  t.equal(await one.all('compare'), '- chat topic swaps\n+ chat topic peace\n+ chat every 7s');
  t.match(await state(), { config: { topic: 'swaps' }, configured: 0 }, 'nothing of it runs yet');
  t.match(await one.all('show configuration chat'), /topic: swaps/);
  t.match(await one.all('show configuration candidate chat'), /topic: peace # of modules\nevery: 7s$/);

  const committed = await one.say('commit comment "at last"');
  t.match(
    committed.lines.join('\n'),
    /committed as configuration 2: configure CHAT\ntransaction 2 committed/,
  );
  t.match(await state(), { config: { topic: 'peace', every: 7000 }, configured: 1 });
  t.equal(file(), before, 'the file is written by save');
  t.same((await one.say('compare')).lines, ['nothing is changed']);
  t.match(
    await one.all('show configuration'),
    /^# The router of the second floor\.[\s\S]*chat: # what is said\n {2}topic: peace # of modules\n {2}every: 7s$/,
  );
  t.match(await one.data('show upgrades'), [{}, { command: 'commit comment "at last"', by: 'socket' }]);
  const after = await one.data<{ name: string; since: number }[]>('show modules');
  t.same(
    after.map(({ name, since }) => [name, since]),
    since.map(({ name, since }) => [name, since]),
  );

  await one.all('delete chat every', 'commit');
  t.match(await state(), { config: { topic: 'peace', every: 5000 }, configured: 2 });
  await one.all('delete chat', 'commit');
  t.notMatch((await modules()).join(), /CHAT/);
  await one.all('set chat topic again', 'commit');
  t.match(await state(), { config: { topic: 'again' }, configured: 0 });
  t.same((await one.say('commit')).lines, ['nothing is changed']);
});

t.test(
  'what cannot be is refused with its place and what is allowed; an abort changes nothing',
  { skip },
  async (t) => {
    const { session, file, state } = await field(t);
    const before = file();
    const one = await session();
    const rows: [line: string, code: string, message: RegExp][] = [
      [
        'set chat topik peace',
        'CONFIG_PATH',
        /"topik" cannot stand in "chat"; allowed: topic, .*did you mean topic/,
      ],
      ['set chat every 7', 'CONFIG_VALUE', /"chat every 7": found 7; allowed: a time/],
      ['set chat mood angry', 'CONFIG_VALUE', /allowed: one of calm, merry/],
      ['set', 'COMMAND_USAGE', /PATH\.\.\. VALUE is missing/],
      ['delete chat every', 'CONFIG_PATH', /"chat every" is not in the configuration/],
    ];
    for (const [line, code, message] of rows)
      t.match(await one.say(line), { ok: false, code, message }, line);
    t.same((await one.say('compare')).lines, ['nothing is changed']);

    await one.all('set router modules OSPF ospf@2.3.1', 'set ospf area 0.0.0.0');
    t.match(await one.say('commit'), {
      code: 'CONFIG_INVALID',
      message: /^the candidate: ospf\.interfaces: found nothing; allowed: /,
    });
    await one.all('discard', 'set chat topic war');
    t.match(await one.say('commit'), { code: 'TRANSACTION_ABORTED', message: /not of war/ });
    await one.all('discard', 'set ip interfaces wan0 interval 20s', 'set chat topic peace');
    t.match(await one.say('commit'), { code: 'MODULE_FIXED', message: /IP/ });
    t.match(await state(), { config: { topic: 'swaps' }, configured: 0 });
    t.match(await one.all('show configuration chat'), /topic: swaps/);
    t.match((await one.say('compare')).lines.join('\n'), /\+ chat topic peace/, 'the changes are kept');
    t.match(await one.say('quit'), {
      code: 'CONFIG_UNCOMMITTED',
      message: /^what "compare" shows would be lost/,
    });
    t.equal(file(), before);
  },
);

t.test(
  'a commit over a newer one is refused with the difference, and nothing is lost',
  { skip },
  async (t) => {
    const { session, state } = await field(t);
    const [one, two] = [await session(), await session()];
    await one.all('set chat topic peace');
    await two.all('set chat topic quiet', 'set chat mood merry');
    await one.all('commit');
    const refused = await two.say('commit');
    t.match(refused, { ok: false, code: 'CONFIG_OVERTAKEN', message: /"discard" begins anew/ });
    t.equal(
      refused.lines.join('\n'),
      `what they have changed:
- chat topic swaps
+ chat topic peace
what is changed here:
- chat topic swaps
+ chat topic quiet
+ chat mood merry`,
    );
    t.match(await state(), { config: { topic: 'peace' }, configured: 1 });
    t.match(await two.data('commit'), {
      overtakenBy: [
        { sign: '-', words: 'chat topic swaps' },
        { sign: '+', words: 'chat topic peace' },
      ],
    });
    await two.all('discard', 'set chat mood merry', 'commit');
    t.match(await state(), { config: { topic: 'peace', mood: 'merry' }, configured: 2 });
    t.same(
      (await one.say('compare')).lines,
      ['nothing is changed'],
      'a candidate that nobody edited follows',
    );
    await one.all('set chat mood calm', 'commit');
    t.match(await state(), { config: { topic: 'peace', mood: 'calm' }, configured: 3 });
  },
);

t.test('a commit that waits for its confirmation goes back when its console is lost', { skip }, async (t) => {
  const { session, state, file, modules } = await field(t);
  const before = file();
  const [lost, other] = [await session(), await session()];
  const changes = ['set chat topic peace', 'delete ip'];
  await lost.all(...changes, 'commit confirm 60s');
  t.match(await state(), { config: { topic: 'peace' } });
  t.notMatch((await modules()).join(), /IP/);
  t.match(await other.say('save'), { ok: false, code: 'CONFIG_UNPROVEN', message: /waits to be confirmed/ });
  await lost.all('rollback', ...changes, 'commit confirm 2s');
  lost.lose();
  await eventuallyAsync('it goes back', PATIENCE, async () => /^IP/m.test((await modules()).join('\n')));
  t.match(await state(), { config: { topic: 'swaps' } });
  await eventuallyAsync(
    'so does what is shown',
    PATIENCE,
    async () => (await other.all('show configuration')) === before.trimEnd(),
  );
  t.equal(file(), before);
  t.match(
    await other.all('show configuration history'),
    /^N +SINCE +BY +COMMENT\n5 .* probation +rollback \(it was not confirmed in time\)\n4 .* socket +-\n3 .* socket +rollback\n2 .* socket +-\n1 .* file +-$/,
  );
  await other.all('save');
  t.equal(file(), before);

  await other.all('delete ip', 'commit confirm 60s', 'confirm', 'save');
  t.notMatch((await modules()).join(), /IP/);
  t.equal(file(), before.replace(/^ip:.*\n/m, ''));
  t.match(await other.say('set log level warn'), { ok: true });
  t.match(await other.say('commit confirm 60s'), {
    ok: false,
    code: 'CONFIG_UNCONFIRMABLE',
    message: /^no module is concerned, so nothing could go back by itself; leave the confirmation out$/,
  });
  t.match(await other.all('commit'), /no module is concerned\ntaken when the router starts again: log\n/);
  t.match(await other.all('show configuration log'), /^level: warn$/);
  t.notMatch(file(), /warn/, 'it is committed, and not saved');
});

t.test('what runs is saved, and starts the same router; what ran before comes back', { skip }, async (t) => {
  const { session, state, file, modules, restart, place } = await field(t);
  const before = file();
  const one = await session();
  await one.all('set chat topic peace', 'commit comment "first of all"');
  await one.all('delete timer', 'delete ip', 'commit');
  await restart();
  t.match(await state(), { config: { topic: 'swaps' } }, 'what was not saved is gone');
  t.match((await modules()).join(), /IP/, 'also a module that was only taken out');

  const two = await session();
  await two.all('set chat topic peace', 'delete ip', 'commit', 'save');
  t.equal(
    file(),
    before.replace('topic: swaps   #', 'topic: peace #').replace(/^ip:.*\n/m, ''),
    'comments and order are as they were',
  );
  const ran = await modules();
  await restart();
  t.same(await modules(), ran);
  t.match(await state(), { config: { topic: 'peace' }, configured: 0 });

  const three = await session();
  t.match(await three.data('show configuration history'), [
    { number: 5, by: 'socket', comment: '' },
    { number: 4, by: 'file' },
    { number: 3, by: 'socket', comment: '' },
    { number: 2, by: 'socket', comment: 'first of all' },
    { number: 1, by: 'file' },
  ]);
  t.equal(
    await three.all('rollback configuration 4'),
    '- chat topic peace\n+ chat topic swaps\n+ ip interfaces wan0 interval 10s',
  );
  t.match(await state(), { config: { topic: 'peace' } }, 'it is a candidate');
  await three.all('commit comment "as in the beginning"', 'save');
  t.match(await state(), { config: { topic: 'swaps' } });
  t.equal(file(), before);
  t.match(await three.say('rollback configuration 77'), {
    code: 'CONFIG_HISTORY',
    message: /no configuration has the number 77: there are 1 to 6/,
  });
  t.match(await three.data('show configuration history 5'), { number: 5, text: /topic: peace/ });
  t.match(await three.say('show configuration history 5'), { lines: ['# The router of the second floor.'] });

  writeFileSync(join(place.directory, 'router.yaml'), file().replace('swaps', 'edits'));
  await three.all('set chat topic quiet', 'commit');
  t.match(await three.say('save'), {
    code: 'CONFIG_EDITED',
    message: /"load configuration .*router\.yaml" makes that the candidate/,
  });
  t.equal(await three.all('load configuration router.yaml'), '- chat topic quiet\n+ chat topic edits');
  writeFileSync(join(place.directory, 'twice.yaml'), `${file()}log: { level: info }\nlog: { level: warn }\n`);
  t.match(await three.say('load configuration twice.yaml'), {
    code: 'CONFIG_INVALID',
    message: /twice\.yaml:\d+:1: log: found "log" again; allowed: each key once/,
  });
  await three.all('discard', 'save force');
  t.match(file(), /topic: quiet/);
});

t.test('a file that cannot be read is told, and hides nothing of what runs', { skip }, async (t) => {
  const { session, place } = await field(t);
  const one = await session();
  const unreadable = { ok: false, code: 'CONFIG_UNREADABLE' };
  t.match(await one.say('load configuration none.yaml'), {
    ...unreadable,
    message: /none\.yaml: .*no such file/,
  });
  rmSync(join(place.directory, 'router.yaml'));
  mkdirSync(join(place.directory, 'router.yaml'));
  for (const line of [
    'show configuration saved',
    'compare saved',
    'load configuration router.yaml',
    'reload',
    'save',
  ])
    t.match(await one.say(line), { ...unreadable, message: /router\.yaml: .*a directory/ }, line);
  t.match(await one.all('show configuration chat'), /topic: swaps/, 'what runs is known all the same');
});

t.test('a script sent by exec is one session; a change alone is refused', { skip }, async (t) => {
  const { place, state, file } = await field(t);
  const exec = (args: string[], input = '') => {
    const env = { ...process.env, HITLESS_CONSOLE: place.socket };
    const done = spawnSync(process.execPath, [HITLESS, 'exec', ...args], { encoding: 'utf8', input, env });
    return { status: done.status, stdout: done.stdout, stderr: done.stderr };
  };
  const lines = '# a topic\nset chat topic peace\ncompare\n\ncommit comment "by script"\n';
  const done = exec(['--script', '-'], lines);
  t.match(done, {
    status: 0,
    stdout: /^- chat topic swaps\n\+ chat topic peace\n[\s\S]*^committed as configuration 2/m,
  });
  t.match(await state(), { config: { topic: 'peace' } });
  const json = exec(['--script', '-', '--json'], 'set chat topic quiet\ncommit\nsave\n')
    .stdout.trim()
    .split('\n');
  t.match(
    json.map((line) => JSON.parse(line)),
    [
      { ok: true, command: 'set chat topic quiet', data: { differences: [{ sign: '-' }, { sign: '+' }] } },
      {
        ok: true,
        command: 'commit',
        data: { number: 3, changes: [{ change: 'configure', module: 'CHAT' }] },
      },
      { ok: true, command: 'save' },
    ],
  );
  t.match(file(), /topic: quiet/);
  t.match(exec(['--script', '-'], 'set chat mood merry\nset chat mood angry\ncommit\n'), {
    status: 1,
    stderr: /CONFIG_VALUE: .*\nstandard input:2: stopped here, the rest was not sent/,
  });
  t.match(await state(), { config: { mood: 'calm' } }, 'what was set is lost with the session');
  t.match(exec(['set chat mood merry']), {
    status: 1,
    stderr: /^SESSION_ONLY: "set" changes the candidate .*--script/,
  });
  t.match(exec(['compare', '--json']), { status: 0, stdout: /"differences":\[\]/ });
  t.match(exec(['compare', '--script', '-']), { status: 2, stderr: /not both/ });
});

t.test(
  'a version that the candidate names brings its keys, and is replaced with its section',
  { skip },
  async (t) => {
    const { session, state, modules, file, place } = await field(t);
    const one = await session();
    t.match(
      await one.say('set chat loud true'),
      { code: 'CONFIG_PATH' },
      'the version that runs has no such key',
    );
    await one.all('set router modules CHAT chat@2.0.0', 'set chat loud true');
    t.match(await one.all('commit'), /committed as configuration 2: replace CHAT\n/);
    t.match(await state(), { config: { topic: 'swaps', loud: true } });
    t.match((await modules()).join(), /CHAT 2\.0\.0/);
    await one.all('rollback');
    t.match((await modules()).join(), /CHAT 1\.0\.0/);
    t.match(await one.all('show configuration router modules'), /chat@1\.0\.0/);
    t.match(await one.say('show configuration chat loud'), { code: 'CONFIG_PATH' });

    // A command says which version runs, and takes the section of an edited file along.
    writeFileSync(
      join(place.directory, 'router.yaml'),
      file().replace('topic: swaps', 'topic: peace, of all'),
    );
    await one.all('replace CHAT chat@2.0.0');
    t.match(await state(), { config: { topic: 'peace, of all' } });
    t.match(await one.all('show configuration router modules'), /chat@2\.0\.0/);
    t.match(await one.all('show configuration chat'), /topic: peace, of all/);
    t.match(await one.data('show configuration history'), [
      { comment: 'replace CHAT chat@2.0.0', by: 'socket' },
    ]);
    await one.all('save force');
    t.match(file(), /modules: \{ CHAT: chat@2\.0\.0, IP/);
  },
);

t.test('a router that ends before a commit is confirmed starts with what was before', { skip }, async (t) => {
  const { session, file, state, modules, restart } = await field(t);
  const before = file();
  const one = await session();
  await one.all(
    'set chat topic peace',
    'set router modules CHAT chat@2.0.0',
    'delete ip',
    'commit confirm 60s',
  );
  t.match((await modules()).join(), /CHAT 2\.0\.0/);
  await restart('SIGKILL');
  t.equal(file(), before);
  t.match(await state(), { config: { topic: 'swaps' } });
  t.match((await modules()).join(), /IP.*CHAT 1\.0\.0|CHAT 1\.0\.0.*IP/);
  const two = await session();
  t.equal(await two.all('show configuration'), before.trimEnd());
  await two.all('set chat mood merry', 'commit');
  t.match(await two.data('show configuration history'), [
    { by: 'socket' },
    { by: 'file', text: undefined },
    { by: 'socket' },
  ]);
});
