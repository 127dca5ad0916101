/** The package with its addon, installed as a user does it, on each Node that it is for. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { environmentOf, MAJORS, nodeOf } from './nodes.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'hitless-addon-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

const npm = (node: string, ...args: string[]) =>
  spawnSync('npm', [...args, '--prefer-offline', '--no-audit', '--no-fund'], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, ...environmentOf(node) },
  });

const [{ filename }] = JSON.parse(
  execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }),
) as [{ filename: string }];

const skip = NetworkNamespace.unavailable;

for (const major of MAJORS) {
  t.test(
    `installed from a package, the router opens its raw sockets on Node ${major}`,
    { skip },
    async (t) => {
      const node = nodeOf(major);
      const prefix = join(folder, `prefix-${major}`);
      const installed =
        node === undefined
          ? undefined
          : npm(node, 'install', '--global', '--prefix', prefix, join(folder, filename));
      if (node === undefined || installed?.status !== 0) {
        const text = installed?.stderr ?? '';
        if (installed !== undefined && !/ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|ENOTCACHED/.test(text)) {
          t.fail(text);
          return;
        }
        const why = `SKIPPED: the npm registry is not reached, Node ${major} is not tried`;
        process.stderr.write(`test/library: ${why}\n`);
        t.pass('not tried', { skip: why });
        return;
      }
      const space = NetworkNamespace.create('addon');
      t.teardown(() => space.cleanup());
      const config = join(folder, 'router.yaml');
      const state = join(folder, `state-${major}`);
      const beside = NetworkNamespace.create('beside');
      t.teardown(() => beside.cleanup());
      NetworkNamespace.join([space, 'wan0', '10.9.0.1/24'], [beside, 'eth0']);
      writeFileSync(
        config,
        `router: { id: 10.9.0.1, state: ${state} }\nospf: { interfaces: { wan0: {} } }\n`,
      );
      const script = join(folder, 'script');
      writeFileSync(script, 'show modules\n');
      const program = join(prefix, 'bin/hitless');
      const printed = space.exec([node, program, 'run', '--config', config, '--script', script], {
        env: { HITLESS_CONSOLE: join(folder, `console-${major}`) },
      });
      t.match(printed, /OSPF +\d\.\d\.\d/);
      const needs = spawnSync(node, [program, 'needs', '--addon'], { encoding: 'utf8' });
      t.same([needs.status, needs.stderr], [0, ''], 'nothing is missing');
    },
  );
}

t.test('without a compiler at first, what the router advises makes it run', { skip }, async (t) => {
  const prefix = join(folder, 'prefix-advised');
  const packed = join(folder, filename);
  const installed = npm(
    process.execPath,
    ...['install', '--global', '--ignore-scripts', '--prefix', prefix, packed],
  );
  if (installed.status !== 0 && /ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|ENOTCACHED/.test(installed.stderr)) {
    t.pass('not tried', { skip: 'SKIPPED: the npm registry is not reached' });
    return;
  }
  const space = NetworkNamespace.create('advised');
  t.teardown(() => space.cleanup());
  const config = join(folder, 'advised.yaml');
  const script = join(folder, 'advised');
  writeFileSync(
    config,
    `router: { id: 10.9.0.1, state: ${join(folder, 'state-advised')} }\nip: { routes: {} }\n`,
  );
  writeFileSync(script, 'show modules\n');
  const program = join(prefix, 'bin/hitless');
  const run = () =>
    spawnSync(
      'ip',
      ['netns', 'exec', space.name, process.execPath, program, 'run', '--config', config, '--script', script],
      { encoding: 'utf8', env: { ...process.env, HITLESS_CONSOLE: join(folder, 'console-advised') } },
    );
  const { stderr } = run();
  const [, advised = ''] = /_MISSING: .*`hitless ([^`]+)`/.exec(stderr) ?? [];
  t.equal(advised, 'needs --addon', stderr);
  const followed = spawnSync(process.execPath, [program, ...advised.split(' ')], { encoding: 'utf8' });
  t.equal(followed.status, 0, followed.stderr);
  t.match(run(), { status: 0, stdout: /IP +\d\.\d\.\d/ });
});
