/** The package as its users get it: packed, installed without its optional parts, compiled against and run. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';

const root = fileURLToPath(new URL('../..', import.meta.url));
const npm = (args: string[], cwd: string) =>
  execFileSync('npm', args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, npm_config_loglevel: 'error' },
  });

/** A project that has the packed package installed. */
function project(t: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'hitless-package-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  execFileSync(process.execPath, ['firmware/build.mjs', '--types'], { cwd: root });
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

/** The code blocks of the README's section about the library. */
function readmeExamples(): string[] {
  const text = readFileSync(join(root, 'README.md'), 'utf8');
  const section = text.slice(text.indexOf('## As a library'), text.indexOf('## What it does not do'));
  return [...section.matchAll(/```js\n([\s\S]*?)```/g)].map((match) => match[1]!);
}

t.test('the library works without raw-socket, serialport or a compiler, as the README says', async (t) => {
  const directory = project(t);
  t.equal(existsSync(join(directory, 'node_modules/raw-socket')), false, 'no addon is installed');
  t.equal(existsSync(join(directory, 'node_modules/serialport')), false);

  const [program, bundle] = readmeExamples();
  mkdirSync(join(directory, 'bundles'));
  writeFileSync(join(directory, 'program.mjs'), program!);
  writeFileSync(join(directory, 'bundles/counter-1.0.0.cjs'), bundle!);
  writeFileSync(join(directory, 'bundles/counter-1.1.0.cjs'), bundle!.replace('1.0.0', '1.1.0'));
  const ran = spawnSync(process.execPath, ['program.mjs'], {
    cwd: directory,
    encoding: 'utf8',
    timeout: 20_000,
  });
  t.equal(ran.stderr, '');
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
  t.match(router.stderr, /^hitless: (INTERFACE_UNKNOWN|RAW_SOCKET_MISSING|LINKS_TOOL_MISSING)/);

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
  const compile = (file: string) =>
    spawnSync(
      process.execPath,
      [
        join(root, 'node_modules/typescript/bin/tsc'),
        '--noEmit',
        '--strict',
        '--module',
        'nodenext',
        '--target',
        'es2023',
        file,
      ],
      { cwd: directory, encoding: 'utf8' },
    );
  const typed = compile('typed.ts');
  t.equal(typed.stdout, '');
  t.equal(typed.status, 0);
  writeFileSync(
    join(directory, 'untyped.ts'),
    readFileSync(join(directory, 'typed.ts'), 'utf8').replace('onCount(', 'onCounted('),
  );
  t.match(
    compile('untyped.ts').stdout,
    /Property 'onCount' is missing/,
    'a missing handler does not compile',
  );
});
