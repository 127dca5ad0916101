/** A module said once, by defineModule; and what of it does not compile. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import t from 'tap';
import {
  defineModule,
  type Expiry,
  type Message,
  type ModuleViews,
  message,
  type Packet,
  Runtime,
  request,
} from '../../runtime/index.ts';
import { testModule } from '../../runtime/testing/index.ts';
import { Workshop } from './workshop.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

const counterOf = (version: string, step: number) =>
  defineModule({
    name: 'counter',
    version,
    initial: (from: number = 0) => ({ total: from, heard: '' }),
    sends: { log: { line: message<string>(2), lines: request<undefined, number>() } },
    publishes: { full: message<number>() },
    accepts: {
      count({ body }: Message<number>) {
        this.state.total += step * body;
        this.ctx.send('log', 'line', `total ${this.state.total}`);
        this.ctx.publish('full', this.state.total);
      },
      *lines() {
        return yield* this.ctx.ask('log', 'lines');
      },
      total: { versions: [1, 2], handle: () => 'no this in an arrow' },
    },
    timers: {
      beat({ key }: Expiry) {
        this.state.heard = key;
      },
    },
  });

const log = defineModule({
  name: 'log',
  version: '1.0.0',
  initial: () => ({ lines: [] as string[] }),
  accepts: {
    line: {
      versions: [2],
      handle({ body }: Message<string>) {
        this.state.lines.push(body);
      },
    },
    lines() {
      return this.state.lines.length;
    },
  },
  subscribes: {
    full({ body }: Message<number>) {
      this.state.lines.push(`full at ${body}`);
    },
  },
});

t.test('what is said once is manifest and handlers, and is swapped like any other', async (t) => {
  const { runtime } = new Workshop(t);
  await runtime.add(log);
  await runtime.add(counterOf('1.0.0', 1), 5);
  runtime.send('counter', 'count', 2);
  t.equal(await runtime.ask('counter', 'lines'), 2);
  await runtime.replace(counterOf('2.0.0', 10));
  runtime.send('counter', 'count', 1);
  await runtime.ask('counter', 'lines');
  t.match(runtime.state('log').state, { lines: ['total 7', 'full at 7', 'total 17', 'full at 17'] });
  t.equal(await runtime.ask('counter', 'total', undefined, { version: 2 }), 'no this in an arrow');
});

t.test('a bundle may export a definition alone', async (t) => {
  const shop = new Workshop(t);
  shop.file(
    'counter-1.0.0.cjs',
    `const { defineModule } = require('hitless/runtime');
exports.default = defineModule({ name: 'counter', version: '1.0.0', initial: () => ({ total: 0 }),
  accepts: { count({ body }) { this.state.total += body; }, total() { return this.state.total; } } });`,
  );
  await shop.runtime.add('counter@1.0.0');
  shop.runtime.send('counter', 'count', 3);
  t.equal(await shop.runtime.ask('counter', 'total'), 3);
});

/** A post office of api 2, with all that came with it. */
const post = (version: string) =>
  defineModule({
    api: 2,
    name: 'POST',
    version,
    config: { section: 'post', schema: { type: 'object' }, settings: ({ town }: { town: string }) => town },
    views: {
      letters: {
        words: 'letters',
        description: 'd',
        request: 'letters',
        columns: [{ key: 'text', title: 'T' }],
      },
    },
    initial: (town: string) => ({ town, letters: [] as { text: string }[] }),
    start() {
      this.ctx.openPort('slot', this.state.town);
    },
    configure: (town: string) => (town === 'nowhere' ? 'nobody lives there' : { town }),
    apply({ town }: { town: string }) {
      this.ctx.closePort('slot', this.state.town);
      this.state.town = town;
      this.ctx.openPort('slot', town);
    },
    accepts: {
      letters() {
        return this.state.letters;
      },
    },
    ports: {
      slot: {
        kind: 'wire',
        length: 3,
        handle({ datum }: Packet<string>) {
          this.state.letters.push({ text: datum });
        },
      },
    },
  });

