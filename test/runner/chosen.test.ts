import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Changed {
  changedFiles(root: string, since?: string): string[];
  concerned(root: string, tests: readonly string[], changed: readonly string[]): Promise<string[]>;
}
interface Order {
  longestFirst(files: readonly string[], seconds: ReadonlyMap<string, number>): string[];
  isQuick(file: string, seconds: ReadonlyMap<string, number>): boolean;
}
/** The runner is plain JavaScript, without types. */
const load = (name: string) => import(new URL(name, import.meta.url).href);
const { changedFiles, concerned } = (await load('./changed.mjs')) as Changed;
const { longestFirst, isQuick } = (await load('./order.mjs')) as Order;

const TESTS = [
  'test/board/virt.boot.test.ts',
  'test/console/grammar.test.ts',
  'test/library/package.test.ts',
  'test/modules/vrrp-packet.test.ts',
  'test/router/run.test.ts',
  'test/runtime/table.test.ts',
];

t.test(
  'a change concerns what imports it, what starts a program made of it, and what names it',
  async (t) => {
    const of = (...changed: string[]) => concerned(root, TESTS, changed);
    t.same(await of('firmware/modules/vrrp/packet.ts'), [
      'test/board/virt.boot.test.ts',
      'test/library/package.test.ts',
      'test/modules/vrrp-packet.test.ts',
      'test/router/run.test.ts',
    ]);
    t.same(await of('board/slot.sh'), ['test/board/virt.boot.test.ts'], 'a script that nothing imports');
    t.same(await of('README.md'), ['test/library/package.test.ts'], 'a document');
    t.same(
      await of('runtime/README.md'),
      ['test/library/package.test.ts'],
      'one that is named with its folder',
    );
    t.same(await of('LICENSE'), [], 'nobody');
    t.same(await of('test/runtime/table.test.ts'), ['test/runtime/table.test.ts'], 'a test itself');
    t.ok((await of('runtime/state/table.ts')).includes('test/runtime/table.test.ts'), 'from far below');
    t.same(await of('package.json'), TESTS, 'everything');
  },
);

t.test('what differs is what is not committed, or the last commit, or all since a revision', async (t) => {
  const folder = t.testdir({ a: 'one', b: 'one' });
  const git = (...args: string[]) =>
    execFileSync(
      'git',
      ['-c', 'user.name=t', '-c', 'user.email=t@t', '-c', 'init.defaultBranch=main', ...args],
      {
        cwd: folder,
        stdio: 'pipe',
      },
    );
  git('init', '-q');
  for (const [file, text] of [
    ['a', 'two'],
    ['b', 'two'],
    ['a', 'three'],
  ] as const) {
    git('add', '.');
    git('commit', '-qm', 'step');
    writeFileSync(join(folder, file), text);
  }
  writeFileSync(join(folder, 'new'), '');
  t.same(changedFiles(folder).sort(), ['a', 'new']);
  git('add', '.');
  git('commit', '-qm', 'step');
  t.same(changedFiles(folder).sort(), ['a', 'new']);
  t.same(changedFiles(folder, 'HEAD~2').sort(), ['a', 'b', 'new']);
});

t.test(
  'the longest begin first, also those of which nothing is known; boots and long ones are not quick',
  async (t) => {
    const seconds = new Map([
      ['a', 1],
      ['b', 300],
      ['c', 2],
      ['e.boot.test.ts', 1],
    ]);
    t.same(longestFirst(['a', 'b', 'c', 'd'], seconds), ['d', 'b', 'c', 'a']);
    t.same(
      ['a', 'b', 'c', 'd', 'e.boot.test.ts'].filter((file) => isQuick(file, seconds)),
      ['a', 'c', 'd'],
    );
  },
);
