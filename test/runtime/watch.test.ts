/** Watch mode: a saved bundle is swapped in while it runs, and whatever is wrong with it hurts nobody. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import {
  type BundleSource,
  type BundleWatch,
  VersionSet,
  type WatchOptions,
  watchBundles,
} from '../../runtime/index.ts';
import { type Source, sleep, sourceOf, Workshop } from './workshop.ts';

/** Counts, and answers who it is and how many it has counted. */
function counter(edition: string, more: Partial<Source> = {}): Source {
  return {
    name: 'COUNTER',
    version: '1.0.0',
    manifest: 'accepts: { count: [1], told: [1] }',
    methods: `initial() { return { total: 0 }; }
  onCount() { this.state.total++; }
  onTold() { return { edition: ${JSON.stringify(edition)}, total: this.state.total }; }`,
    ...more,
  };
}

type Told = { edition: string; total: number };

const told = ({ runtime }: Workshop) => runtime.ask<Told>('COUNTER', 'told');

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const giveUp = performance.now() + 30_000;
  while (!(await holds())) {
    if (performance.now() > giveUp) throw new Error(`not within 30 s: ${what}`);
    await sleep(10);
  }
}

async function untilEdition(workshop: Workshop, edition: string): Promise<Told> {
  await until(`COUNTER is ${edition}\n${workshop.texts().join('\n')}`, async () => {
    const to = workshop.runtime.history.at(-1)?.members[0]?.to;
    return to === workshop.view('COUNTER')?.version && (await told(workshop)).edition === edition;
  });
  return told(workshop);
}

const untilLog = (workshop: Workshop, pattern: RegExp) =>
  until(`the log says ${pattern}`, () => workshop.texts().some((text) => pattern.test(text)));

async function watching(
  t: Test,
  { runtime }: Workshop,
  sources: (string | BundleSource)[],
  options?: WatchOptions,
): Promise<BundleWatch> {
  const watch = await watchBundles(runtime, sources, options);
  t.teardown(() => watch.close());
  return watch;
}

t.test('a saved bundle is swapped in, its state kept, under a version of its own', async (t) => {
  const workshop = new Workshop(t);
  const { runtime } = workshop;
  const file = workshop.file('work.cjs', sourceOf(counter('first')));
  await workshop.add('COUNTER', file);
  await watching(t, workshop, [file]);
  t.same(runtime.history.length, 1, 'what runs already is not swapped');
  const load = setInterval(() => runtime.send('COUNTER', 'count'), 1);
  t.teardown(() => clearInterval(load));
  await until('it counts', async () => (await told(workshop)).total > 5);

  workshop.file('work.cjs', sourceOf(counter('second')));
  const then = await untilEdition(workshop, 'second');
  t.ok(then.total > 5, 'it goes on counting where it was');
  t.equal(workshop.view('COUNTER').version, '1.0.0-watch.1');
  t.match(runtime.history.at(-1), { by: 'watch', command: 'replace COUNTER counter@1.0.0-watch.1' });
  t.equal(
    runtime.history.at(-1)!.members.every((member) => member.undelivered === 0),
    true,
  );
  workshop.file('work.cjs', sourceOf(counter('third')));
  await untilEdition(workshop, 'third');
  t.equal(workshop.view('COUNTER').version, '1.0.0-watch.2');

  workshop.file('work.cjs', sourceOf(counter('second')));
  await untilEdition(workshop, 'second');
  t.equal(workshop.view('COUNTER').version, '1.0.0-watch.1', 'the same contents are the same version');
  t.equal(workshop.queue('COUNTER').refused, 0);
});

