/** `hitless push` of a configuration, and of a bundle that replaces its module, to a router that runs. */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { running, stage } from './host.ts';
import { eventuallyAsync, execAt, HITLESS } from './router-lab.ts';

const skip = NetworkNamespace.unavailable;

/** It takes any topic but one; version 2 can be loud; version 3 throws at what it is asked. */
const chat = (version: string, more = '') => `const { Module } = require('hitless/runtime');
exports.manifest = { api: 2, name: 'CHAT', version: '${version}', accepts: { say: [1] }, subscribes: {}, timers: [], ports: {}, state: { version: 1 },
  config: { section: 'chat', schema: { type: 'object', additionalProperties: false, required: ['topic'],
    properties: { topic: { type: 'string' }, every: { duration: { least: '1s', most: '1m' }, default: '5s' }, ${more} } } } };
exports.default = class extends Module {
  initial(config) { return { config, configured: 0 }; }
  configure(next) { return next.topic === 'war' ? 'not of war' : { next }; }
  apply({ next }) { this.state.config = next; this.state.configured++; }
  onSay() { return 1; }
  isHealthy() { return '${version}' === '3.0.0' ? 'it is not well' : true; }
};
`;

interface Done {
  status: number | null;
  output: string;
  errors: string;
}

/** Beside the test, which may have something else to do meanwhile. */
function hitless(...args: string[]): Promise<Done> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [HITLESS, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    const said = { output: '', errors: '' };
    child.stdout.on('data', (chunk: Buffer) => {
      said.output += chunk.toString('utf8');
    });
    child.stderr.on('data', (chunk: Buffer) => {
      said.errors += chunk.toString('utf8');
    });
    child.once('close', (status) => resolve({ status, ...said }));
  });
}

async function router(t: Test) {
  const place = stage(t);
  const bundles = join(place.directory, 'bundles');
  mkdirSync(bundles);
  const loud = 'loud: { type: "boolean", default: false }';
  writeFileSync(join(bundles, 'chat-1.0.0.cjs'), chat('1.0.0'));
  const own = `router: { id: 10.9.0.1, state: ${place.state}, bundles: [bundles], modules: { CHAT: chat@1.0.0 } }\n`;
  const begin = `${own}chat: { topic: swaps } # as it began\n`;
  const { child } = await running(t, place, begin);
  const other = join(place.directory, 'elsewhere');
  mkdirSync(other);
  const file = (name: string, text: string | Uint8Array) => {
    writeFileSync(join(other, name), text);
    return join(other, name);
  };
  file('chat-2.0.0.cjs', chat('2.0.0', loud));
  file('chat-3.0.0.cjs', chat('3.0.0', loud));
  const exec = (line: string) => execAt(place.socket, line);
  return {
    place,
    child,
    own,
    begin,
    file,
    exec,
    /** A file of another folder than the router's. */
    push: (name: string, ...args: string[]) =>
      hitless('push', join(other, name), '--console', place.socket, ...args),
    config: (text: string) => file('new.yaml', own + text),
    saved: () => readFileSync(join(place.directory, 'router.yaml'), 'utf8'),
    state: async () => ((await exec('show state CHAT')).data as { state: { config: unknown } }).state,
    version: async () =>
      ((await exec('show modules')).data as { name: string; version: string }[]).find(
        ({ name }) => name === 'CHAT',
      )?.version,
    transactions: async () => (await exec('show upgrades')).data as { command: string; outcome: string }[],
  };
}

