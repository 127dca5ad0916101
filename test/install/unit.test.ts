import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { DriverError } from '../../drivers/errors.ts';
import { ConfigFile } from '../../firmware/config/file.ts';
import { findCommand } from '../../firmware/host/needs.ts';
import { type Allowance, allowanceOf, UnitFit } from '../../firmware/install/allowance.ts';
import { unitText } from '../../firmware/install/unit.ts';

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
  for (const key of ['ExecStart', 'ExecReload'])
    t.match(values(text, key)[0], /^"\/home\/a b\/100%%\/bin\/node" \/usr\/local\/lib\/hitless\/dist/);
  t.same(values(text, 'ProtectHome'), ['tmpfs']);
  t.same(values(text, 'BindReadOnlyPaths'), ['"/home/a b/100%%/bin/node"', '/home/x/libuv.so.1']);
});

t.test('a reload is asked for at the socket that the configuration names', async (t) => {
  const reload = (allowance: Allowance) =>
    values(unitText({ node: '/n', fromHomes: [], allowance }), 'ExecReload')[0]!.replace(/^.*mjs /, '');
  t.equal(reload({}), 'exec reload');
  t.equal(reload({ socket: '/run/hitless/my own.sock' }), 'exec reload --console "/run/hitless/my own.sock"');
  const own = (socket: string) => new ConfigFile('test.yaml', `console: { socket: ${socket} }`).own;
  t.same(allowanceOf(own('/run/hitless/x.sock')), { socket: '/run/hitless/x.sock' });
  t.same(allowanceOf(own('/run/hitless/console.sock')), {}, "the service's own");
});

t.test('a path with characters that systemd reads otherwise is still the path', async (t) => {
  const allowance: Allowance = { socket: `/run/hitless/$HOME \${x} 50%"\\.sock`, watchdog: '/dev/w$1' };
  const node = '/opt/n$1/node';
  const text = unitText({ node, fromHomes: [], allowance });
  // systemd.service(5): `$$` behind the program, whose path has no variables; systemd.unit(5): `%%`; systemd.syntax(7): `\"`, `\\`.
  t.match(
    values(text, 'ExecReload')[0],
    `/opt/n$1/node /usr/local/lib/hitless/dist/hitless.mjs exec reload --console "/run/hitless/$$HOME $$\{x} 50%%\\"\\\\.sock"`,
  );
  t.same(values(text, 'ExecStartPre'), ['-+/bin/chown hitless /dev/w$$1']);
  t.same(values(text, 'DeviceAllow'), ['/dev/w$1 rw'], 'only a command line has variables');
  const [environment = ''] = values(text, 'Environment');
  t.match(environment, /\$HOME \$\{x\} 50%%/, 'nor has a variable itself');
  const lines = unitText({ node, fromHomes: [], allowance: { state: '/srv/a\nUser=root' } }).split('\n');
  t.notOk(lines.includes('User=root'), 'a path begins no line of its own');
});

t.test('a serial console has its device, and the group that Debian gives serial lines to', async (t) => {
  const fixed = unitText({ node: '/n', fromHomes: [], allowance: { serial: '/dev/ttyAMA0' } });
  t.same(values(fixed, 'PrivateDevices'), []);
  t.same(values(fixed, 'DevicePolicy'), ['closed']);
  t.same(values(fixed, 'DeviceAllow'), ['/dev/ttyAMA0 rw']);
  t.same(values(fixed, 'SupplementaryGroups'), ['dialout']);
});

t.test(
  'a serial device that comes and goes has the class of its driver, which is loaded first',
  async (t) => {
    const usb = unitText({ node: '/n', fromHomes: [], allowance: { serial: '/dev/ttyUSB0' } });
    t.same(values(usb, 'DeviceAllow'), ['char-ttyUSB rw']);
    t.same(values(usb, 'After'), ['network.target modprobe@usbserial.service']);
    const link = unitText({ node: '/n', fromHomes: [], allowance: { serial: '/dev/serial/by-id/usb-x' } });
    t.same(values(link, 'DeviceAllow'), ['char-ttyUSB rw', 'char-ttyACM rw']);
  },
);