t.test('what cannot be taken is told, the old version goes on, and the next save is tried', async (t) => {
  const workshop = new Workshop(t);
  const { runtime } = workshop;
  const file = workshop.file('work.cjs', sourceOf(counter('first')));
  await workshop.add('COUNTER', file);
  await watching(t, workshop, [file]);
  const wrong: [string, string, RegExp][] = [
    [
      'it does not parse',
      sourceOf(counter('broken')).replace('class extends', 'class extents extends {'),
      /work\.cjs not taken: BUNDLE_SYNTAX: .*work\.cjs/,
    ],
    ['nothing is in it', '', /not taken: BUNDLE_NOT_A_BUNDLE/],
    [
      'a handler is missing',
      sourceOf(counter('broken', { methods: 'initial() { return {}; }' })),
      /not taken: HANDLER_MISSING: .*no method onCount/,
    ],
    [
      'no handler carries the state over',
      sourceOf(counter('broken', { manifest: 'accepts: { count: [1], told: [1] }, state: { version: 2 }' })),
      /not taken: STATE_NO_HANDLER/,
    ],
    [
      'its start throws, so the transaction is aborted',
      sourceOf(
        counter('broken', { methods: `${counter('broken').methods} start() { throw new Error('no'); }` }),
      ),
      /not taken: the transaction was aborted: .*no/,
    ],
  ];
  for (const [name, text, message] of wrong) {
    workshop.log.length = 0;
    workshop.file('work.cjs', text);
    await untilLog(workshop, message);
    t.equal((await told(workshop)).edition, 'first', name);
    t.match(workshop.texts().join('\n'), /what ran goes on, the next save is tried/);
  }
  workshop.file('work.cjs', sourceOf(counter('repaired')));
  await untilEdition(workshop, 'repaired');
  t.same(
    runtime.versions().flatMap(({ bundle, status }) => (status === 'loaded' ? [bundle] : [])),
    [],
    'nothing of what was refused stays in memory',
  );
});

t.test('editors that write another file and rename it are followed, save after save', async (t) => {
  const workshop = new Workshop(t);
  const file = workshop.file('work.cjs', sourceOf(counter('0')));
  await workshop.add('COUNTER', file);
  await watching(t, workshop, [file]);
  for (let i = 1; i <= 3; i++) {
    const other = workshop.file('4913~', sourceOf(counter(`renamed ${i}`)));
    // As Vim does it with a backup: for a moment there is no file.
    if (i === 2) renameSync(file, `${file}~`);
    renameSync(other, file);
    await untilEdition(workshop, `renamed ${i}`);
  }
});

t.test('a file that is still being written is not taken', async (t) => {
  const workshop = new Workshop(t);
  const { runtime } = workshop;
  const file = workshop.file('work.cjs', sourceOf(counter('first')));
  await workshop.add('COUNTER', file);
  await watching(t, workshop, [file], { settle: 2_000 });
  // Each part is a bundle of its own, as far as a parser can tell.
  for (let part = 1; part <= 13; part++) {
    workshop.file('work.cjs', sourceOf(counter(`part ${part}`)));
    await sleep(200);
  }
  workshop.file('work.cjs', sourceOf(counter('whole')));
  await untilEdition(workshop, 'whole');
  t.equal(runtime.history.length, 2, 'no part was tried');
});

t.test('a directory: what is saved or comes new is swapped in, what lies there is not', async (t) => {
  const workshop = new Workshop(t);
  const { runtime } = workshop;
  const directory = join(workshop.directory, 'watched');
  mkdirSync(directory);
  const save = (name: string, edition: string, version: string) =>
    writeFileSync(join(directory, name), sourceOf(counter(edition, { version })));
  save('counter-1.0.0.cjs', 'first', '1.0.0');
  save('counter-2.0.0.cjs', 'never', '2.0.0');
  await workshop.add('COUNTER', join(directory, 'counter-1.0.0.cjs'));
  await watching(t, workshop, [directory]);
  t.equal((await told(workshop)).edition, 'first');
  save('counter-3.0.0.cjs', 'new', '3.0.0');
  await untilEdition(workshop, 'new');
  t.match(workshop.view('COUNTER').version, /^3\.0\.0-watch/);
  save('counter-1.0.0.cjs', 'saved', '1.0.0');
  await untilEdition(workshop, 'saved');
  writeFileSync(join(directory, 'notes.txt'), 'no bundle');
  rmSync(join(directory, 'counter-3.0.0.cjs'));
  save('counter-3.0.0.cjs', 'back', '3.0.0');
  await untilEdition(workshop, 'back');
  t.equal(runtime.history.length, 4);
  t.notMatch(workshop.texts().join('\n'), /not taken/);
});

