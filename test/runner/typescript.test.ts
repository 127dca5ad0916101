/** What the loader of tests keeps of a TypeScript file and of tap: never another than what stands there. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const loader = new URL('typescript.mjs', import.meta.url).href;
const kept = fileURLToPath(new URL('../../.tap/typescript', import.meta.url));

t.test('what was made of a file is used again, until the file is another one', (t) => {
  const file = join(t.testdir(), `loaded-${process.pid}.ts`);
  const places = () => readdirSync(kept).filter((name) => name.startsWith(basename(file)));
  t.teardown(() => {
    for (const place of places()) rmSync(join(kept, place));
  });
  const run = () => spawnSync(process.execPath, ['--import', loader, file], { encoding: 'utf8' }).stdout;
  const write = (word: string) =>
    writeFileSync(file, `const word: string = '${word}';\nconsole.log(word);\n`);
  /** Puts another word into what is kept, and cuts off so many characters of its end. */
  const spoil = (word: string, cut: number) => {
    const place = join(kept, places()[0]!);
    const text = readFileSync(place, 'utf8').replace(/word = "\w+"/, `word = "${word}"`);
    writeFileSync(place, text.slice(0, text.length - cut));
  };
  write('first');
  t.equal(run(), 'first\n');
  t.equal(places().length, 1);
  spoil('kept', 0);
  t.equal(run(), 'kept\n', 'nothing is made anew');
  spoil('torn', 1);
  t.equal(run(), 'first\n', 'half of a file is not used');
  write('second');
  t.equal(run(), 'second\n');
  t.equal(places().length, 1, 'nothing of the first is left');
  t.end();
});

t.test('tap is made one file of, which is used again while it is whole', (t) => {
  const folder = join(t.testdir(), 'kept');
  const whole = new URL('whole-tap.mjs', import.meta.url).href;
  const program = `import(${JSON.stringify(whole)}).then(({ loadWhole }) => loadWhole(${JSON.stringify(folder)}).t.pass('so it is'));`;
  const run = () => spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' });
  const names = () => readdirSync(folder).sort();
  const change = (name: string, how: (text: string) => string) =>
    writeFileSync(join(folder, name), how(readFileSync(join(folder, name), 'latin1')), 'latin1');
  t.match(run().stdout, /^TAP version 14\nok 1 - so it is\n/);
  const [code, compiled] = names() as [string, string];
  t.match([code, compiled], [/\.cjs$/, /\.v8$/]);
  change(code, (text) => text.replaceAll('TAP version 14', 'TAP version 15'));
  rmSync(join(folder, compiled));
  t.match(run().stdout, /^TAP version 15\nok 1 - so it is\n/, 'nothing is made anew');
  t.same(names(), [code, compiled], 'what V8 compiled is kept again');
  change(compiled, (text) => text.slice(0, -1));
  t.match(run().stdout, /^TAP version 15\nok 1 - so it is\n/, 'half of what was compiled is not used');
  change(code, (text) => text.slice(0, text.length >> 1));
  t.match(run().stderr, /SyntaxError/, 'half of a file is not used');
  writeFileSync(join(folder, 'of-other-packages.cjs'), '');
  for (const name of [code, compiled]) rmSync(join(folder, name));
  run();
  t.same(names(), [code, compiled], 'nothing of before is left');
  t.end();
});
