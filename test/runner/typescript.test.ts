/** What the loader of tests keeps of a TypeScript file: never another than what stands in it. */
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