t.test('a directory that is replaced by another is still watched', async (t) => {
  const workshop = new Workshop(t);
  const directory = join(workshop.directory, 'watched');
  mkdirSync(directory);
  const file = join(directory, 'counter.cjs');
  writeFileSync(file, sourceOf(counter('first')));
  await workshop.add('COUNTER', file);
  await watching(t, workshop, [directory]);
  renameSync(directory, `${directory}.old`);
  await sleep(300);
  mkdirSync(directory);
  writeFileSync(file, sourceOf(counter('second')));
  await untilEdition(workshop, 'second');
  writeFileSync(file, sourceOf(counter('third')));
  await untilEdition(workshop, 'third');
});

t.test('a symbolic link is followed when its file is saved, and when it leads elsewhere', async (t) => {
  const workshop = new Workshop(t);
  const real = (name: string, edition: string) => {
    const directory = join(workshop.directory, name);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'counter.cjs'), sourceOf(counter(edition)));
    return join(directory, 'counter.cjs');
  };
  const link = join(workshop.directory, 'link.cjs');
  symlinkSync(real('one', 'first'), link);
  await workshop.add('COUNTER', link);
  await watching(t, workshop, [link]);
  real('one', 'second');
  await untilEdition(workshop, 'second');
  symlinkSync(real('two', 'third'), `${link}.new`);
  renameSync(`${link}.new`, link);
  await untilEdition(workshop, 'third');
  real('two', 'fourth');
  await untilEdition(workshop, 'fourth');
});

t.test(
  'what does not run at first sight is swapped in at once; a module that is not there is not added',
  async (t) => {
    const workshop = new Workshop(t);
    const { runtime } = workshop;
    await workshop.add('COUNTER', workshop.file('other.cjs', sourceOf(counter('other'))));
    const file = workshop.file('work.cjs', sourceOf(counter('mine')));
    const absent = workshop.file('absent.cjs', sourceOf({ name: 'ABSENT', version: '1.0.0' }));
    await watching(t, workshop, [file, absent]);
    t.equal((await told(workshop)).edition, 'mine');
    const line = workshop.texts().find((text) => text.includes('no module ABSENT'));
    const [, bundle = ''] = /"add ABSENT (\S+)" brings it in/.exec(line ?? '') ?? [];
    t.equal(bundle, 'absent@1.0.0-watch.2');
    t.equal(runtime.modules().length, 1);
    t.match(await workshop.add('ABSENT', bundle), { outcome: 'committed' }, 'that can be done');
    workshop.file('absent.cjs', sourceOf({ name: 'ABSENT', version: '1.1.0' }));
    await until('it is followed from then on', () =>
      workshop.view('ABSENT').version.startsWith('1.1.0-watch'),
    );
  },
);

