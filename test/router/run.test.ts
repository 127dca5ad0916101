import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { CONFIG, failing, running, type Stage, stage } from './host.ts';
import { type Answer, eventuallyAsync, execAt, HITLESS } from './router-lab.ts';

const skip = NetworkNamespace.unavailable;

t.test(
  'hitless run serves on this host’s interfaces, exec finds it, and it stops on SIGTERM without a trace',
  { skip },
  async (t) => {
    const place = stage(t);
    const { child } = await running(t, place);
    const env = { ...process.env, HITLESS_CONSOLE: place.socket };
    const exec = (...args: string[]) =>
      spawnSync(process.execPath, [HITLESS, 'exec', ...args], { encoding: 'utf8', env });
    const shown = exec('show modules');
    t.equal(shown.status, 0);
    t.match(shown.stdout, /OSPF +\d\.\d\.\d/);
    const json = JSON.parse(exec('--json', 'show', 'versions').stdout) as Answer;
    t.equal(json.ok, true);
    const wrong = exec('replace IP ip@7.7.7');
    t.equal(wrong.status, 1);
    t.match(wrong.stderr + wrong.stdout, /BUNDLE_NOT_FOUND: there is no ip@7\.7\.7/);
    const fault = exec('fault IP spin');
    t.equal(fault.status, 1);
    t.match(fault.stderr + fault.stdout, /LAB_ONLY/);
    const capture = (filter: string) =>
      place.peer.exec(['timeout', '5', 'tcpdump', '-i', 'eth0', '-nn', '-c', '1', ...filter.split(' ')]);
    t.match(capture('proto 89'), /10\.9\.0\.1 > 224\.0\.0\.5: OSPFv2, Hello/);
    t.match(capture('icmp'), /10\.9\.0\.1 > 224\.0\.0\.1: ICMP router advertisement/);
    t.match(capture('proto 112'), /10\.9\.0\.1 > 224\.0\.0\.18: VRRPv3, Advertisement/);
    const ended = new Promise((resolve) => child.once('close', (code) => resolve(code)));
    child.kill('SIGTERM');
    t.equal(await ended, 0);
    t.equal(exec('show modules').status, 2, 'nobody answers any more');
  },
);

t.test('without the guard’s addon the start says once what that means', { skip }, async (t) => {
  const before = process.env.HITLESS_GUARD;
  process.env.HITLESS_GUARD = 'vm';
  t.teardown(() => {
    if (before === undefined) delete process.env.HITLESS_GUARD;
    else process.env.HITLESS_GUARD = before;
  });
  const place = stage(t);
  const { output } = await running(t, place);
  const said = await eventuallyAsync('it runs', 20_000, async () =>
    /hitless runs: /.test(output()) ? output() : undefined,
  );
  t.equal(said.split('handlers are bounded in transactions alone').length, 2, said);
  t.match(
    said,
    /warning: handlers are bounded in transactions alone, .*: HITLESS_GUARD=vm; "hitless needs --addon" compiles it/,
  );
  t.notMatch(said, /HITLESS_GUARD_VM/, 'nor does the library warn besides');
});

t.test('a router that hangs is given up by its clients, with exit code 2', { skip }, async (t) => {
  const place = stage(t);
  const { child } = await running(t, place);
  const pid = await routerOf(place);
  process.kill(pid, 'SIGSTOP');
  t.teardown(() => child.exitCode ?? process.kill(pid, 'SIGCONT'));
  const hitless = (...args: string[]) =>
    new Promise<{ code: number | null; text: string }>((resolve) => {
      const options = { env: { ...process.env, HITLESS_CONSOLE: place.socket } };
      const client = spawn(process.execPath, [HITLESS, ...args], {
        ...options,
        stdio: ['pipe', 'ignore', 'pipe'],
      });
      let text = '';
      client.stderr.on('data', (chunk: Buffer) => {
        text += chunk;
      });
      client.stdin.end('show modules\n');
      client.once('close', (code) => resolve({ code, text }));
    });
  const [shown, replaced, limited, attached] = await Promise.all([
    hitless('exec', 'show modules'),
    hitless('exec', 'replace IP ip@1.0.0'),
    hitless('exec', '--timeout', '1s', 'wait 1h'),
    hitless('console'),
  ]);
  for (const { code, text } of [shown, replaced, attached]) {
    t.equal(code, 2);
    t.match(text, /CONSOLE_TIMEOUT: the router at .*console\.sock said nothing for 10 s/);
  }
  t.equal(limited.code, 2);
  t.match(limited.text, /CONSOLE_TIMEOUT: .* did not answer in 1 s/);
  process.kill(pid, 'SIGCONT');
  const { data } = await execAt(place.socket, 'show upgrades');
  t.equal((data as unknown[]).length, 1, 'what it was not asked for, because it hung, it does not carry out');
});

/** The router itself, and not the tool that it was started by. */
async function routerOf({ socket }: Stage): Promise<number> {
  return ((await execAt(socket, 'show system')).data as { pid: number }).pid;
}