t.test(
  'a configuration that is pushed is made what runs, in one transaction, and saved',
  { skip },
  async (t) => {
    const { config, push, saved, state, transactions, exec, own, begin, place } = await router(t);
    config('chat: { topic: peace, every: 7s } # as it was pushed\n');
    const dry = await push('new.yaml', '--check');
    t.match(dry, { status: 0, output: /it would be committed, .*\n[\s\S]*CHAT +configure/ }, dry.errors);
    t.equal(saved(), begin, 'a check changes nothing');
    t.match(await state(), { config: { topic: 'swaps' } });

    const done = await push('new.yaml');
    t.match(
      done,
      {
        status: 0,
        output:
          /transaction 2 committed: [\s\S]*CHAT 1\.0\.0 configured: [\s\S]*\nsaved as .*\/router\.yaml as soon as it is there to stay\ntransaction 2 passed its probation\n$/,
      },
      done.errors,
    );
    t.match(done.errors, /^new\.yaml: 100 %/);
    t.match(await state(), { config: { topic: 'peace', every: 7000 }, configured: 1 });
    t.match((await transactions()).at(-1), { command: 'push new.yaml', by: 'socket', outcome: 'committed' });
    await eventuallyAsync('it is saved', 15_000, async () => saved() !== begin);
    t.equal(saved(), `${own}chat: { topic: peace, every: 7s } # as it was pushed\n`, 'with its comments');
    t.match((await exec('show configuration history')).data, [
      { by: 'socket', comment: 'push new.yaml' },
      { by: 'file' },
    ]);
    t.match((await exec('show configuration')).data, { text: saved() });

    config('chat: { topic: peace, every: 7s } # only a comment\n');
    t.match(await push('new.yaml'), {
      status: 0,
      output: /^the configuration is right: no module is concerned\nsaved as .*router\.yaml\n$/,
    });
    t.match(saved(), /only a comment/);
    const json = JSON.parse((await push('new.yaml', '--json')).output);
    await eventuallyAsync('the probation is over', 15_000, async () => !(await exec('show probation')).data);
    rmSync(join(place.directory, 'router.yaml'));
    mkdirSync(join(place.directory, 'router.yaml'));
    t.match(await push('new.yaml'), {
      status: 1,
      errors:
        /CONFIG_UNWRITABLE: the configuration runs now, and is not saved: .* is a directory.*; "save" tries again/,
    });
    t.match(json, { ok: true, data: { changes: [], waiting: [], saved: 'now' } });
  },
);

t.test('one with mistakes, or that a module refuses, changes nothing', { skip }, async (t) => {
  const { config, push, file, saved, state, transactions, begin } = await router(t);
  config('chat:\n  topic: 7\n  evry: 1s\nlog: { level: loud }\n');
  for (const args of [[], ['--check']]) {
    const { status, output, errors } = await push('new.yaml', ...args);
    t.equal(status, 1);
    t.equal(output, '');
    t.match(errors, /CONFIG_INVALID: new\.yaml has 3 mistakes:\n/);
    t.match(errors, /^ {2}new\.yaml:3:10: chat\.topic: found 7; allowed: a text$/m);
    t.match(errors, /^ {2}new\.yaml:4:3: chat\.evry: found the unknown key "evry"; allowed: .*every/m);
    t.match(errors, /^ {2}new\.yaml:5:15: log\.level: found "?loud"?; allowed: /m);
  }
  const { output } = await push('new.yaml', '--json');
  t.match(JSON.parse(output), {
    ok: false,
    error: { code: 'CONFIG_INVALID' },
    data: { problems: [{ line: 3, column: 10, path: 'chat.topic' }, { line: 4 }, { line: 5 }] },
  });
  t.equal((await transactions()).length, 1, 'no transaction began');

  config('chat: { topic: war }\n');
  t.match(await push('new.yaml', '--check'), { status: 1, errors: /CHECK_FAILED: .*not of war/ });
  t.match(await push('new.yaml'), { status: 1, errors: /not of war/ });
  file('new.yaml', 'a: [\n');
  t.match(await push('new.yaml'), { status: 1, errors: /CONFIG_SYNTAX: new\.yaml:/ });
  file('new.yaml', Buffer.from([0x61, 0xff]));
  t.match(await push('new.yaml'), {
    status: 1,
    errors: /PUSH_FILE: new\.yaml has bytes that are no UTF-8 text/,
  });
  t.match(await push('none.yaml'), {
    status: 1,
    errors: /PUSH_FILE: .*none\.yaml cannot be read \(ENOENT\)/,
  });
  t.equal(saved(), begin);
  t.match(await state(), { config: { topic: 'swaps' }, configured: 0 });
});

t.test('with --confirm it goes back, and is saved only when it is confirmed', { skip }, async (t) => {
  const { config, push, saved, state, exec, begin } = await router(t);
  config('chat: { topic: peace }\n');
  t.match(await push('new.yaml', '--confirm', '1s'), {
    status: 0,
    output: /confirm within .* or it goes back\nsaved as .* as soon as it is there to stay\n$/,
  });
  await eventuallyAsync(
    'it goes back',
    15_000,
    async () => ((await state()).config as { topic: string }).topic === 'swaps',
  );
  t.equal(saved(), begin);
  t.equal((await push('new.yaml', '--confirm', '1h')).status, 0);
  t.equal(saved(), begin);
  t.equal((await exec('confirm')).ok, true);
  await eventuallyAsync('it is saved', 15_000, async () => /peace/.test(saved()));
  t.match(await state(), { config: { topic: 'peace' } });
});