t.test(
  'both ends of a changed protocol are swapped together, saved at once or one after the other',
  async (t) => {
    const workshop = new Workshop(t);
    const { runtime } = workshop;
    const sender = (v: number) =>
      workshop.file(
        'a.cjs',
        sourceOf({ name: 'A', version: `1.${v}.0`, manifest: `sends: { B: { it: ${v} } }` }),
      );
    const receiver = (v: number) =>
      workshop.file(
        'b.cjs',
        sourceOf({
          name: 'B',
          version: `1.${v}.0`,
          manifest: `accepts: { it: [${v}] }`,
          methods: 'onIt() {}',
        }),
      );
    await workshop.add('B', receiver(1));
    await workshop.add('A', sender(1));
    await watching(t, workshop, [sender(1), receiver(1)], { settle: 300 });
    const versions = () =>
      runtime
        .modules()
        .map(({ name, version }) => `${name} ${version.slice(0, 3)}`)
        .sort();
    sender(2);
    receiver(2);
    await until('both are 1.2', () => versions().join() === 'A 1.2,B 1.2');
    // The versions are there at the commit, the report a little later.
    await untilLog(workshop, /a\.cjs.* taken: A 1\.2/);
    t.match(runtime.history.at(-1)!.command, /^syn_replace A \S+ B \S+$/);
    sender(3);
    await untilLog(workshop, /a\.cjs not taken: PROTOCOL_MISMATCH/);
    t.same(versions(), ['A 1.2', 'B 1.2']);
    receiver(3);
    await until('both are 1.3', () => versions().join() === 'A 1.3,B 1.3');
  },
);

t.test('who waits for the other end is in nobody’s way', async (t) => {
  const workshop = new Workshop(t);
  const file = workshop.file('work.cjs', sourceOf(counter('first')));
  const sender = (v: number) =>
    workshop.file(
      'a.cjs',
      sourceOf({ name: 'A', version: `1.${v}.0`, manifest: `sends: { B: { it: ${v} } }` }),
    );
  await workshop.add('COUNTER', file);
  await workshop.add(
    'B',
    workshop.file(
      'b.cjs',
      sourceOf({ name: 'B', version: '1.0.0', manifest: 'accepts: { it: [1] }', methods: 'onIt() {}' }),
    ),
  );
  await workshop.add('A', sender(1));
  await watching(t, workshop, [sender(1), file]);
  sender(2);
  await untilLog(workshop, /a\.cjs not taken: PROTOCOL_MISMATCH/);
  workshop.file('work.cjs', sourceOf(counter('second')));
  await untilEdition(workshop, 'second');
  t.equal(workshop.view('A').version, '1.1.0');
});

t.test('one of two that were saved together is broken: neither is taken until it is mended', async (t) => {
  const workshop = new Workshop(t);
  const save = (name: string, version: string, tail = '') =>
    workshop.file(`${name}.cjs`, sourceOf({ name: name.toUpperCase(), version }) + tail);
  await workshop.add('A', save('a', '1.0.0'));
  await workshop.add('B', save('b', '1.0.0'));
  await watching(t, workshop, [save('a', '1.0.0'), save('b', '1.0.0')], { settle: 300 });
  save('a', '1.1.0');
  save('b', '1.1.0', '}');
  await untilLog(workshop, /a\.cjs, \S*b\.cjs not taken: BUNDLE_SYNTAX/);
  t.equal(workshop.view('A').version, '1.0.0');
  save('b', '1.1.0');
  await until('both are taken', () => workshop.view('B').version.startsWith('1.1.0'));
  t.match(workshop.view('A').version, /^1\.1\.0/);
});

t.test('a source that is made of several files is made again when any of them changes', async (t) => {
  const workshop = new Workshop(t);
  const head = workshop.file('head.txt', 'first');
  const late = join(workshop.directory, 'late.txt');
  let files = [head];
  const made: string[] = [];
  const source: BundleSource = {
    label: 'two files',
    make: async () => {
      const { readFileSync, existsSync } = await import('node:fs');
      const edition = readFileSync(head, 'utf8');
      made.push(edition);
      if (edition === 'throws') throw new Error('head:1:1 is wrong');
      // A missing file is watched too.
      files = [head, late];
      const more = existsSync(late) ? readFileSync(late, 'utf8') : '';
      return { text: sourceOf(counter(edition + more)), files };
    },
  };
  await workshop.add('COUNTER', workshop.file('other.cjs', sourceOf(counter('other'))));
  await watching(t, workshop, [source]);
  t.equal((await told(workshop)).edition, 'first');
  writeFileSync(late, ' and late');
  await untilEdition(workshop, 'first and late');
  writeFileSync(head, 'throws');
  await untilLog(workshop, /two files not taken: Error: head:1:1 is wrong/);
  writeFileSync(head, 'mended');
  await untilEdition(workshop, 'mended and late');
});

