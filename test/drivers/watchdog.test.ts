/** The driver against a pty in the device's place: what the kernel would get is read at the other end. */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import t, { type Test } from 'tap';
import { openSerial } from '../../drivers/serial.ts';
import { Watchdog } from '../../drivers/watchdog.ts';
import { cable, noCable } from './fixtures/cable.ts';
import { folder, pause, until } from './fixtures/remote.ts';
import { driver, evaluate, without } from './fixtures/typescript.ts';

const skip = noCable;
if (skip !== false) t.comment(skip);

/** A device, what it got, and where the kernel would describe it. */
async function device(t: Test, about: Record<string, string> = {}) {
  const { left, right, socat } = await cable(t);
  const line = await openSerial(right, 115_200);
  t.teardown(() => line.destroy());
  let got = '';
  line.on('data', (bytes: Buffer) => {
    got += bytes.toString();
  });
  const sysfs = join(folder, `sysfs-${Math.random()}`);
  const own = join(sysfs, basename(realpathSync(left)));
  mkdirSync(own, { recursive: true });
  for (const [name, value] of Object.entries(about)) writeFileSync(join(own, name), `${value}\n`);
  const told: string[] = [];
  const tell = (level: string, text: string) => told.push(`${level}: ${text}`);
  return { path: left, got: () => got, options: { every: 2000, sysfs, tell }, told, socat };
}

t.test('every beat is one byte, and an orderly end is the magic close', { skip }, async (t) => {
  const { path, got, options, told } = await device(t, { timeout: '6', nowayout: '0', options: '0x8180' });
  const watchdog = new Watchdog(path, options);
  t.equal(watchdog.every, 2000);
  watchdog.beat();
  watchdog.beat();
  watchdog.disarm();
  watchdog.beat();
  watchdog.disarm();
  t.ok(await until(() => got().includes('V')));
  await pause(50);
  t.equal(got(), '\0\0V', 'and nothing after it, which would take it back');
  t.same(told, []);
});

t.test('a beat that comes less than three times within the time-out is refused', { skip }, async (t) => {
  const { path, got, options } = await device(t, { timeout: '6' });
  t.throws(() => new Watchdog(path, { ...options, every: 2001 }), {
    code: 'WATCHDOG_SLOW',
    message: /resets the machine after 6 s, so a beat every 2001 ms is too slow: at most every 2000 ms/,
  });
  await pause(50);
  t.equal(got(), '');
  new Watchdog(path, options).disarm();
});

t.test('what the kernel knows of the device is told when it matters', { skip }, async (t) => {
  const rows: [Record<string, string>, RegExp][] = [
    [{ options: '0x8180', bootstatus: '32' }, /^warn: .*has reset this machine/],
    [{ options: '0x8180', nowayout: '1' }, /^warn: .*cannot be disarmed \(nowayout\)/],
    [{ options: '0x8080', nowayout: '0' }, /^warn: .*is disarmed when this program crashes/],
  ];
  for (const [about, message] of rows) {
    await t.test(String(message), async (t) => {
      const { path, options, told } = await device(t, about);
      new Watchdog(path, options).disarm();
      t.equal(told.length, 1, told.join('\n'));
      t.match(told[0], message);
    });
  }
});

t.test('a beat that cannot be written is told once', { skip }, async (t) => {
  const { path, options, told, socat } = await device(t);
  const watchdog = new Watchdog(path, options);
  watchdog.beat();
  t.same(told, []);
  socat.kill('SIGKILL');
  t.ok(
    await until(() => {
      watchdog.beat();
      return told.length > 0;
    }),
  );
  for (let i = 0; i < 5; i++) watchdog.beat();
  t.equal(told.length, 1);
  t.match(told[0], /^error: the watchdog \S+ cannot be written \(EIO.*: this machine may be reset soon/);
  watchdog.disarm();
  t.match(told[1], /^error: the watchdog \S+ cannot be disarmed \(EIO.*: this machine will be reset/);
});

t.test('what is no watchdog, or is not there, is refused with what to do', async (t) => {
  const options = { every: 1000, tell: () => {} };
  const refused = (path: string, message: RegExp) =>
    t.throws(() => new Watchdog(path, options), { code: 'WATCHDOG_OPEN', message }, path);
  refused(join(folder, 'none'), /none: there is no such device: load its driver first \(`modprobe MODULE`\)/);
  const file = join(folder, 'file');
  writeFileSync(file, 'kept');
  refused(file, /file: this is no device, so no watchdog; name one that exists/);
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  refused(pipe, /pipe: this is no device/);
});

const attempt = (path: string) => `
  import { Watchdog } from ${driver('watchdog')};
  let refusal;
  try { new Watchdog(${JSON.stringify(path)}, { every: 1000, tell() {} }); }
  catch ({ code, message }) { refusal = { code, message }; }
  console.log(JSON.stringify(refusal ?? 'opened'));`;

t.test('a device that another program has is refused, and told from a forbidden one', { skip }, async (t) => {
  const { path } = await device(t);
  const wrapper = without('sys_admin', 'dac_override');
  t.equal(evaluate(attempt(path), { wrapper }), 'opened');
  // TIOCEXCL of ioctl_tty(2): the terminal cannot be opened again, as a watchdog cannot.
  const other = spawn('socat', ['-u', `FILE:${path},ioctl-void=0x540c`, '-'], { stdio: 'ignore' });
  const ended = new Promise((resolve) => other.once('exit', resolve));
  t.teardown(async () => {
    other.kill('SIGKILL');
    await ended;
  });
  let refusal: unknown;
  await until(() => {
    refusal = evaluate(attempt(path), { wrapper });
    return refusal !== 'opened';
  });
  t.match(refusal, {
    code: 'WATCHDOG_OPEN',
    message: /another program has it open \(RuntimeWatchdogSec= of systemd.*only one can/,
  });
  chmodSync(path, 0);
  t.match(evaluate(attempt(path), { wrapper }), {
    code: 'WATCHDOG_OPEN',
    message: /this user may not write it: run as root/,
  });
});
