/** A service whose configuration asks for more than the plain unit allows, in a systemd of the test's own. */
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { Machine } from './machine.ts';

const HITLESS = fileURLToPath(new URL('../../dist/hitless.mjs', import.meta.url));
const CONFIG = '/etc/hitless/router.yaml';
const PLAIN = 'ip: { interfaces: { wan0: {} } }\n';
const DEMANDING = `${PLAIN}router: { realtime: 20, watchdog: { device: /dev/watchdog }, state: /srv/hitless-state }\n`;

const booted = await Machine.boot();
const skip = typeof booted === 'string' && `SKIPPED: nothing is installed: ${booted}`;
if (skip) process.stderr.write(`test/install: ${skip}\n`);
const machine = booted as Machine;
if (!skip) {
  process.once('exit', () => machine.cleanup());
  t.teardown(() => {
    if (!t.passing()) process.stderr.write(machine.try('journalctl', '--no-pager', '--lines', '60').output);
    machine.cleanup();
  });
}

const hitless = (...args: string[]) => machine.try(process.execPath, HITLESS, ...args);
const show = (property: string) =>
  machine.run('systemctl', 'show', '--value', '--property', property, 'hitless.service').trim();
const owner = (path: string) => machine.run('stat', '--format', '%U', path).trim();

if (!skip) {
  // Every account that comes or goes has the files of accounts written anew.
  machine.run('useradd', '--system', 'somebody');
  machine.run('userdel', 'somebody');
  // It takes whatever is written, as a watchdog does: the driver's own tests show the rest.
  machine.run('mknod', '/dev/watchdog', 'c', '1', '3');
  machine.run('chmod', '600', '/dev/watchdog');
  machine.write('/etc/plain.yaml', PLAIN);
}
const before = skip ? [] : machine.traces();

t.test(
  'a configuration that the installed unit does not allow ends the start once, with what to do',
  { skip },
  async (t) => {
    t.match(hitless('install', '--config', '/etc/plain.yaml'), { status: 0 });
    machine.run('sh', '-c', 'cat > "$1" <<END\n$2\nEND', '-', CONFIG, DEMANDING);
    t.not(machine.try('systemctl', 'restart', 'hitless').status, 0);
    t.equal(show('ActiveState'), 'failed', 'it is not to be started again');
    t.equal(show('ExecMainStatus'), '78');
    t.equal(show('NRestarts'), '0');
    t.match(
      machine.run('journalctl', '--no-pager', '--unit', 'hitless'),
      /UNIT_OUTDATED: router\.realtime: .*type "sudo hitless install"/,
    );
  },
);

t.test(
  'installed again, the service has what its configuration asks for, and no more',
  { skip },
  async (t) => {
    const { status, output } = hitless('install');
    t.equal(status, 0, output);
    t.equal(show('ActiveState'), 'active');
    const pid = show('MainPID');
    t.match(machine.run('chrt', '-p', pid), /SCHED_FIFO[\s\S]*priority: 20/);
    t.not(machine.try('nsenter', '-t', pid, '-m', 'touch', '/srv/x').status, 0, 'the rest is read-only');
    // CAP_NET_ADMIN is 12, CAP_NET_RAW is 13, CAP_SYS_NICE is 23 (capabilities(7)).
    const capabilities = /^CapBnd:\s*(\w+)/m.exec(machine.run('cat', `/proc/${pid}/status`))?.[1];
    t.equal(Number.parseInt(capabilities ?? '', 16), (1 << 12) | (1 << 13) | (1 << 23));
    t.match(machine.run('ls', '-l', `/proc/${pid}/fd`), /-> \/dev\/watchdog$/m);
    t.equal(owner('/dev/watchdog'), 'hitless');
    t.match(hitless('exec', 'upgrade add TIMER timer@2.0.0, replace IP ip@2.0.0'), { status: 0 });
    t.equal(owner('/srv/hitless-state/versions.json'), 'hitless');
    t.match(hitless('install'), { status: 0, output: /runs as it is/ });
  },
);

t.test('a reload reaches the router at the socket that its configuration names', { skip }, async (t) => {
  machine.run('cp', CONFIG, '/root/before.yaml');
  machine.run('sh', '-c', 'echo "console: { socket: /run/hitless/own.sock }" >> "$1"', '-', CONFIG);
  machine.run('systemctl', 'restart', 'hitless');
  const log = machine.run('journalctl', '--no-pager', '--unit', 'hitless', '--lines', '60');
  t.match(log, /"systemctl reload" looks for another console\.socket; .*"sudo hitless install"/);
  t.not(machine.try('systemctl', 'reload', 'hitless').status, 0);
  t.equal(hitless('install').status, 0);
  const { status, output } = machine.try('systemctl', 'reload', 'hitless');
  t.equal(status, 0, output);
  machine.run('mv', '/root/before.yaml', CONFIG);
  t.equal(hitless('install').status, 0);
});

t.test(
  'stopped, the watchdog is root’s again; uninstalled with --purge, nothing is left',
  { skip },
  async (t) => {
    machine.run('systemctl', 'stop', 'hitless');
    t.equal(owner('/dev/watchdog'), 'root');
    t.match(hitless('uninstall', '--purge'), { status: 0 });
    t.same(machine.traces(), before);
  },
);