t.test(
  'a bundle that is pushed with --replace takes its place, and ends with the verdict',
  { skip },
  async (t) => {
    const { push, version, exec, config } = await router(t);
    const dry = await push('chat-2.0.0.cjs', '--replace', '--check');
    t.match(
      dry,
      { status: 0, output: /chat@2\.0\.0 is on the router[\s\S]*it would be committed/ },
      dry.errors,
    );
    t.equal(await version(), '1.0.0');
    const done = await push('chat-2.0.0.cjs', '--replace');
    t.match(
      done,
      {
        status: 0,
        output:
          /^chat@2\.0\.0 was on the router already[\s\S]*CHAT 1\.0\.0 -> 2\.0\.0: blackout [\s\S]*transaction 2 passed its probation\n$/,
      },
      done.errors,
    );
    t.equal(await version(), '2.0.0');

    const unwell = await push('chat-3.0.0.cjs', '--replace');
    t.match(unwell, {
      status: 1,
      errors: /PROBATION_FAILED: transaction 3 failed its probation, .*it is not well/,
    });
    await eventuallyAsync('version 2 is back', 15_000, async () => (await version()) === '2.0.0');

    const loose = await push('chat-3.0.0.cjs', '--replace', '--confirm', '30s', '--json');
    t.match(JSON.parse(loose.output), {
      ok: true,
      data: {
        bundle: 'chat@3.0.0',
        already: true,
        replaced: { outcome: 'committed', probation: { confirm: true } },
      },
    });
    await eventuallyAsync('version 2 is back', 15_000, async () => (await version()) === '2.0.0');

    t.match(await push('chat-2.0.0.cjs', '--replace'), {
      status: 0,
      output: /CHAT runs chat@2\.0\.0 already\n$/,
    });
    // The way back may be at work still.
    await eventuallyAsync('it is removed', 15_000, async () => (await exec('remove CHAT')).ok);
    t.match(await push('chat-2.0.0.cjs', '--replace'), { status: 1, errors: /MODULE_UNKNOWN: / });
    config('chat: { topic: peace }\n');
    for (const [args, said] of [
      [['chat-2.0.0.cjs', '--confirm', '1s'], /push takes no --confirm for a bundle without --replace/],
      [['chat-2.0.0.cjs', '--check'], /push takes no --check for a bundle without --replace/],
      [['new.yaml', '--replace'], /push takes no --replace for a configuration/],
      [['new.yaml', '--no-try'], /push takes no --no-try for a configuration/],
      [['new.yaml', '--check', '--confirm', '1s'], /--check changes nothing that could be confirmed/],
      [['x.img', '--replace'], /push takes no --replace for an image/],
    ] as const)
      t.match(await push(args[0], ...args.slice(1)), { status: 2, errors: said });
  },
);

t.test(
  'a router that is started again before it tells the outcome is not asked a second time',
  { skip },
  async (t) => {
    const { config, push, saved, transactions, place, child, begin } = await router(t);
    config('chat: { topic: peace }\n');
    const pushing = push('new.yaml');
    await eventuallyAsync('it is committed', 15_000, async () => (await transactions()).length === 2);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    t.equal(saved(), begin, 'what was on probation is not what the next start begins with');
    await running(t, place, begin);
    t.match(await pushing, {
      status: 2,
      errors: /the line was cut[\s\S]*ROUTER_RESTARTED: .*"show upgrades"/,
    });
    t.equal((await transactions()).length, 1);
  },
);

t.test(
  'a router that is stopped in order saves what has passed so far, and nothing that is to be confirmed',
  { skip },
  async (t) => {
    const first = await router(t);
    first.config('chat: { topic: peace }\n');
    t.match(await first.push('new.yaml', '--confirm', '1h'), { status: 0 });
    t.match(await first.push('new.yaml'), {
      status: 0,
      output: /no module is concerned\nsaved as .* as soon as it is there to stay/,
    });
    first.child.kill('SIGTERM');
    await new Promise((resolve) => first.child.once('close', resolve));
    t.equal(first.saved(), first.begin);

    const second = await router(t);
    second.config('chat: { topic: peace }\n');
    const pushing = second.push('new.yaml');
    await eventuallyAsync('it is committed', 15_000, async () => (await second.transactions()).length === 2);
    second.child.kill('SIGTERM');
    await new Promise((resolve) => second.child.once('close', resolve));
    t.match(second.saved(), /peace/);
    await running(t, second.place, second.saved());
    t.equal((await pushing).status, 2);
  },
);
