import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { openSerial } from '../../drivers/serial.ts';
import { cable, noCable } from '../drivers/fixtures/cable.ts';
import { NetworkNamespace } from '../netns.ts';
import { eventuallyAsync, HITLESS } from './router-lab.ts';

const released = fileURLToPath(new URL('../../firmware/releases/ip-2.0.0.cjs', import.meta.url));
const skip = NetworkNamespace.unavailable || noCable;

const configuration = (directory: string, theirs: string): string =>
  `router: { id: 10.9.0.1, state: ${directory}/state, modules: { IP: ip@1.0.0, OSPF: ospf@2.0.0 } }
timer: { period: 100ms }
ip: { interfaces: { wan0: { interval: 100ms } } }
ospf: { interfaces: { wan0: {} } }
log: { level: debug }
console: { socket: ${directory}/console.sock, serial: { path: ${theirs}, baud: 115200 } }
`;

t.test(
  'the router is commanded over a serial line: a prompt, log lines above what is typed, a replacement',
  { skip },
  async (t) => {
    const router = NetworkNamespace.create('serial');
    router.ip('link', 'add', 'wan0', 'type', 'veth', 'peer', 'name', 'wan1');
    router.ip('address', 'add', '10.9.0.1/24', 'dev', 'wan0');
    router.ip('link', 'set', 'wan0', 'up');
    router.ip('link', 'set', 'wan1', 'up');
    const directory = mkdtempSync('/tmp/hitless-test-');
    const { left, right } = await cable(t);
    const config = join(directory, 'router.yaml');
    writeFileSync(config, configuration(directory, left));
    let line = await openSerial(right, 115_200);
    let heard = '';
    const listen = (chunk: Buffer) => {
      heard += chunk.toString('utf8');
    };
    line.on('data', listen);
    const child = spawn(
      'ip',
      ['netns', 'exec', router.name, process.execPath, HITLESS, 'run', '--config', config],
      { stdio: 'ignore' },
    );
    const ended = new Promise((resolve) => child.once('close', resolve));
    t.teardown(async () => {
      child.kill('SIGTERM');
      await ended;
      line.destroy();
      router.cleanup();
      rmSync(directory, { recursive: true, force: true });
    });
    const until = (what: string, pattern: RegExp) =>
      eventuallyAsync(
        `${what}; heard ${JSON.stringify(heard.slice(-600))}`,
        10_000,
        async () => pattern.test(heard) || undefined,
      );
    await until('the console greets', /Non-Stop Router, serial console/);
    line.write('monitor on\rshow modules\r');
    await until('the log comes', /OSPF V[\d.]+ got msg : \d+ from IP V1/);
    await until('the answer comes', /MODULE +VERSION[\s\S]*IP +1\.0\.0/);
    line.write('Replace IP ip@2.0.0\r');
    await until('the module is replaced', /transaction \d+ committed[\s\S]*from IP V2/);
    line.write('replace IP ip@9.9.9 --json\r');
    await until(
      'an error is JSON as asked',
      /\{"ok":false,"command":"replace IP ip@9\.9\.9[^\n]*"BUNDLE_NOT_FOUND"/,
    );

    // The same line, for programs.
    await new Promise((resolve) => line.once('close', resolve).destroy());
    const hitless = (...args: string[]) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [HITLESS, ...args], {
        encoding: 'utf8',
        timeout: 60_000,
      });
      return { status, text: stdout + stderr };
    };
    t.match(hitless('exec', '--console', right, 'show modules'), {
      status: 0,
      text: /^MODULE +VERSION[\s\S]*IP +\d\.\d\.\d/,
    });
    const old = join(directory, 'ip-2.0.1.cjs');
    writeFileSync(old, readFileSync(released, 'utf8').replaceAll('2.0.0', '2.0.1'));
    t.match(hitless('push', old, '--console', right), { status: 0, text: /^ip@2\.0\.1 is on the router/m });
    t.match(hitless('exec', '--console', right, 'replace IP ip@2.0.1'), {
      status: 0,
      text: /IP \d\.0\.0 -> 2\.0\.1/,
    });
    t.match(hitless('push', old, '--console', join(directory, 'console.sock'), '--json'), {
      status: 0,
      text: /"ok":true.*"already":true/,
    });
    t.match(hitless('exec', '--console', '/dev/nowhere', 'show modules'), {
      status: 2,
      text: /^SERIAL_OPEN: /,
    });
    t.match(hitless('exec', '--baud', 'fast', 'show modules'), { status: 2, text: /USAGE: --baud takes/ });

    heard = '';
    line = await openSerial(right, 115_200);
    line.on('data', listen);
    line.write('show versions\r');
    await until(
      'the person has the line again',
      /ip@2\.0\.1 +IP +\w+ +10176 .*state\/bundles\/ip-2\.0\.1\.cjs/,
    );
  },
);