t.test('with api 2 it has ports by kind, a section and views, and is configured', async (t) => {
  const kit = await testModule(post('1.0.0'), { config: 'home' });
  t.same(kit.take(), [{ kind: 'opened', port: 'slot', key: 'home', settings: undefined }]);
  kit.receive('slot', 'home', 'hello');
  const { runtime } = kit;
  const [{ api, views }] = runtime.views() as [ModuleViews];
  t.equal(api, 2);
  t.same(await runtime.rows('POST', views.letters!), { rows: [{ text: 'hello' }], more: 0 });
  await t.rejects(runtime.configure('POST', 'nowhere'), { message: /nobody lives there/ });
  await runtime.configure('POST', 'away');
  await kit.replace(post('1.1.0'));
  t.match(kit.state, { town: 'away', letters: [{ text: 'hello' }] });
  t.same(
    kit.ports.map(({ kind, key }) => `${kind} ${key}`),
    ['closed home', 'opened away'],
    'the swap opened and closed nothing',
  );
  t.throws(() => kit.receive('slot', 'home', 'late'), { code: 'ARGUMENT_INVALID' });
  const section = await runtime.repository.sectionOf(post('1.2.0'));
  t.equal(await section?.settings({ town: 'home' }, {}), 'home');
});

t.test('what belongs to api 2 is refused without it', async (t) => {
  const base = { name: 'a', version: '1.0.0', initial: () => ({}) };
  const { runtime } = new Workshop(t);
  const slot = { kind: 'wire', handle() {} };
  await t.rejects(runtime.add(defineModule({ ...base, views: {} })), {
    code: 'MANIFEST_INVALID',
    message: /views must be left out: they came with api 2/,
  });
  t.throws(() => defineModule({ ...base, ports: { slot } }), {
    code: 'ARGUMENT_INVALID',
    message: /the port "slot" must be a handler; a port with a kind needs api: 2/,
  });
  t.throws(() => defineModule({ ...base, api: 2, ports: { slot: slot.handle } }), {
    code: 'ARGUMENT_INVALID',
    message: /the port "slot" must be its kind with a handler: { kind, handle }/,
  });
});

t.test('what a definition says and nobody understands is an error', (t) => {
  const base = { name: 'a', version: '1.0.0', initial: () => ({}) };
  t.throws(() => defineModule({ ...base, accept: {} } as never), {
    message: /"accept"; did you mean "accepts"/,
  });
  t.throws(() => defineModule({ ...base, accepts: { a: 1 } } as never), {
    message: /handler of "a" must be a function/,
  });
  // Ignored, it would have shown what nobody may see.
  t.throws(() => defineModule({ ...base, state: { version: 1, secretz: ['pin'] } } as never), {
    code: 'ARGUMENT_INVALID',
    message: /defineModule: state: .*"secretz"; did you mean "secrets"/,
  });
  t.end();
});

t.test('a bundle that has the runtime compiled into it is refused with what to type', async (t) => {
  const directory = t.testdir({
    'counter.ts': `import { defineModule } from 'hitless/runtime';
export default defineModule({ name: 'counter', version: '1.0.0', initial: () => ({}) });`,
    'classy.ts': `import { Module } from 'hitless/runtime';
export const manifest = { api: 1, name: 'classy', version: '1.0.0', accepts: {}, subscribes: {}, timers: [], ports: [], state: { version: 1 } };
export default class Classy extends Module { initial() { return {}; } }`,
  });
  const runtime = new Runtime({ directories: [directory] });
  t.teardown(() => runtime.stop());
  for (const name of ['counter', 'classy'])
    for (const treeShaking of [true, false]) {
      const file = join(directory, `${name}-1.0.0.cjs`);
      buildSync({
        entryPoints: [join(directory, `${name}.ts`)],
        outfile: file,
        bundle: true,
        treeShaking,
        platform: 'node',
        format: 'cjs',
        logLevel: 'silent',
        alias: { 'hitless/runtime': join(root, 'runtime/index.ts') },
      });
      await t.rejects(runtime.add(file), { code: 'BUNDLE_RUNTIME', message: /--external:hitless\/runtime/ });
    }
});

