/** A line that another program has: the console waits for it, and the router does not. */
import { spawn } from 'node:child_process';
import { PassThrough } from 'node:stream';
import type { Test } from 'tap';
import t from 'tap';
import { openSerial } from '../../drivers/serial.ts';
import { serveSerialDevice } from '../../firmware/console/serial.ts';
import { LINES_AT_ONCE } from '../../firmware/host/status-lines.ts';
import { FakeHost } from '../console/fixtures/fake-router.ts';
import { until } from '../console/fixtures/pty.ts';
import { NetworkNamespace } from '../netns.ts';
import { CONFIG, running, stage } from '../router/host.ts';
import { execAt } from '../router/router-lab.ts';
import { Relay, skip } from './relay.ts';

/** Another program that has the line locked, as a terminal program does. Resolves when it has. */
async function holder(t: Test, path: string): Promise<{ leave(): Promise<void> }> {
  const child = spawn('flock', ['--no-fork', path, 'sh', '-c', 'echo held; exec sleep 600'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const leave = () => {
    child.kill('SIGKILL');
    return ended;
  };
  t.teardown(leave);
  await new Promise((resolve) => child.stdout!.once('data', resolve));
  return { leave };
}

t.test(
  'a line that is busy is told of once, and served when it is free; that is told too',
  { skip },
  async (t) => {
    const relay = await Relay.open(t);
    const other = await holder(t, relay.router);
    const told: string[] = [];
    let attempts = 0;
    const serving = await serveSerialDevice(new FakeHost(), {
      path: relay.router,
      open: () => {
        attempts++;
        return openSerial(relay.router, 115_200);
      },
      tell: (level, text) => told.push(`${level} ${text}`),
      reopen: 20,
    });
    t.teardown(() => serving.close());
    await until('it is tried again and again', () => attempts > 5 || undefined);
    t.equal(told.length, 1, told.join('\n'));
    t.match(told[0], /^warn serial console: .*router: .*Cannot lock port \(another program has it open/);
    await other.leave();
    await until('it is told', () => told.length > 1 || undefined);
    t.match(told[1], /^info serial console: .*router is free, the console is on it$/);
    const line = await openSerial(relay.host, 115_200);
    t.teardown(() => line.destroy());
    let heard = '';
    line.on('data', (chunk: Buffer) => {
      heard += chunk;
    });
    line.write('settimer 7s\r');
    await until('the console is on it', () => heard.includes('preparation time 7s') || undefined);
    t.equal(told.length, 2);
  },
);

t.test('what cannot be opened at all is told once as well, and the rest goes on', async (t) => {
  const told: string[] = [];
  let attempts = 0;
  const reasons = ['no right', 'no right', 'no right', 'no line', 'no line', 'no right'];
  const serving = await serveSerialDevice(new FakeHost(), {
    path: '/dev/null',
    open: async () => {
      throw new Error(reasons[Math.min(attempts++, reasons.length - 1)]);
    },
    tell: (_level, text) => told.push(text),
    reopen: 1,
  });
  await until('it is tried again and again', () => attempts > 20 || undefined);
  await serving.close();
  const ended = attempts;
  t.same(
    told.map((text) => /no \w+/.exec(text)?.[0]),
    ['no right', 'no line', 'no right'],
  );
  await new Promise((resolve) => setTimeout(resolve, 30));
  t.equal(attempts, ended, 'when it is closed it is not tried any more');
});

t.test(
  'a device that comes and goes without end is told of a few times, and served all the same',
  async (t) => {
    const told: string[] = [];
    let opened = 0;
    const serving = await serveSerialDevice(new FakeHost(), {
      path: '/dev/null',
      open: async () => {
        opened++;
        const line = new PassThrough();
        setImmediate(() => line.destroy());
        return line;
      },
      tell: (_level, text) => told.push(text),
      reopen: 1,
    });
    await until('it went a hundred times', () => opened > 100 || undefined);
    await serving.close();
    t.ok(told.length >= 2 && told.length <= LINES_AT_ONCE + 1, `${told.length} lines for ${opened} openings`);
    t.match(told[0], /went away/);
  },
);

t.test(
  'a router whose serial line is busy at its start routes, and takes the line when it is free',
  { skip: skip || NetworkNamespace.unavailable },
  async (t) => {
    const place = stage(t);
    const relay = await Relay.open(t);
    const other = await holder(t, relay.router);
    const config = `${CONFIG}console: { serial: { path: ${relay.router} } }\n`;
    const { output } = await running(t, place, config);
    t.match((await execAt(place.socket, 'show modules')).data, [{}, {}, {}, {}]);
    await until('it is told', () => /serial console: .*Cannot lock port/.test(output()) || undefined);
    await other.leave();
    await until('the console is on it', () => /serial console: .* is free/.test(output()) || undefined);
  },
);
