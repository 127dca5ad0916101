import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const root = fileURLToPath(new URL('../..', import.meta.url));
const HITLESS = join(root, 'dist/hitless.mjs');

const hitless = (...args: string[]) => spawnSync(process.execPath, [HITLESS, ...args], { encoding: 'utf8' });

/** Through a shell, for pipes. */
const shell = (line: string) =>
  spawnSync('bash', ['-c', `hitless() { "${process.execPath}" "${HITLESS}" "$@"; }; ${line}`], {
    encoding: 'utf8',
  });

const overview = hitless('help').stdout;
const commands = [...overview.matchAll(/^ {2}hitless (\w+) /gm)].map(([, name]) => name!);

const helps = new Map(commands.map((name) => [name, hitless(name, '--help').stdout]));

t.test('help lists every command, and each has its own, within 80 columns', async (t) => {
  t.ok(commands.length >= 11, commands.join());
  for (const text of [overview, ...helps.values()]) {
    t.ok(text.length > 60);
    t.same(
      text.split('\n').filter((line) => line.length > 80),
      [],
    );
  }
  for (const [name, text] of helps) t.match(text, `usage: hitless ${name}`);
  for (const args of [
    ['help', 'exec'],
    ['exec', '-h'],
    ['exec', 'show modules', '--help'],
  ])
    t.equal(hitless(...args).stdout, helps.get('exec'), args.join(' '));
});

t.test('every option that a usage line shows is told of in its help', async (t) => {
  for (const [name, text] of helps) {
    const [usage = '', ...told] = text.split('\n\n');
    for (const [option] of usage.matchAll(/--[a-z-]+/g))
      t.match(told.join('\n\n'), new RegExp(`^ {2}${option}\\b`, 'm'), `${name} ${option}`);
  }
});

t.test('--version tells which hitless and which Node this is', async (t) => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const told = `hitless ${version}, Node ${process.versions.node}\n`;
  for (const word of ['--version', '-v', 'version']) t.equal(hitless(word).stdout, told);
});

t.test('what is not understood is said with where to look', async (t) => {
  for (const args of [['hepl'], ['help', 'hepl'], ['exec', '--jsno', 'show modules']]) {
    const { status, stderr } = hitless(...args);
    t.equal(status, 2);
    t.match(stderr, /^hitless: USAGE: .*"hitless help" lists the commands\n$/);
  }
});

t.test('a reader that has enough is no error, and the exit code is the command’s', async (t) => {
  for (const [line, code] of [
    ['hitless help', 0],
    ['hitless image --help', 0],
    ['hitless exec --console /nowhere "show modules"', 2],
  ] as const) {
    const done = shell(`${line} 2>/dev/null | true; exit \${PIPESTATUS[0]}`);
    t.equal(done.status, code, line);
    t.equal(shell(`${line} | head -1`).stderr.includes('    at '), false, 'no stack');
  }
});

t.test(
  'the programs of the board and of the benches end as quietly when their reader has enough',
  async (t) => {
    const board = join(root, 'dist/board.mjs');
    const bench = `--import ${join(root, 'test/runner/typescript.mjs')} ${join(root, 'bench/main.ts')}`;
    for (const program of [`${board} boards`, `${board} tools --flash`, `${bench} --help`]) {
      const node = `"${process.execPath}" ${program}`;
      // The reader is gone before the program has begun.
      const quiet = shell(`{ sleep 0.2; ${node}; } | true; exit \${PIPESTATUS[0]}`);
      t.match(quiet, { status: 0, stderr: '' }, program);
      const full = shell(`${node} > /dev/full`);
      t.match(full, { status: /^[12]$/, stderr: /^(hitless|bench): OUTPUT_LOST: .*ENOSPC/ }, program);
    }
  },
);

t.test('an answer that does not fit on the disk is no success', async (t) => {
  const done = shell('hitless help > /dev/full');
  t.equal(done.status, 2);
  t.match(done.stderr, /^hitless: OUTPUT_LOST: standard output could not be written \(.*ENOSPC.*\)/);
  t.equal(shell('hitless hepl 2> /dev/full').status, 2);
});