/** Lines marked `//!` must not compile, and all others must. */
const TYPED = `import { type ByVersion, type Context, defineModule, type Handlers, type Manifest, type Message, message, Module, request, type Request } from '${root}runtime/index.ts';
type P = {
  accepts: { count: number; total: Request<undefined, number>; line: ByVersion<{ 1: string; 2: { text: string } }> };
  sends: { log: { line: ByVersion<{ 2: { text: string } }>; lines: Request<undefined, number>; end: undefined } };
  publishes: { full: number };
};
const head = { api: 1, name: 'A', version: '1.0.0', subscribes: {}, timers: [], ports: [], state: { version: 1 } } as const;
const accepts = { count: [1], total: [1], line: [1, 2] } as const;
const sends = { log: { line: 2, lines: 1, end: 1 } } as const;
export const right = { ...head, accepts, sends, publishes: { full: 1 } } satisfies Manifest<{ total: number }, P>;
export const version = { ...head, accepts, sends: { log: { line: 1, lines: 1, end: 1 } }, publishes: { full: 1 } } satisfies Manifest<{ total: number }, P>; //!
export const unknown = { ...head, accepts: { ...accepts, line: [3] }, sends, publishes: { full: 1 } } satisfies Manifest<{ total: number }, P>; //!
export const missing = { ...head, accepts, publishes: { full: 1 } } satisfies Manifest<{ total: number }, P>; //!
export const unsaid = { ...head, accepts: {}, sends: { any: { thing: 7 } } } satisfies Manifest;
export class A extends Module<{ total: number }, P> implements Handlers<P> {
  initial() { return { total: 0 }; }
  onCount({ body }: Message<number>) {
    this.ctx.send('log', 'line', { text: 'a' });
    this.ctx.send('log', 'end');
    this.ctx.publish('full', body);
    this.ctx.publish('full', body, { retain: 'a' });
    this.ctx.send('log', 'line', 'a'); //!
    this.ctx.send('log', 'line'); //!
    this.ctx.send('log', 'ends'); //!
    this.ctx.send('lok', 'end'); //!
    this.ctx.publish('full'); //!
    this.ctx.publish('full', 'a'); //!
    this.ctx.publish('fool', body); //!
  }
  onTotal() { return this.state.total; }
  onLine(line: Message<string> & { version: 1 } | Message<{ text: string }> & { version: 2 }) { return line.version === 1 ? line.body.length : line.body.text; }
  *work() {
    const lines: number = yield* this.ctx.ask('log', 'lines', undefined, { timeout: 10 });
    const text: string = yield* this.ctx.ask('log', 'lines'); //!
    yield* this.ctx.ask('log', 'liness'); //!
    return [lines, text];
  }
}
export class Answers implements Pick<Handlers<P>, 'onTotal'> {
  onTotal() { return 'a'; } //!
}
export class Loose extends Module<{ total: number }> {
  initial() { return { total: 0 }; }
  work(ctx: Context) { ctx.send('any', 'thing', 1); this.ctx.send('any', 'thing'); return this.ctx.ask<number>('any', 'thing'); }
}
export default defineModule({
  name: 'a', version: '1.0.0',
  initial: () => ({ total: 0 }),
  sends: { log: { line: message<string>(), lines: request<undefined, number>() } },
  accepts: {
    count({ body }: Message<number>) {
      this.state.total += body;
      this.state.totl += body; //!
      this.ctx.send('log', 'line', 'a');
      this.ctx.send('log', 'line', 1); //!
      this.ctx.send('log', 'line'); //!
      this.ctx.publish('full', 1); //!
    },
    *total() { const lines: number = yield* this.ctx.ask('log', 'lines'); return lines; },
  },
});
`;

t.test('a wrong type, version or answer, and a missing body, do not compile; what is right does', (t) => {
  const file = join(t.testdir(), 'typed.ts');
  writeFileSync(file, TYPED);
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--skipLibCheck'];
  const types = [
    '--allowImportingTsExtensions',
    '--types',
    'node',
    '--typeRoots',
    join(root, 'node_modules/@types'),
  ];
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { stdout } = spawnSync(process.execPath, [tsc, ...options, ...types, file], {
    cwd: root,
    encoding: 'utf8',
  });
  const wrong = [...stdout.matchAll(/typed\.ts\((\d+),/g)].map(([, line]) => Number(line));
  const marked = TYPED.split('\n').flatMap((line, i) => (line.endsWith('//!') ? [i + 1] : []));
  t.ok(marked.length > 15, `${marked.length} lines`);
  t.strictSame([...new Set(wrong)], marked, stdout);
  t.end();
});
