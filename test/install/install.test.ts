/** `hitless install` and `uninstall` from the outside, in a systemd of the test's own. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { newestRelease } from '../newest-release.ts';
import { Machine } from './machine.ts';

const HITLESS = fileURLToPath(new URL('../../dist/hitless.mjs', import.meta.url));
const INSTALLED = ['/usr/bin/env', 'PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', 'hitless'];

const CONFIG = `router: { id: 10.9.0.1 }
timer: { period: 100ms }
ip: { interfaces: { wan0: { interval: 100ms } } }
ospf: { interfaces: { wan0: { hello-interval: 1s, dead-interval: 4s } } }
vrrp:
  - { interface: wan0, group: 7, interval: 100ms, addresses: [10.9.0.254] }
`;

/** For machines that others use too, in ms. */
const PATIENCE = 60_000;

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

function hitless(...args: string[]) {
  return machine.try(process.execPath, HITLESS, ...args);
}

function show(property: string): string {
  return machine.run('systemctl', 'show', '--value', '--property', property, 'hitless.service').trim();
}

/** What `/proc/PID/status` says of the router. */
function ofProcess(key: string): string {
  const status = machine.run('cat', `/proc/${show('MainPID')}/status`);
  return new RegExp(`^${key}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
}

/** The traces without what a running service has: its state, and systemd's folders for it. */
function installed(): string[] {
  return machine.traces().filter((line) => !/\/var\/(lib\/hitless|tmp\/systemd-private-)/.test(line));
}

function inside(path: string): boolean {
  return machine.try('test', '-e', path).status === 0;
}

async function eventually(what: string, is: () => boolean): Promise<void> {
  const until = Date.now() + PATIENCE;
  while (!is()) {
    if (Date.now() > until) throw new Error(`not in ${PATIENCE} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

if (!skip) {
  // Every account that comes or goes has the files of accounts written anew.
  machine.run('useradd', '--system', 'somebody');
  machine.run('userdel', 'somebody');
  machine.write('/etc/given.yaml', CONFIG);
  machine.write('/etc/absent.yaml', CONFIG.replace('id: 10.9.0.1', '$&, modules: { IP: ip@9.9.9 }'));
  // Root finds it, the service does not.
  machine.run('install', '-d', '-m', '700', '/srv/bundles');
  // OSPF needs what the newest publishes.
  const newest = `../../firmware/releases/ip-${newestRelease('ip')}.cjs`;
  const bundle = readFileSync(new URL(newest, import.meta.url), 'utf8');
  machine.write('/srv/bundles/ip-9.9.9.cjs', bundle.replace(/version: "\d+\.\d+\.\d+"/, 'version: "9.9.9"'));
  const hidden = 'id: 10.9.0.1, bundles: [/srv/bundles], modules: { IP: ip@9.9.9 }';
  machine.write('/etc/hidden.yaml', CONFIG.replace('id: 10.9.0.1', hidden));
  machine.write('/etc/wrong.yaml', CONFIG.replace('10.9.0.1', '10.9.0'));
  machine.write('/etc/unfit.yaml', `${CONFIG}console: { socket: /srv/console.sock }\n`);
}
const before = skip ? [] : machine.traces();

t.test('what cannot be installed is refused, and nothing is touched', { skip }, async (t) => {
  t.match(hitless('install', '--config', '/etc/none.yaml'), {
    status: 2,
    output: /CONFIG_UNREADABLE.*none\.yaml/,
  });
  t.match(hitless('install', '--config', '/etc/wrong.yaml'), {
    status: 2,
    output: /CONFIG_INVALID[\s\S]*wrong\.yaml:1/,
  });
  t.match(hitless('install', '--config', '/etc/unfit.yaml'), {
    status: 2,
    output: /INSTALL_CONFIG.*console\.socket/,
  });
  t.match(hitless('install', '--config', '/etc/absent.yaml'), {
    status: 2,
    output: /BUNDLE_NOT_FOUND: there is no ip@9\.9\.9/,
  });
  t.match(hitless('uninstall'), { status: 2, output: /INSTALL_NOT_INSTALLED/ });
  t.match(hitless('install', '--config', '/etc/given.yaml', '--dry-run'), {
    status: 0,
    output: /^ExecStart=\/.*^WatchdogSec=[\s\S]*Nothing was changed/ms,
  });
  t.same(machine.traces(), before);
});

t.test(
  'a service that does not start is told with its reason, and all of it is undone',
  { skip },
  async (t) => {
    const { status, output } = hitless('install', '--config', '/etc/hidden.yaml');
    t.equal(status, 2);
    t.match(output, /INSTALL_FAILED: starts the service/);
    t.match(output, /BUNDLE_NOT_FOUND.*ip@9\.9\.9/, 'the log says why');
    t.match(output, /Everything is as it was before/);
    t.same(machine.traces(), before);
    t.equal(show('ActiveState'), 'inactive');
  },
);

t.test(
  'the installed service tells when it is ready, and has two capabilities and no more',
  { skip },
  async (t) => {
    const { status, output } = hitless('install', '--config', '/etc/given.yaml');
    t.equal(status, 0, output);
    t.match(output, /hitless\.service is active/);
    t.equal(show('ActiveState'), 'active');
    t.equal(show('Type'), 'notify');
    t.equal(show('UnitFileState'), 'enabled');
    t.match(show('ExecStart'), /path=(\/[^ ]+)+\/node ;/, "Node's full path");
    await eventually('the status', () => /OSPF \d+\.\d+\.\d+/.test(show('StatusText')));
    t.equal(ofProcess('Uid').split('\t')[0], machine.run('id', '-u', 'hitless').trim());
    t.not(ofProcess('Uid').split('\t')[0], '0');
    // CAP_NET_ADMIN is 12, CAP_NET_RAW is 13 (capabilities(7)).
    for (const set of ['CapEff', 'CapPrm', 'CapBnd', 'CapAmb'])
      t.equal(Number.parseInt(ofProcess(set), 16), (1 << 12) | (1 << 13), set);
    t.equal(ofProcess('NoNewPrivs'), '1');
    t.equal(ofProcess('Seccomp'), '2');
    const root = `/proc/${show('MainPID')}/root`;
    t.equal(machine.run('ls', '-A', `${root}/home`).trim(), '', 'homes are hidden');
    t.not(
      machine.try('nsenter', '-t', show('MainPID'), '-m', 'touch', '/etc/x').status,
      0,
      'read-only but for its configuration',
    );
  },
);

t.test('the console answers root through the socket, and who is in its group', { skip }, async (t) => {
  t.match(machine.run(...INSTALLED, 'exec', 'show modules'), /VRRP +\d+\.\d+\.\d+/);
  machine.run('useradd', '--system', 'stranger');
  const as = (...groups: string[]) =>
    machine.try(
      'setpriv',
      '--reuid',
      'stranger',
      '--regid',
      'stranger',
      ...groups,
      '--',
      ...INSTALLED,
      'exec',
      'show names',
    );
  t.match(as('--clear-groups'), { status: 2, output: /CONSOLE_PERMISSION.*\/run\/hitless/ });
  t.match(as('--groups', 'hitless'), { status: 0, output: /OSPF/ });
  machine.run('userdel', 'stranger');
});

t.test('its user sends and receives OSPF on a real interface, and keeps its state', { skip }, async (t) => {
  const sniff = ['timeout', '20', 'tcpdump', '-Z', 'root', '-c', '1', '-nn', '-i', 'far0', 'ip proto 89'];
  t.match(machine.run(...sniff), /10\.9\.0\.1 > 224\.0\.0\.5: OSPFv2, Hello/);
  machine.run(...INSTALLED, 'exec', 'replace OSPF ospf@4.0.0');
  await eventually('the status tells', () => /OSPF 4\.0\.0/.test(show('StatusText')));
  machine.run('systemctl', 'restart', 'hitless');
  t.match(machine.run(...INSTALLED, 'exec', 'show modules'), /OSPF +4\.0\.0/);
});

t.test('systemctl reload makes the file what runs, and fails where that fails', { skip }, async (t) => {
  const pid = show('MainPID');
  const runs = () => machine.run(...INSTALLED, 'exec', 'show modules');
  const journal = () => machine.run('journalctl', '--no-pager', '--unit', 'hitless');
  machine.write('/etc/hitless/router.yaml', CONFIG.slice(0, CONFIG.indexOf('vrrp:')));
  t.match(machine.try('systemctl', 'reload', 'hitless'), { status: 0, output: '' });
  t.notMatch(runs(), /VRRP/, 'it is done when the command ends');
  t.match(journal(), /\/etc\/hitless\/router\.yaml was read again: remove VRRP/);

  machine.write('/etc/hitless/router.yaml', CONFIG.replace('group: 7', 'group: 700').replace('1s', '1'));
  const failed = machine.try('systemctl', 'reload', 'hitless');
  t.not(failed.status, 0);
  t.match(failed.output, /hitless\.service failed/);
  t.match(
    journal(),
    /router\.yaml:4:\d+: .*hello-interval: found 1; .* \/ .*router\.yaml:6:\d+: vrrp\[0\]\.group: found 700/,
  );
  t.notMatch(runs(), /VRRP/, 'nothing is changed');
  t.equal(show('ActiveState'), 'active');

  machine.write('/etc/hitless/router.yaml', CONFIG);
  t.match(machine.try('systemctl', 'reload', 'hitless'), { status: 0 });
  t.match(runs(), /VRRP/);
  t.equal(show('MainPID'), pid, 'the same process');
  t.equal(show('NRestarts'), '0');
});

t.test('systemctl reload finds a socket whose name systemd would read otherwise', { skip }, async (t) => {
  const socket = `/run/hitless/$HOME \${PATH} 50%h.sock`;
  const config = `console: { socket: '${socket}' }\n${CONFIG}`;
  machine.write('/etc/hitless/router.yaml', config);
  t.match(hitless('install'), { status: 0 });
  t.match(machine.try(...INSTALLED, 'exec', '--console', socket, 'show modules'), { output: /VRRP/ });
  t.match(machine.try('systemctl', 'reload', 'hitless'), { status: 0, output: '' });
  machine.write('/etc/hitless/router.yaml', CONFIG);
  t.match(hitless('install'), { status: 0 });
  t.match(machine.try('systemctl', 'reload', 'hitless'), { status: 0 });
});

t.test(
  'a configuration that is pushed to the service is saved, for the same readers',
  { skip },
  async (t) => {
    const found = installed();
    machine.write('/root/new.yaml', `# pushed\n${CONFIG}`);
    t.match(machine.try(...INSTALLED, 'push', '/root/new.yaml'), {
      status: 0,
      output: /saved as \/etc\/hitless\/router\.yaml/,
    });
    t.match(machine.run('cat', '/etc/hitless/router.yaml'), /^# pushed\n/);
    t.equal(machine.run('stat', '-c', '%a %G', '/etc/hitless/router.yaml').trim(), '640 hitless');
    machine.write('/etc/hitless/router.yaml', CONFIG);
    machine.run('chown', 'root:hitless', '/etc/hitless/router.yaml');
    machine.run('rm', '/root/new.yaml');
    t.same(installed(), found);
  },
);

t.test(
  'installed again, it goes on undisturbed; another unit or program is a restart',
  { skip },
  async (t) => {
    const pid = show('MainPID');
    const found = installed();
    t.match(hitless('install', '--config', '/etc/given.yaml'), { status: 0, output: /runs as it is/ });
    t.match(machine.try(...INSTALLED, 'install'), { status: 0, output: /runs as it is[\s\S]*kept as it is/ });
    t.equal(show('MainPID'), pid);
    t.same(installed(), found);
    t.match(
      hitless('install', '--config', '/etc/hidden.yaml'),
      { status: 2, output: /INSTALL_TAKEN.*never overwritten/ },
      'a configuration is never overwritten',
    );
    machine.run('sh', '-c', 'echo "// of another day" >> /usr/local/lib/hitless/dist/hitless.mjs');
    t.match(hitless('install'), { status: 0 });
    t.not(show('MainPID'), pid);
    t.same(installed(), found);
  },
);

t.test('an upgrade that fails leaves the version that ran running', { skip }, async (t) => {
  machine.run('sh', '-c', 'echo "// of another day" >> /usr/local/lib/hitless/dist/hitless.mjs');
  machine.write(
    '/run/systemd/system/hitless.service.d/hinder.conf',
    '[Service]\nExecStartPre=grep -q "of another day" /usr/local/lib/hitless/dist/hitless.mjs\n',
  );
  machine.run('systemctl', 'daemon-reload');
  const found = installed();
  t.match(hitless('install'), {
    status: 2,
    output: /INSTALL_FAILED: restarts the service[\s\S]*Everything is as it was before/,
  });
  t.same(installed(), found);
  t.equal(show('ActiveState'), 'active');
  machine.run('rm', '-r', '/run/systemd/system/hitless.service.d');
  t.match(hitless('install'), { status: 0 });
});

t.test('a router that hangs is restarted by the watchdog', { skip }, async (t) => {
  // The installed 30 s would be a long test.
  machine.write('/run/systemd/system/hitless.service.d/quick.conf', '[Service]\nWatchdogSec=5s\n');
  machine.run('systemctl', 'daemon-reload');
  machine.run('systemctl', 'restart', 'hitless');
  const pid = show('MainPID');
  // Two periods and more: what lives is left alone.
  await new Promise((resolve) => setTimeout(resolve, 11_000));
  t.equal(show('NRestarts'), '0');
  t.equal(show('MainPID'), pid);
  machine.run('kill', '-STOP', pid);
  await eventually('a restart', () => show('NRestarts') === '1' && show('ActiveState') === 'active');
  t.not(show('MainPID'), pid);
  t.match(machine.run('journalctl', '--no-pager', '--unit', 'hitless'), /Watchdog timeout/);
  t.match(machine.run(...INSTALLED, 'exec', 'show modules'), /OSPF/);
  machine.run('rm', '-r', '/run/systemd/system/hitless.service.d');
  machine.run('systemctl', 'daemon-reload');
});

t.test(
  'uninstalled, configuration and state are kept; the next installation goes on with them',
  { skip },
  async (t) => {
    t.match(machine.try(...INSTALLED, 'uninstall'), {
      status: 0,
      output: /kept: \/etc\/hitless, \/var\/lib\/hitless/,
    });
    t.not(machine.try('id', 'hitless').status, 0);
    t.equal(machine.run('find', '/etc/hitless', '/var/lib/hitless', '!', '-user', 'root').trim(), '');
    t.match(hitless('install'), { status: 0 });
    t.match(machine.run(...INSTALLED, 'exec', 'show modules'), /OSPF +4\.0\.0/);
  },
);

t.test('uninstalled with --purge, nothing tells that it was there', { skip }, async (t) => {
  t.match(machine.try(...INSTALLED, 'uninstall', '--purge'), { status: 0 });
  t.same(machine.traces(), before);
  t.equal(inside('/run/hitless'), false);
  t.match(machine.try('pgrep', '-f', 'hitless.mjs'), { status: 1, output: '' });
  t.equal(show('LoadState'), 'not-found');
  t.equal(machine.run('systemctl', 'list-units', '--all', '--no-legend', 'hitless*').trim(), '');
});

t.test(
  "a Node in somebody's home runs the service, which sees nothing else of that home",
  { skip },
  async (t) => {
    const home = '/home/somebody';
    const node = `${home}/.nvm/versions/node/v1/bin/node`;
    machine.run(
      'sh',
      '-c',
      `umask 077; mkdir -p ${home}/.nvm/versions/node/v1/bin && echo secret > ${home}/letter && cp -L ${process.execPath} ${node} && chmod 755 ${node}`,
    );
    t.match(machine.try(node, HITLESS, 'install'), { status: 0, output: /in somebody's home/ });
    const pid = show('MainPID');
    t.equal(machine.run('readlink', `/proc/${pid}/exe`).trim(), node);
    t.equal(machine.run('ls', '-A', `/proc/${pid}/root${home}`).trim(), '.nvm');
    t.match(machine.run('cat', '/etc/hitless/router.yaml'), /level: info/, 'a first configuration was made');
    t.match(machine.try(...INSTALLED, 'uninstall', '--purge'), { status: 0 });
  },
);
