import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { unitText } from '../../firmware/install/unit.ts';
import { findCommand } from '../../firmware/needs.ts';

const PLAIN = unitText({ node: '/usr/bin/node', fromHomes: [] });

/** The values of a key, in order. */
function values(text: string, key: string): string[] {
  return text.split('\n').flatMap((line) => (line.startsWith(`${key}=`) ? [line.slice(key.length + 1)] : []));
}

t.test('the service is told of by the router, watched, and started again whatever happened', async (t) => {
  t.same(values(PLAIN, 'Type'), ['notify']);
  t.same(values(PLAIN, 'NotifyAccess'), ['all']);
  t.same(values(PLAIN, 'WatchdogSec'), ['30s']);
  t.same(values(PLAIN, 'Restart'), ['always']);
  t.same(values(PLAIN, 'StartLimitIntervalSec'), ['0']);
});

t.test('it has the two capabilities of a router, and devices and homes are hidden', async (t) => {
  for (const key of ['AmbientCapabilities', 'CapabilityBoundingSet'])
    t.same(values(PLAIN, key), ['CAP_NET_RAW CAP_NET_ADMIN']);
  t.same(values(PLAIN, 'PrivateDevices'), ['yes']);
  t.same(values(PLAIN, 'ProtectHome'), ['yes']);
  t.same(values(PLAIN, 'ProtectSystem'), ['strict']);
  t.same(values(PLAIN, 'MemoryDenyWriteExecute'), [], 'Node compiles while it runs');
});

t.test('a Node below a home is shown to it by its full path, and nothing else there', async (t) => {
  const node = '/home/a b/100%/bin/node';
  const text = unitText({ node, fromHomes: [node, '/home/x/libuv.so.1'] });
  t.match(values(text, 'ExecStart')[0], /^"\/home\/a b\/100%%\/bin\/node" \/usr\/local\/lib\/hitless\/dist/);
  t.same(values(text, 'ProtectHome'), ['tmpfs']);
  t.same(values(text, 'BindReadOnlyPaths'), ['"/home/a b/100%%/bin/node"', '/home/x/libuv.so.1']);
});

t.test('a serial console has its device, and the group that Debian gives serial lines to', async (t) => {
  const fixed = unitText({ node: '/n', fromHomes: [], serial: '/dev/ttyAMA0' });
  t.same(values(fixed, 'PrivateDevices'), []);
  t.same(values(fixed, 'DevicePolicy'), ['closed']);
  t.same(values(fixed, 'DeviceAllow'), ['/dev/ttyAMA0 rw']);
  t.same(values(fixed, 'SupplementaryGroups'), ['dialout']);
});

t.test(
  'a serial device that comes and goes has the class of its driver, which is loaded first',
  async (t) => {
    const usb = unitText({ node: '/n', fromHomes: [], serial: '/dev/ttyUSB0' });
    t.same(values(usb, 'DeviceAllow'), ['char-ttyUSB rw']);
    t.same(values(usb, 'After'), ['network.target modprobe@usbserial.service']);
    const link = unitText({ node: '/n', fromHomes: [], serial: '/dev/serial/by-id/usb-x' });
    t.same(values(link, 'DeviceAllow'), ['char-ttyUSB rw', 'char-ttyACM rw']);
  },
);

const analyze = findCommand('systemd-analyze');
const skip = analyze === undefined && 'SKIPPED: this machine has no systemd-analyze';
if (skip) process.stderr.write(`test/install: ${skip}\n`);

t.test('systemd understands every line of it', { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'hitless-unit-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  for (const serial of [undefined, '/dev/ttyS0', '/dev/ttyUSB0']) {
    const unit = join(folder, 'hitless.service');
    writeFileSync(unit, unitText({ node: process.execPath, fromHomes: [], serial }));
    // Offline, without the units that it is ordered after: `--man=no` and one file is what can be judged anywhere.
    const { stdout, stderr } = spawnSync(analyze!, ['verify', '--man=no', unit], { encoding: 'utf8' });
    const about = (stdout + stderr).split('\n').filter((line) => line.includes(`${unit}:`));
    t.same(about, []);
  }
});
