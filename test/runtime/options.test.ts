/** All that a program hands to the library is understood wholly, or refused by name: nothing is ignored in silence. */
import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { defineModule, type HitlessError, Runtime, VersionSet, watchBundles } from '../../runtime/index.ts';
import { syncDirectory } from '../../runtime/sync-directory.ts';
import { sleep, Workshop } from './workshop.ts';

const BY = { command: 'x', by: 'test' };
// biome-ignore lint/suspicious/noExplicitAny: what a program in JavaScript may hand over
type Any = any;

const module = {
  name: 'W',
  version: '1.0.0',
  manifest: `accepts: { ping: [1], bad: [1], wait: [1] }, timers: ['t'], publishes: { e: 1 }, sends: { W: { ping: 1 } }`,
  methods: `onPing() { return 1; } onT() {} *onWait() { yield* this.ctx.ask('W', 'ping', 1, { timeuot: 5 }); }
    onBad({ body }) {
      if (body === 'timer') this.ctx.setTimer('t', '', 5, { evry: 5 });
      if (body === 'event') this.ctx.publish('e', 1, { retian: 'k' });
    }`,
};

t.test('every options object refuses what it does not know, with the nearest that it does', async (t) => {
  const shop = new Workshop(t);
  const { runtime } = shop;
  await shop.add('W', shop.bundle(module));
  const change = { change: 'replace', module: 'W', bundle: shop.bundle({ ...module, version: '1.1.0' }) };
  const directory = mkdtempSync(join(tmpdir(), 'hitless-test-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const cases: [string, RegExp, () => unknown][] = [
    ['run', /run: there is no option "confrim"; did you mean "confirm"/, () => run({ confrim: 1000 })],
    ['retry', /run: retry: .*"evry"; did you mean "every"/, () => run({ retry: { times: 1, evry: 5 } })],
    [
      'rollback',
      /rollback: .*"checkpiont"; did you mean "checkpoint"/,
      () => runtime.rollback({ ...BY, checkpiont: true } as Any),
    ],
    ['ask', /ask: .*"timeuot"; did you mean "timeout"/, () => ask('ping', { timeuot: 5 })],
    [
      'publish',
      /publish: .*"retian"; did you mean "retain"/,
      () => runtime.publish('e', 1, { retian: 'k' } as Any),
    ],
    ['new Runtime', /new Runtime: .*"prots"; did you mean "ports"/, () => new Runtime({ prots: 1 } as Any)],
    [
      'probation',
      /new Runtime: probation: .*"duratoin"; did you mean "duration"/,
      () => new Runtime({ probation: { duratoin: 1 } as Any }),
    ],
    [
      'VersionSet.open',
      /VersionSet.open: .*"corupt"; did you mean "corrupt"/,
      () => VersionSet.open(directory, { corupt: 'refuse' } as Any),
    ],
    [
      'watchBundles',
      /watchBundles: .*"setle"; did you mean "settle"/,
      () => watchBundles(runtime, [], { setle: 5 } as Any),
    ],
    [
      'faults',
      /faults.set: .*"durtion"; did you mean/,
      () => runtime.faults!.set('W', 'busy', { durtion: 1 } as Any),
    ],
    [
      'a change',
      /changes\[0\], "replace": .*"bundel"; did you mean "bundle"/,
      () => runtime.run([{ change: 'replace', module: 'W', bundel: 'x' } as Any], BY),
    ],
    [
      'a kind of change',
      /changes\[0\].change must be one of .*not "replcae"; did you mean "replace"/,
      () => runtime.check([{ ...change, change: 'replcae' } as Any], BY),
    ],
    [
      'the origin',
      /the origin: .*"yb"; did you mean "by"/,
      () => runtime.run([change as Any], { command: 'x', yb: 1 } as Any),
    ],
    ['a handler: timer', /setTimer: .*"evry"; did you mean "every"/, () => ask('bad', {}, 'timer')],
    ['a handler: event', /publish: .*"retian"; did you mean "retain"/, () => ask('bad', {}, 'event')],
    ['a handler: ask', /ask: .*"timeuot"; did you mean "timeout"/, () => ask('wait', {})],
  ];
  function run(options: object) {
    return runtime.run([change as Any], BY, options as Any);
  }
  function ask(type: string, options: object, body?: unknown) {
    return runtime.ask('W', type, body, options as Any);
  }
  for (const [what, message, call] of cases) {
    const thrown = await attempt(call);
    t.match(thrown, { message }, what);
    t.match((thrown as HitlessError).code, /^(ARGUMENT_INVALID|ASK_FAILED)$/, what);
  }
  t.equal(shop.view('W').version, '1.0.0', 'nothing was done');
  t.equal(runtime.history.length, 1);
});

t.test('what is no such thing at all is said so, and no TypeError', async (t) => {
  const shop = new Workshop(t);
  const { runtime } = shop;
  await shop.add('W', shop.bundle(module));
  const change = { change: 'replace', module: 'W', bundle: 'w@1.0.0' };
  class Bundle {}
  const cases: [RegExp, () => unknown][] = [
    [/the origin must be an object/, () => runtime.run([change] as Any, 'upgrade' as Any)],
    [/options must be an object/, () => runtime.rollback('back' as Any)],
    [/origin.by must be a string/, () => runtime.run([change as Any], { by: 1 } as Any)],
    [/changes must be a list, not an object/, () => runtime.run(change as Any, BY)],
    [/changes must be a list, not undefined/, () => runtime.check(undefined as Any, BY)],
    [/changes\[0\] must be an object, not null/, () => runtime.run([null] as Any, BY)],
    [
      /changes\[0\].bundle must be a name .*not a class; repository.provide/,
      () => runtime.run([{ ...change, bundle: Bundle }] as Any, BY),
    ],
    [/changes\[0\].module must be a string/, () => runtime.run([{ ...change, module: 1 }] as Any, BY)],
    [/options must be an object, not a number/, () => runtime.run([change as Any], BY, 5 as Any)],
    [/options must be an object, not null/, () => runtime.ask('W', 'ping', 1, null as Any)],
    [/directories must be a list, not a string/, () => new Runtime({ directories: './bundles' as Any })],
    [/ports must be a function/, () => new Runtime({ ports: {} as Any })],
    [/development must be a boolean/, () => new Runtime({ development: 'yes' as Any })],
    [/the preparation time must be milliseconds/, () => new Runtime({ preparation: '2s' as Any })],
    [/the bundle must be a string/, () => runtime.repository.load(Bundle as Any)],
    [/the source must be a string/, () => runtime.repository.provide('w', Bundle as Any)],
    [/sources must be a list/, () => watchBundles(runtime, './bundles' as Any)],
    [/the directory must be a string/, () => VersionSet.open(undefined as Any)],
  ];
  for (const [message, call] of cases) t.match(await attempt(call), { code: 'ARGUMENT_INVALID', message });
  t.equal(shop.view('W').version, '1.0.0');
});

t.test(
  'an error names the call that was made and its arguments, and every call of a transaction rejects',
  async (t) => {
    const { runtime } = new Workshop(t);
    const any = runtime as Any;
    const module = defineModule({ name: 'a', version: '1.0.0', initial: () => ({}) });
    await runtime.add(module);
    const cases: [RegExp, () => unknown][] = [
      [/^add: version must be a name and version .*not undefined/, () => any.add()],
      [/^add: checkpoint must be a string, not a number/, () => any.add('a@1.0.0', 1, { checkpoint: 5 })],
      [/^add: .*"checkpiont"; did you mean "checkpoint"/, () => any.add(module, 1, { checkpiont: 'a' })],
      [/^add: options must be an object, not a number/, () => any.add(module, 1, 5)],
      [/^add: by must be a string/, () => any.add(module, 1, { by: 5 })],
      [/^replace: version must be a name and version .*not a number/, () => any.replace(5)],
      [/^replace: deadline must be milliseconds/, () => any.replace('a', { deadline: -1 })],
      [
        /^replace: retry.times must be a whole number/,
        () => any.replace('a', { retry: { times: 0, every: 1 } }),
      ],
      [/^remove: module must be a string, not undefined/, () => any.remove()],
      [/^remove: .*"forse"; did you mean "force"/, () => any.remove('a', { forse: true })],
      [/^disable: force must be a boolean/, () => any.disable('a', { force: 1 })],
      [/^enable: .*"comand"; did you mean "command"/, () => any.enable('a', { comand: 'x' })],
      [/^upgrade: changes\[0\].bundle must be a name/, () => any.upgrade([{ change: 'add' }])],
      [/^run: origin.by must be a string/, () => any.run([], { by: 5 })],
      [/^check: changes\[0\].module must be a string/, () => any.check([{ change: 'remove' }])],
      [/^rollback: by must be a string/, () => any.rollback({ by: 1 })],
      [/^confirm: origin.by must be a string/, () => any.confirm({ by: 1 })],
      [
        /^preparation: the preparation time must be milliseconds .*not a string/,
        () => (any.preparation = '2s'),
      ],
      [/^checkpoint: file must be a string, not undefined/, () => any.checkpoint('a')],
      [/^attach: driver must be an object, not undefined/, () => any.attach('a', 'p', 'k')],
      [/^attach: driver.send must be a function, not null/, () => any.attach('a', 'p', 'k', { open() {} })],
      [/^onLog: sink must be a function/, () => any.onLog(5)],
    ];
    for (const [message, call] of cases) t.match(await attempt(call), { code: 'ARGUMENT_INVALID', message });
    const calls = [
      'add',
      'replace',
      'remove',
      'disable',
      'enable',
      'upgrade',
      'run',
      'check',
      'rollback',
      'confirm',
    ];
    for (const call of calls) await t.rejects(any[call](null, null, null), call);
  },
);

async function attempt(call: () => unknown): Promise<unknown> {
  try {
    await call();
    return 'nothing was thrown';
  } catch (thrown) {
    return thrown;
  }
}

t.test('after its end a runtime says that it was stopped', async (t) => {
  const shop = new Workshop(t);
  const { runtime } = shop;
  await shop.add('W', shop.bundle(module));
  runtime.stop();
  await t.rejects(runtime.ask('W', 'ping'), { code: 'STOPPED' });
  t.throws(() => runtime.state('W'), { code: 'STOPPED' });
  await t.rejects(runtime.checkpoint('W', '/nowhere'), { code: 'STOPPED' });
  t.throws(() => runtime.attach('W', 'p', 'k', {} as Any), { code: 'STOPPED' });
  t.equal(runtime.send('W', 'ping'), 'unknown', 'send never throws');
  await sleep(1);
});

t.test('where a directory cannot be synced, as on Windows, that is no error; elsewhere it is', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'hitless-test-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const handle = await open(directory, 'r');
  const prototype = Object.getPrototypeOf(handle) as { sync(): Promise<void> };
  await handle.close();
  const { sync } = prototype;
  const { platform } = process;
  const pretend = (name: string) => Object.defineProperty(process, 'platform', { value: name });
  t.teardown(() => {
    prototype.sync = sync;
    pretend(platform);
  });
  prototype.sync = async () => {
    throw Object.assign(new Error('EPERM: operation not permitted, fsync'), { code: 'EPERM' });
  };
  pretend('win32');
  await syncDirectory(directory);
  pretend('linux');
  await t.rejects(syncDirectory(directory), { code: 'EPERM' });
  prototype.sync = sync;
  await syncDirectory(directory);
  await t.rejects(syncDirectory(join(directory, 'none')), { code: 'ENOENT' });
});
