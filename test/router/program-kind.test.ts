/** Ports that run programs: by the kind alone, and with a module of its own in a router. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ProgramPorts } from '../../firmware/router/program-kind.ts';
import type { LogLevel } from '../../runtime/index.ts';
import { NetworkNamespace } from '../netns.ts';
import { running, type Stage, stage } from './host.ts';
import { eventuallyAsync, execAt } from './router-lab.ts';

const skip = NetworkNamespace.unavailable;
const PATIENCE = 20_000;
const PROGRAM = { kind: 'program' };

t.test('a declaration has nothing else, and the settings say which program', async (t) => {
  const { kind } = new ProgramPorts(() => t.fail('nothing is told'));
  const check = (settings: unknown) => kind.check?.(PROGRAM, settings);
  t.equal(check(undefined), undefined);
  t.equal(check({ program: '/bin/true', arguments: ['a'], user: 'daemon', timeLimit: 500 }), undefined);
  t.match(kind.check?.({ ...PROGRAM, program: '/bin/true' }, undefined), /no "program"/);
  t.match(check(['/bin/true']), /an object such as/);
  t.match(check({ program: 'true' }), /an absolute path, not "true"/);
  t.match(check({}), /an absolute path/);
  t.match(check({ program: '/bin/\0' }), /an absolute path/);
  t.match(check({ program: '/bin/true', shell: true }), /no setting "shell"/);
  t.match(check({ program: '/bin/true', arguments: 'a b' }), /a list of at most 32 texts/);
  t.match(check({ program: '/bin/true', user: '' }), /name of a user/);
  t.match(check({ program: '/bin/true', timeLimit: 0 }), /from 1 to 600000, not 0/);
  const request = { module: 'M', port: 'script', key: 'a', declaration: PROGRAM, settings: undefined };
  t.throws(() => kind.make(request), /needs settings/);
});

t.test('a program that cannot be run is told when the port is opened, and with other settings', async (t) => {
  const told: [LogLevel, string][] = [];
  const ports = new ProgramPorts((...line) => told.push(line));
  const settings = { program: '/no/such/program' };
  const port = ports.kind.make({ module: 'M', port: 'script', key: 'a', declaration: PROGRAM, settings });
  port.open(() => {});
  t.match(told, [
    ['error', /^M's port script a: the program \/no\/such\/program is not there \(PROGRAM_UNUSABLE\)\. /],
  ]);
  port.change?.({ program: '/bin/true' });
  t.equal(told.length, 1, 'this one can be');
  port.change?.({ program: '/no/other' });
  t.match(told[1], ['error', /\/no\/other is not there/]);
  port.close();
});

/** Has a script run at its start and its end, and tells what became of it. */
function runner(version: string, script: string): string {
  return `const { Module } = require('hitless/runtime');
exports.manifest = { api: 2, name: 'RUNNER', version: '${version}', accepts: { go: [1] }, subscribes: {}, timers: [],
  ports: { script: { kind: 'program' } }, state: { version: 1 } };
exports.default = class extends Module {
  initial() { return {}; }
  start(why) {
    this.ctx.openPort('script', 'one', { program: '${script}' });
    if (why === 'cold') this.ctx.transmit('script', 'one', { id: 7, arguments: ['start'] });
  }
  onGo() {}
  onScript({ key, datum }) {
    this.ctx.log('info', this.ctx.version + ' is told ' + key + ' ' + datum.id + ' ' + datum.ended + ' ' + datum.code + ' ' + datum.output);
  }
  stop() { this.ctx.transmit('script', 'one', { id: 8, arguments: ['stop'] }); }
};
`;
}

async function place(t: Parameters<typeof stage>[0]) {
  const at: Stage = stage(t);
  chmodSync(at.directory, 0o1777);
  const script = join(at.directory, 'script');
  writeFileSync(
    script,
    `#!/bin/sh
echo "$1" >> ${at.directory}/log
[ "$1" = stop ] && exit 0
while [ ! -e ${at.directory}/go ]; do sleep 0.05; done
echo done; exit 5
`,
  );
  chmodSync(script, 0o755);
  for (const version of ['1.0.0', '1.1.0'])
    writeFileSync(join(at.directory, `runner-${version}.cjs`), runner(version, script));
  const config = `router: { id: 10.9.0.1, bundles: [${at.directory}] }\ntimer: {}\n`;
  const { child, output } = await running(t, at, config);
  const says = (what: RegExp) => eventuallyAsync(`${what}`, PATIENCE, async () => what.test(output()));
  const log = () => {
    const path = join(at.directory, 'log');
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  };
  const go = () => writeFileSync(join(at.directory, 'go'), '');
  return { ...at, child, says, log, go, output, exec: (command: string) => execAt(at.socket, command) };
}

t.test(
  'a program goes on across a swap, the new version is told, and the last one runs before the router ends',
  { skip },
  async (t) => {
    const { child, exec, says, log, go, output } = await place(t);
    t.match(await exec('add RUNNER runner@1.0.0'), { ok: true });
    await eventuallyAsync('it runs', PATIENCE, async () => log() === 'start\n');
    t.match(await exec('replace RUNNER runner@1.1.0'), { ok: true });
    go();
    await says(/1\.1\.0 is told one 7 exit 5 done/);
    t.notMatch(output(), /1\.0\.0 is told/);
    const shown = (await exec('show ports')).data as { module: string }[];
    t.match(
      shown.filter(({ module }) => module === 'RUNNER'),
      [{ kind: 'program', key: 'one', sent: 1, counters: { runs: 1, failed: 1, timeouts: 0 } }],
    );
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    t.equal(await ended, 0);
    t.equal(log(), 'start\nstop\n');
    t.notMatch(output(), /had not ended/);
  },
);

t.test('a program that hangs is killed with the end of the router, which says so', { skip }, async (t) => {
  const { child, exec, says, log } = await place(t);
  t.match(await exec('add RUNNER runner@1.0.0'), { ok: true });
  await eventuallyAsync('it runs', PATIENCE, async () => log() === 'start\n');
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  t.equal(await ended, 0);
  await says(/programs of modules had not ended after 2000 ms, and were killed/);
});
