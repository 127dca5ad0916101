/** The package as its users get it: packed, installed without its optional parts, compiled against and run. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { makeDeclarations } from '../../firmware/declarations.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tsc = join(root, 'node_modules/typescript/bin/tsc');
const npm = (args: string[], cwd: string) =>
  execFileSync('npm', args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, npm_config_loglevel: 'error' },
  });

/** Other tests use the programs in `dist` meanwhile, which `npm test` has built: only the types are missing. */
function makeTypes(): void {
  const known = join(root, 'dist/runtime.tsbuildinfo');
  if (!existsSync(join(root, 'dist/runtime/types/index.d.ts'))) rmSync(known, { force: true });
  makeDeclarations(join(root, 'dist/runtime/types'), ['--incremental', '--tsBuildInfoFile', known]);
}

/** A project that has the packed package installed. */
function project(t: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'hitless-package-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  makeTypes();
  const [{ filename = '' } = {}] = JSON.parse(
    npm(['pack', '--json', '--ignore-scripts', '--pack-destination', directory], root),
  ) as { filename?: string }[];
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
  npm(
    [
      'install',
      '--omit=optional',
      '--ignore-scripts',
      '--no-package-lock',
      '--prefer-offline',
      `./${filename}`,
    ],
    directory,
  );
  return directory;
}

/** A section of a document of the installed package, up to the next of its level. */
function section(document: 'README.md' | 'runtime/README.md', heading: string): string {
  const text = readFileSync(join(directory, 'node_modules/hitless', document), 'utf8');
  const [, found] = text.split(`\n## ${heading}\n`);
  if (found === undefined) throw new Error(`${document} has no section "${heading}"`);
  return found.split('\n## ', 1)[0]!;
}

/** Code blocks of one language in a text. */
function examples(text: string, language: string): string[] {
  const blocks = text.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'));
  return [...blocks].map((match) => match[1]!);
}

/** The text with a diff's changes: each run of lines with - gives way to the lines with + behind it. */
function patched(text: string, diff: string): string {
  const changes = diff.matchAll(/((?:^-.*\n)+)((?:^\+.*\n)+)/gm);
  let result = text;
  for (const [, before = '', after = ''] of changes) {
    const [from, to] = [before, after].map((lines) => lines.replace(/^[-+]/gm, '')) as [string, string];
    if (!result.includes(from)) throw new Error(`the text does not have:\n${from}`);
    result = result.replace(from, () => to);
  }
  return result;
}

/** The documents of the package. */
const DOCUMENTS = [
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'README.md',
  'bench/README.md',
  'bench/RESULTS.md',
  'board/HARDWARE.md',
  'board/README.md',
  'firmware/README.md',
  'firmware/modules/README.md',
  'runtime/ARCHITECTURE.md',
  'runtime/README.md',
];

/** The rest of a program's standard error beside the warning that the guard's addon is not compiled. */
const beside = (text: string) =>
  text.replace(/^\(node:\d+\) \[HITLESS_GUARD_VM\] .*\n.*--trace-warnings.*\n/, '');

/** Checks a file against the types of the package, as a project's own tsc would. */
function compile(directory: string, ...args: string[]) {
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023'];
  return spawnSync(process.execPath, [tsc, ...options, ...args], { cwd: directory, encoding: 'utf8' });
}

const directory = project(t);