t.test('a save during another transaction waits for it', async (t) => {
  const workshop = new Workshop(t);
  const { runtime } = workshop;
  const file = workshop.file('work.cjs', sourceOf(counter('first')));
  await workshop.add('COUNTER', file);
  await watching(t, workshop, [file]);
  await workshop.add(
    'SLOW',
    workshop.bundle({ name: 'SLOW', version: '1.0.0', methods: 'isQuiescent() { return "no"; }' }),
  );
  workshop.bundle({ name: 'SLOW', version: '2.0.0' });
  runtime.preparation = 100;
  const long = runtime.run(
    [{ change: 'replace', module: 'SLOW', bundle: 'slow@2.0.0' }],
    { command: 'long', by: 'test' },
    { retry: { times: 2, every: 300 } },
  );
  workshop.file('work.cjs', sourceOf(counter('second')));
  await long;
  await untilEdition(workshop, 'second');
  t.same(
    runtime.history.map(({ by }) => by),
    ['test', 'test', 'test', 'test', 'test', 'watch'],
  );
});

t.test('a version set never hears of it, also not by a rollback', async (t) => {
  const workshop = new Workshop(t);
  const place = join(workshop.directory, 'state');
  const set = await VersionSet.open(place);
  const other = new Workshop(t, { versionSet: set, probation: { duration: 100 } });
  t.teardown(() => set.close());
  const file = other.file('counter-1.0.0.cjs', sourceOf(counter('first')));
  await other.add('COUNTER', 'counter@1.0.0');
  const before = set.boot.get('COUNTER');
  t.match(before, { bundle: 'counter@1.0.0' });
  await watching(t, other, [file]);
  for (const edition of ['second', 'third']) {
    other.file('counter-1.0.0.cjs', sourceOf(counter(edition)));
    await untilEdition(other, edition);
    t.same(set.boot.get('COUNTER'), before, edition);
  }
  await other.runtime.rollback({ command: 'rollback', by: 'test' });
  t.equal((await told(other)).edition, 'second');
  t.same(set.boot.get('COUNTER'), before);
  t.same(set.trial, undefined);

  await other.replace('COUNTER', other.bundle(counter('by command', { version: '2.0.0' })));
  await until('it passed', () => set.boot.get('COUNTER')?.bundle === 'counter@2.0.0');
  await other.runtime.rollback({ command: 'rollback', by: 'test' });
  t.equal((await told(other)).edition, 'second');
  t.match(set.boot.get('COUNTER'), { bundle: 'counter@2.0.0' }, 'a start can only begin with a file');
});

t.test('a rollback of a watched swap leaves to the version set what another module runs', async (t) => {
  const directory = new Workshop(t).directory;
  const set = await VersionSet.open(join(directory, 'state'));
  const workshop = new Workshop(t, { versionSet: set, probation: { duration: 60_000 } });
  t.teardown(() => set.close());
  const file = workshop.file('counter-1.0.0.cjs', sourceOf(counter('first')));
  await workshop.add('COUNTER', 'counter@1.0.0');
  await workshop.add('OTHER', workshop.bundle({ name: 'OTHER', version: '1.0.0' }));
  await workshop.replace('OTHER', workshop.bundle({ name: 'OTHER', version: '2.0.0' }));
  t.match(set.trial?.get('OTHER'), { bundle: 'other@2.0.0' });
  await watching(t, workshop, [file]);
  workshop.file('counter-1.0.0.cjs', sourceOf(counter('second')));
  await untilEdition(workshop, 'second');
  // The report comes a moment after the new version serves.
  while (!workshop.runtime.history.at(-1)!.command.includes('watch')) await sleep(5);
  await sleep(20);
  await workshop.runtime.rollback({ command: 'rollback', by: 'test' });
  t.equal((await told(workshop)).edition, 'first');
  // The watch over it ended with the next swap: the next start begins with it.
  t.match(set.boot.get('OTHER'), { bundle: 'other@2.0.0' });
});

