/** Watch mode of the router: a module's author saves, and the running router has it. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { ModuleView, TransactionReport } from '../../runtime/index.ts';
import { NetworkNamespace } from '../netns.ts';
import { CONFIG, failing, running, type Stage, stage } from './host.ts';
import { eventuallyAsync, execAt, HITLESS } from './router-lab.ts';

const skip = NetworkNamespace.unavailable;
const PATIENCE_MS = 30_000;

/** The sources of the modules, to be edited. */
function sources({ directory }: Stage): string {
  const modules = join(directory, 'src/firmware/modules');
  cpSync(fileURLToPath(new URL('../../firmware/modules', import.meta.url)), modules, { recursive: true });
  return modules;
}

/** As an editor saves: another file is written and renamed. */
function edit(file: string, change: (text: string) => string): void {
  const text = readFileSync(file, 'utf8');
  const changed = change(text);
  if (changed === text) throw new Error(`nothing is edited in ${file}`);
  writeFileSync(`${file}.swp`, changed);
  renameSync(`${file}.swp`, file);
}

const says = (output: () => string, pattern: RegExp) =>
  eventuallyAsync(
    `the log says ${pattern}`,
    PATIENCE_MS,
    async () => pattern.exec(output()) ?? undefined,
  ).catch((error: Error) => {
    throw new Error(`${error.message}\n${output().slice(-3_000)}`);
  });

async function version({ socket }: Stage, module: string): Promise<string | undefined> {
  const modules = (await execAt(socket, 'show modules')).data as ModuleView[];
  return modules.find(({ name }) => name === module)?.version;
}

/** Numbers of the ticks that the edited module says it got. */
function ticks(text: string): number[] {
  return [...text.matchAll(/IP V\S+ tick (\d+)/g)].map(([, number]) => Number(number));
}

t.test('a module’s source is saved and the running router has it, no message lost', { skip }, async (t) => {
  const place = stage(t);
  const modules = sources(place);
  const config = `${CONFIG}log: { level: debug }\n`;
  const { output } = await running(t, place, config, '--watch', join(modules, 'ip'));
  await says(output, /ip\/module\.ts taken: IP \d+\.\d+\.\d+-watch\.1, window/);
  t.match(await version(place, 'IP'), /-watch\.1$/, 'what is edited is what runs');

  const module = join(modules, 'ip/module.ts');
  edit(module, (text) =>
    text
      .replace('startAdvertising(', "this.ctx.log('info', 'first edit');\n    startAdvertising(")
      .replace(/onBroadcast\(.*\n/, "$&    this.ctx.log('debug', 'tick ' + body.tick);\n"),
  );
  await says(output, /IP V\S+ first edit/);
  t.match(await version(place, 'IP'), /-watch\.2$/);

  edit(module, (text) => text.replace("'first edit'", "'first edit"));
  await says(output, /not taken: \S*ip\/module\.ts:\d+:\d+: Unterminated string literal/);
  t.match(await version(place, 'IP'), /-watch\.2$/, 'the old version goes on');
  edit(module, (text) => text.replace("'first edit)", "'second edit')"));
  await says(output, /IP V\S+ second edit/);

  // A file that the module is made of, in another folder; and one that is not there yet.
  edit(
    join(modules, 'checksum.ts'),
    (text) => `import { more } from './more.ts';\n${text.replace('& ~1', '& ~more')}`,
  );
  await says(output, /not taken: .*checksum\.ts:1:\d+: Could not resolve "\.\/more\.ts"/);
  writeFileSync(join(modules, 'more.ts'), 'export const more = 1;\n');
  await says(output, /-watch\.4, window/);

  const seen = ticks(output()).length;
  await eventuallyAsync(
    'IP goes on',
    PATIENCE_MS,
    async () => ticks(output()).length > seen + 3 || undefined,
  );
  const [first, ...rest] = ticks(output());
  t.same(
    rest,
    rest.map((_, i) => first! + 1 + i),
    'numbered messages go on across all swaps',
  );
  const history = (await execAt(place.socket, 'show upgrades')).data as TransactionReport[];
  t.same(
    history.flatMap(({ by, outcome }) => (by === 'watch' ? [outcome] : [])),
    Array(4).fill('committed'),
  );
  t.equal(existsSync(join(place.state, 'versions.json')), false, 'nothing of it is remembered');
});

t.test('two modules share a file: one save swaps both in one transaction', { skip }, async (t) => {
  const place = stage(t);
  const modules = sources(place);
  const { output } = await running(
    t,
    place,
    CONFIG,
    '--watch',
    join(modules, 'ip'),
    join(modules, 'vrrp/module.ts'),
  );
  await says(output, /ip\/module\.ts, \S*vrrp\/module\.ts taken/);
  edit(join(modules, 'checksum.ts'), (text) => text.replace('& ~1', '& -2'));
  await says(output, /taken: IP \S+-watch\.3, VRRP \S+-watch\.4/);
  t.match(await version(place, 'VRRP'), /-watch\.4$/);
});

t.test('the log is one line of JSON a record where the configuration says so', { skip }, async (t) => {
  const place = stage(t);
  const bundles = join(place.directory, 'bundles');
  mkdirSync(bundles);
  const { output } = await running(t, place, `${CONFIG}log: { format: json }\n`, '--watch', bundles);
  const release = readFileSync(new URL('../../firmware/releases/vrrp-1.0.0.cjs', import.meta.url), 'utf8');
  writeFileSync(join(bundles, 'vrrp.cjs'), release);
  await says(
    output,
    /"watch: \S*vrrp\.cjs not taken: STATE_NO_HANDLER|"watch: \S*vrrp\.cjs taken: VRRP 1\.0\.0-watch\.1/,
  );
  const records = output()
    .trim()
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as { level: string; data?: TransactionReport });
  t.ok(records.every(({ level }) => ['debug', 'info', 'warn', 'error'].includes(level)));
});

t.test('what cannot be watched is said before anything is opened', { skip }, (t) => {
  const place = stage(t);
  const config = place.file(CONFIG);
  const pipes = ['pipe.ts', 'pipe.cjs'].map((name) => join(place.directory, name));
  execFileSync('mkfifo', pipes);
  const cases: [string[], RegExp][] = [
    ...pipes.map((pipe): [string[], RegExp] => [['--watch', pipe], /WATCH_PATH: .*pipe\.\w+: is no file;/]),
    [
      ['--watch', '/nowhere'],
      /WATCH_PATH: --watch \/nowhere: there is no such file or directory; give a bundle/,
    ],
    [['--watch', config], /WATCH_PATH: .*router\.yaml: is no bundle and no source/],
    [['nonsense'], /USAGE: "nonsense" is not understood/],
  ];
  for (const [args, message] of cases) {
    const { code, text } = failing(place, ['--config', config, ...args]);
    t.equal(code, 2);
    t.match(text, message);
  }
  t.end();
});

t.test('the lab watches too', { skip }, (t) => {
  const directory = mkdtempSync('/tmp/hitless-test-');
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const ip = fileURLToPath(new URL('../../firmware/modules/ip', import.meta.url));
  const args = [
    'lab',
    '--no-install',
    '--console',
    join(directory, 'c.sock'),
    '--script',
    '-',
    '--watch',
    ip,
  ];
  const done = spawnSync(process.execPath, [HITLESS, ...args], {
    encoding: 'utf8',
    input: 'show modules\n',
    timeout: 60_000,
  });
  t.equal(done.status, 0, done.stderr);
  t.match(done.stdout, /\nIP +\d+\.\d+\.\d+-watch\.1 /);
  t.end();
});