t.test('it allows what the configuration asks for, and nothing more', async (t) => {
  const unit = (allowance: Allowance) => unitText({ node: '/n', fromHomes: [], allowance });
  const plain = unit({}).split('\n');
  const changed = (allowance: Allowance) => {
    const lines = unit(allowance).split('\n');
    const about = (line: string) => !line.startsWith('Environment=');
    return {
      added: lines.filter((line) => !plain.includes(line)).filter(about),
      gone: plain.filter((line) => !lines.includes(line)).filter(about),
    };
  };
  t.same(changed({ realtime: true }), {
    added: [
      'AmbientCapabilities=CAP_NET_RAW CAP_NET_ADMIN CAP_SYS_NICE',
      'CapabilityBoundingSet=CAP_NET_RAW CAP_NET_ADMIN CAP_SYS_NICE',
      'RestrictRealtime=no',
    ],
    gone: [
      'AmbientCapabilities=CAP_NET_RAW CAP_NET_ADMIN',
      'CapabilityBoundingSet=CAP_NET_RAW CAP_NET_ADMIN',
      'RestrictRealtime=yes',
    ],
  });
  t.same(changed({ watchdog: '/dev/watchdog0' }), {
    added: [
      'DevicePolicy=closed',
      'DeviceAllow=/dev/watchdog0 rw',
      'ExecStartPre=-+/bin/chown hitless /dev/watchdog0',
      'ExecStopPost=-+/bin/chown root /dev/watchdog0',
    ],
    gone: ['PrivateDevices=yes'],
  });
  t.same(changed({ state: '/srv/state' }), {
    added: ['RequiresMountsFor=/srv/state', 'ReadWritePaths=-/srv/state'],
    gone: [],
  });
  const both = unit({ serial: '/dev/ttyS0', watchdog: '/dev/watchdog' });
  t.same(values(both, 'DevicePolicy'), ['closed']);
  t.same(values(both, 'DeviceAllow'), ['/dev/ttyS0 rw', '/dev/watchdog rw']);
});

t.test('a router finds out that the unit was written for another configuration', async (t) => {
  const config = (router: string) => new ConfigFile('test.yaml', `router: { ${router} }`).own;
  const under = (router: string, allowed: Allowance | undefined) =>
    new UnitFit(config(router), allowed && { HITLESS_UNIT: JSON.stringify(allowed) });
  const refused = new DriverError('SCHEDULING_PERMISSION', 'not permitted');
  const told = under('realtime: 50', {}).explain(refused);
  t.match(told, {
    code: 'UNIT_OUTDATED',
    message: /^router\.realtime: .*"sudo hitless install".*not permitted$/,
  });
  for (const [router, allowed] of [
    ['realtime: 50', { realtime: true }],
    ['realtime: 50', undefined],
    ['watchdog: { device: /dev/watchdog }', {}],
  ] as const)
    t.equal(under(router, allowed).explain(refused), refused, 'the unit is not the cause');
  t.match(under('watchdog: { device: /dev/watchdog }', {}).explain(new DriverError('WATCHDOG_OPEN', 'x')), {
    code: 'UNIT_OUTDATED',
  });
  const socket = new ConfigFile('test.yaml', 'console: { socket: /run/hitless/x.sock }').own;
  const fit = (config: typeof socket, allowed: Allowance) =>
    new UnitFit(config, { HITLESS_UNIT: JSON.stringify(allowed) }).notice;
  t.match(fit(socket, {}), /^"systemctl reload" looks for another console\.socket; .*"sudo hitless install"/);
  t.equal(fit(socket, { socket: '/run/hitless/x.sock' }), undefined);
  t.match(fit(config(''), { socket: '/run/hitless/x.sock' }), /another console\.socket/);
  t.match(under('state: /srv/state', {}).notice, /^router\.state may not work; .*"sudo hitless install"/);
  t.equal(under('state: /srv/state', { state: '/srv/state' }).notice, undefined);
  t.equal(under('state: /var/lib/hitless/a', {}).notice, undefined, "the service's own is always allowed");
});

const analyze = findCommand('systemd-analyze');
const skip = analyze === undefined && 'SKIPPED: this machine has no systemd-analyze';
if (skip) process.stderr.write(`test/install: ${skip}\n`);

t.test('systemd understands every line of it', { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'hitless-unit-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const all: Allowance = {
    serial: '/dev/ttyS0',
    realtime: true,
    watchdog: '/dev/watchdog',
    state: '/srv/a b/100%',
  };
  for (const allowance of [{}, { serial: '/dev/ttyUSB0' }, all]) {
    const unit = join(folder, 'hitless.service');
    writeFileSync(unit, unitText({ node: process.execPath, fromHomes: [], allowance }));
    // Offline, without the units that it is ordered after: `--man=no` and one file is what can be judged anywhere.
    const { stdout, stderr } = spawnSync(analyze!, ['verify', '--man=no', unit], { encoding: 'utf8' });
    const about = (stdout + stderr).split('\n').filter((line) => line.includes(`${unit}:`));
    t.same(about, []);
  }
});