t.test('a new version that fails its probation is taken back, and the next save is tried', async (t) => {
  const workshop = new Workshop(t, { probation: { duration: 10_000, every: 10 } });
  const file = workshop.file('work.cjs', sourceOf(counter('first')));
  await workshop.add('COUNTER', file);
  await watching(t, workshop, [file]);
  const sick = { methods: `${counter('sick').methods} isHealthy() { return 'it is sick'; }` };
  workshop.file('work.cjs', sourceOf(counter('sick', sick)));
  await untilLog(workshop, /probation failed: .*it is sick/);
  await untilEdition(workshop, 'first');
  workshop.file('work.cjs', sourceOf(counter('well')));
  await untilEdition(workshop, 'well');
});

t.test('many saves leave two versions in memory, and a closed watch leaves no handle', async (t) => {
  const workshop = new Workshop(t);
  const { runtime } = workshop;
  const file = workshop.file('work.cjs', sourceOf(counter('0')));
  await workshop.add('COUNTER', file);
  const watch = await watching(t, workshop, [file], { settle: 5 });
  for (let i = 1; i <= 20; i++) {
    workshop.file('work.cjs', sourceOf(counter(`${i}`)));
    await untilEdition(workshop, `${i}`);
  }
  t.same(
    runtime
      .versions()
      .filter(({ status }) => status !== 'unpacked')
      .map(({ status }) => status)
      .sort(),
    ['current', 'previous'],
  );
  const handles = () => process.getActiveResourcesInfo().filter((kind) => /FSEvent/.test(kind)).length;
  watch.close();
  t.equal(handles(), 0);
  workshop.file('work.cjs', sourceOf(counter('too late')));
  await sleep(100);
  t.equal((await told(workshop)).edition, '20');
  watch.close();
});

t.test('a program ends although a watch is open, and a stopped runtime is left alone', (t) => {
  const workshop = new Workshop(t);
  const file = workshop.file('work.cjs', sourceOf(counter('first')));
  const runtime = fileURLToPath(new URL('../../runtime/index.ts', import.meta.url));
  const program = workshop.file(
    'program.ts',
    `import { Runtime, watchBundles } from ${JSON.stringify(runtime)};
     import { writeFileSync } from 'node:fs';
     const runtime = new Runtime();
     await runtime.run([{ change: 'add', module: 'COUNTER', bundle: ${JSON.stringify(file)} }], { command: 'add', by: 'x' });
     runtime.onLog(({ text }) => console.log(text));
     await watchBundles(runtime, [${JSON.stringify(file)}], { settle: 5 });
     runtime.stop();
     writeFileSync(${JSON.stringify(file)}, 'changed');
     await new Promise((resolve) => setTimeout(resolve, 100));`,
  );
  const loader = fileURLToPath(new URL('../runner/typescript.mjs', import.meta.url));
  const text = execFileSync(process.execPath, ['--import', loader, program], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  t.equal(text, '');
  t.end();
});

t.test('a path that cannot be watched is refused at once', async (t) => {
  const workshop = new Workshop(t);
  const { runtime } = workshop;
  const refused: [string, RegExp][] = [
    [join(workshop.directory, 'nowhere.cjs'), /nowhere\.cjs cannot be watched: .*ENOENT/],
    [workshop.file('module.ts', ''), /module\.ts cannot be watched: give a bundle \(\.cjs\) or a directory/],
  ];
  for (const [path, message] of refused)
    await t.rejects(watchBundles(runtime, [path]), { code: 'WATCH_FAILED', message });
  await t.rejects(watchBundles(runtime, [workshop.directory], { settle: -1 }), { code: 'ARGUMENT_INVALID' });
});