t.test('the library works without raw-socket, serialport or a compiler, as the README says', async (t) => {
  t.equal(existsSync(join(directory, 'node_modules/raw-socket')), false, 'no addon is installed');
  t.equal(existsSync(join(directory, 'node_modules/serialport')), false);

  const [program, bundle] = examples(section('README.md', 'As a library'), 'js');
  mkdirSync(join(directory, 'bundles'), { recursive: true });
  writeFileSync(join(directory, 'program.mjs'), program!);
  writeFileSync(join(directory, 'bundles/counter-1.0.0.cjs'), bundle!);
  writeFileSync(join(directory, 'bundles/counter-1.1.0.cjs'), bundle!.replace('1.0.0', '1.1.0'));
  const ran = spawnSync(process.execPath, ['program.mjs'], {
    cwd: directory,
    encoding: 'utf8',
    timeout: 20_000,
  });
  t.equal(beside(ran.stderr), '');
  t.match(ran.stdout, /^committed window [\d.]+ ms total [1-9]\d+\n$/);

  const router = spawnSync(
    process.execPath,
    [
      'node_modules/.bin/hitless',
      'run',
      '--config',
      'node_modules/hitless/firmware/config/examples/minimal.yaml',
    ],
    { cwd: directory, encoding: 'utf8', timeout: 20_000 },
  );
  t.equal(router.status, 2, 'the router says what it lacks instead of failing somewhere');
  t.match(router.stderr, /^hitless: (RAW_SOCKET_MISSING|NETLINK_MISSING)/);

  writeFileSync(
    join(directory, 'typed.ts'),
    `import { type Handlers, type Manifest, type Message, Module, Runtime } from 'hitless/runtime';
     type Protocol = { accepts: { count: number } };
     export const manifest = { api: 1, name: 'C', version: '1.0.0', accepts: { count: [1] }, subscribes: {}, timers: [], ports: [], state: { version: 1 } } satisfies Manifest<{ total: number }, Protocol>;
     export default class C extends Module<{ total: number }> implements Handlers<Protocol> {
       initial() { return { total: 0 }; }
       onCount({ body }: Message<number>) { this.state.total += body; }
     }
     export const views: string[] = new Runtime().modules().map(({ name }) => name);\n`,
  );
  writeFileSync(
    join(directory, 'untyped.ts'),
    readFileSync(join(directory, 'typed.ts'), 'utf8').replace('onCount(', 'onCounted('),
  );
  const { status, stdout } = compile(directory, 'typed.ts', 'untyped.ts');
  t.equal(status, 2);
  t.notMatch(stdout, /^typed\.ts/m, 'what is complete compiles');
  t.match(stdout, /^untyped\.ts[\s\S]*Property 'onCount' is missing/, 'a missing handler does not compile');
});

t.test('the manual’s first program swaps a class, and its definition compiles', async (t) => {
  const manual = readFileSync(join(directory, 'node_modules/hitless/runtime/README.md'), 'utf8');
  writeFileSync(join(directory, 'first.mjs'), examples(manual, 'js')[0]!);
  const ran = spawnSync(process.execPath, ['first.mjs'], { cwd: directory, encoding: 'utf8' });
  t.same([ran.stdout, beside(ran.stderr)], ['committed 11\n', '']);
  const definition = examples(section('runtime/README.md', 'A module said once'), 'ts')[0]!;
  writeFileSync(join(directory, 'defined.ts'), definition);
  writeFileSync(join(directory, 'misdefined.ts'), definition.replace("'log', 'line'", "'log', 'lines'"));
  t.equal(compile(directory, 'defined.ts').stdout, '');
  t.match(compile(directory, 'misdefined.ts').stdout, /^misdefined\.ts.*"lines"/);
});

t.test('the manual’s test of a module passes, and fails where the module is wrong', async (t) => {
  const [test = ''] = examples(section('runtime/README.md', 'Testing a module'), 'js');
  const run = (name: string, text: string) => {
    writeFileSync(join(directory, name), text);
    return spawnSync(process.execPath, [name], { cwd: directory, encoding: 'utf8', timeout: 20_000 });
  };
  const ran = run('door.test.mjs', test);
  t.same([ran.status, beside(ran.stderr)], [0, '']);
  const wrong = run('wrong.test.mjs', test.replace("'shine', 'red'", "'shine', 'blue'"));
  t.match([wrong.status, wrong.stderr], [1, /AssertionError[\s\S]*'blue'/]);
});

