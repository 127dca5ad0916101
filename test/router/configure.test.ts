/** The configuration edited on the console of a router that runs: real modules on real interfaces, a real file. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { ConsoleSession } from './console-session.ts';
import { running, type Stage, stage } from './host.ts';
import { execAt } from './router-lab.ts';

const skip = NetworkNamespace.unavailable;

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
  restart: () => Promise<void>;
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
  let router = await running(t, place, text.replace('[bundles]', '[bundles], modules: { CHAT: chat@1.0.0 }'));
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
    restart: async () => {
      const ended = new Promise((resolve) => router.child.once('close', resolve));
      router.child.kill('SIGTERM');
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
    /^# The router of the second floor\.[\s\S]*# what is said\n {2}topic: peace # of modules\n {2}every: 7s$/,
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

    await one.all('set ospf area 0.0.0.0');
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
    t.match(await one.say('quit'), { code: 'CONFIG_UNCOMMITTED', message: /2 changes|4 changes/ });
    t.equal(file(), before);
  },
);