t.test(
  'packets that are truncated, malformed or foreign are dropped and counted, the router goes on',
  { skip },
  async (t) => {
    const place = stage(t);
    const { output } = await running(t, place);
    const addon = fileURLToPath(import.meta.resolve('raw-socket'));
    const script = `
    const raw = require(${JSON.stringify(addon)});
    for (const [protocol, group] of [[89, '224.0.0.5'], [112, '224.0.0.18'], [1, '10.9.0.1']]) {
      const socket = raw.createSocket({ protocol });
      socket.setOption(0, 32, Buffer.from([10, 9, 0, 2]), 4); // IP_MULTICAST_IF
      for (const bytes of [[], [2], [2, 1, 0, 44], Array(44).fill(255), Array(60).fill(0), Array(1400).fill(2)]) {
        if (bytes.length > 0) socket.send(Buffer.from(bytes), 0, bytes.length, group, () => {});
      }
    }
    setTimeout(() => process.exit(), 300);`;
    place.peer.exec([process.execPath, '-e', script]);
    await eventuallyAsync(
      'both protocols say what they dropped',
      5_000,
      async () =>
        (/OSPF V[\d.]+ dropped a packet from 10\.9\.0\.2/.test(output()) &&
          /VRRP V[\d.]+ dropped a packet from 10\.9\.0\.2/.test(output())) ||
        undefined,
    );
    const modules = (await execAt(place.socket, 'show modules')).data as {
      name: string;
      errors: number;
      service: string;
    }[];
    for (const module of modules) t.match(module, { errors: 0, service: 'service' }, module.name);
  },
);

t.test('an interface that goes down and comes back is served again', { skip }, async (t) => {
  const place = stage(t);
  await running(t, place);
  place.router.ip('link', 'set', 'wan0', 'down');
  await eventuallyAsync(
    'VRRP stops',
    5_000,
    async () => (await routers(place)).every(({ state }) => state === 'Initialize') || undefined,
  );
  place.router.ip('link', 'set', 'wan0', 'up');
  await eventuallyAsync(
    'VRRP is Active again',
    10_000,
    async () => (await routers(place)).every(({ state }) => state === 'Active') || undefined,
  );
  const packets = place.peer.exec(
    ['timeout', '5', 'tcpdump', '-i', 'eth0', '-nn', '-c', '3', 'proto 112'],
    {},
  );
  t.match(packets, /10\.9\.0\.1 > 224\.0\.0\.18: VRRPv3/);
});

async function routers({ socket }: Stage): Promise<{ state: string }[]> {
  return (await execAt(socket, 'show vrrp')).data as { state: string }[];
}

t.test('what keeps it from starting is said clearly, and nothing is left half open', { skip }, (t) => {
  const place = stage(t);
  const cases: [string, string[], RegExp, string[]?][] = [
    [
      'a version that does not exist',
      ['--config', place.file(CONFIG.replace('id: 10.9.0.1', 'id: 10.9.0.1, modules: { IP: ip@9.9.9 }'))],
      /BUNDLE_NOT_FOUND: there is no ip@9\.9\.9/,
    ],
  ];
  for (const [name, args, message] of cases) {
    const { code, text } = failing(place, args);
    t.equal(code, 2, name);
    t.match(text, message);
  }
  const typo = failing(place, ['--config', place.file(CONFIG.replace('hello-interval', 'helo-interval'))]);
  t.equal(typo.code, 2);
  t.match(typo.text, /CONFIG_INVALID[\s\S]*router\.yaml:4[\s\S]*helo-interval[\s\S]*hello-interval/);
  const missing = failing(place, ['--config', '/nowhere/router.yaml']);
  t.match(missing.text, /CONFIG_UNREADABLE/);
  t.match(failing(place, []).text, /USAGE: run needs --config FILE/);
  t.match(failing(place, ['--confg', 'x']).text, /USAGE: .*--confg/);
  const powerless = failing(
    place,
    ['--config', place.file(CONFIG)],
    ['setpriv', '--bounding-set', '-net_raw', '--inh-caps', '-net_raw'],
  );
  t.equal(powerless.code, 2);
  t.match(powerless.text, /RAW_SOCKET_PERMISSION/);
  t.end();
});

t.test(
  'the router ends also where a bundle left an interval and a child behind, and names them',
  { skip },
  async (t) => {
    const place = stage(t);
    const { child, output } = await running(t, place);
    // A released version that also does what no module should.
    const released = readFileSync(
      fileURLToPath(new URL('../../firmware/releases/timer-2.0.0.cjs', import.meta.url)),
      'utf8',
    );
    const bundle = join(place.directory, 'timer-2.9.0.cjs');
    writeFileSync(
      bundle,
      `${released.replaceAll('"2.0.0"', '"2.9.0"')}
    setInterval(() => {}, 1000);
    process.getBuiltinModule('node:child_process').spawn('sleep', ['20'], { stdio: 'ignore' });`,
    );
    const replaced = await execAt(place.socket, `replace TIMER ${bundle}`);
    t.equal(replaced.ok, true, JSON.stringify(replaced));
    const ended = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
    child.kill('SIGTERM');
    t.equal(await ended, 0);
    await eventuallyAsync('it was said', 5_000, async () => /left behind/.test(output()));
    t.match(output(), /a module left behind what goes on: .*(ProcessWrap.*Timeout|Timeout.*ProcessWrap)/);
  },
);