t.test('the manual’s service is swapped under load and back, and counts every message', async (t) => {
  const service = section('runtime/README.md', 'A service that is swapped under load');
  const [counter = ''] = examples(service, 'ts');
  const [diff = ''] = examples(service, 'diff');
  const [command = ''] = examples(service, 'sh');
  const [program = ''] = examples(service, 'js');
  const next = patched(counter, diff);
  t.match(next, /version: '3\.0\.0'[\s\S]*last: Date\.now\(\)/, 'all of the diff is there');
  const esbuild = [
    'sh',
    ['-c', command.replace(/^npx esbuild/, join(root, 'node_modules/.bin/esbuild'))],
  ] as const;
  const write = (name: string, text: string) => writeFileSync(join(directory, name), text);
  for (const [text, bundle] of [
    [counter, 'counter-2.0.0.cjs'],
    [next, 'counter-3.0.0.cjs'],
  ] as const) {
    write('counter.ts', text);
    write(bundle.replace('.cjs', '.ts'), text);
    const [shell, args] = esbuild;
    const bundled = spawnSync(shell, [args[0], args[1].replace('counter-2.0.0.cjs', bundle)], {
      cwd: directory,
      encoding: 'utf8',
    });
    t.equal(bundled.status, 0, bundled.stderr);
  }
  t.equal(compile(directory, 'counter-2.0.0.ts', 'counter-3.0.0.ts').stdout, '', 'both compile');
  write('main.mjs', program);
  const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')];
  const checked = compile(
    directory,
    'main.mjs',
    '--allowJs',
    '--checkJs',
    '--noImplicitAny',
    'false',
    ...types,
  );
  t.equal(checked.stdout, '', 'the program is typed right');
  const main = () =>
    spawnSync(process.execPath, ['main.mjs'], { cwd: directory, encoding: 'utf8', timeout: 60_000 });
  let ran = main();
  // A machine that is busy may stand still for longer than a hook may take.
  for (let again = 0; again < 3 && /TRANSACTION_ABORTED.*was cut after/s.test(ran.stderr); again++)
    ran = main();
  t.equal(beside(ran.stderr), '');
  t.match(ran.stdout, /^committed window [\d.]+ ms\n/);
  const counts = [
    ...ran.stdout.matchAll(/^(\d+) sent; \{\s+by: '([\d.]+)',\s+total: (\d+),\s+row: (.*?)\s*\}$/gms),
  ];
  t.same(
    counts.map(([, , by]) => by),
    ['3.0.0', '2.0.0'],
    ran.stdout,
  );
  for (const [, sent, by, total] of counts) t.equal(total, sent, `none is lost or doubled with ${by}`);
  t.ok(Number(counts[0]![1]) > 100, 'there was load');
  t.match(counts[0]![4], /visits: \d+, last: \d+/);
  t.notMatch(counts[1]![4], /last/, 'the rows have their old shape again');
});

t.test('a module’s source cannot be watched without esbuild, and that is said', async (t) => {
  const source = join(directory, 'watched.ts');
  writeFileSync(source, 'export const x = 1;');
  const config = 'node_modules/hitless/firmware/config/examples/minimal.yaml';
  const hitless = ['node_modules/.bin/hitless', 'run', '--config', config, '--watch', 'watched.ts'];
  const ran = spawnSync(process.execPath, hitless, { cwd: directory, encoding: 'utf8', timeout: 20_000 });
  t.equal(ran.status, 2);
  t.match(ran.stderr, /^hitless: BUNDLER_MISSING: --watch watched\.ts: .*npm install --save-dev esbuild/);
});

t.test('the library’s manual tells every member of Runtime', async (t) => {
  const types = readFileSync(join(directory, 'node_modules/hitless/dist/runtime/types/runtime.d.ts'), 'utf8');
  const text = types.slice(types.indexOf('export declare class Runtime'));
  const members = [...text.matchAll(/^ {4}(?:readonly |get |set )?([a-z]\w*)\b(?=[(<:])/gm)].map(
    (match) => match[1]!,
  );
  t.ok(members.length > 20, members.join());
  const table = section('runtime/README.md', 'Members of `Runtime`');
  t.same(
    [...new Set(members)].filter((name) => name !== 'constructor' && !new RegExp(`\`${name}\\b`).test(table)),
    [],
  );
});

t.test(
  'every link of the package’s documents leads to a file of the package, and to a heading of it',
  async (t) => {
    const installed = join(directory, 'node_modules/hitless');
    const inPackage = readdirSync(installed, { recursive: true, encoding: 'utf8' });
    t.same(inPackage.filter((path) => path.endsWith('.md') && !path.startsWith('dist/')).sort(), DOCUMENTS);
    const links = DOCUMENTS.flatMap((document) => {
      const text = readFileSync(join(installed, document), 'utf8');
      return [...text.matchAll(/\]\(([^)]+)\)/g)]
        .map(([, to = '']) => to)
        .filter((to) => !to.startsWith('http'))
        .map((to) => ({ document, to }));
    });
    t.ok(links.length > 20, `${links.length} links`);
    const broken = links.filter(({ document, to }) => {
      const [path = '', anchor] = to.split('#');
      const target = path === '' ? join(installed, document) : join(installed, dirname(document), path);
      if (!existsSync(target)) return true;
      return anchor !== undefined && !anchorsOf(readFileSync(target, 'utf8')).includes(anchor);
    });
    t.same(broken, []);
  },
);

/** The names that a link may have behind `#`: headings, as GitHub writes them. */
function anchorsOf(text: string): string[] {
  const headings = text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
