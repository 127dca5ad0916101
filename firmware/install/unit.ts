/** The systemd unit: what the router may do and no more (systemd.exec(5), systemd.service(5)). */
import { ALLOWANCE_VARIABLE, type Allowance, UNIT_OUTDATED_EXIT } from './allowance.ts';
import { ACCOUNT, CONFIG, CONFIG_FOLDER, PROGRAM } from './places.ts';

export interface UnitOptions {
  /** Node's full path, whatever manager installed it. */
  node: string;
  /** Files below home directories that the service needs all the same, such as a Node that a user's manager installed. */
  fromHomes: readonly string[];
  /** The wishes of the configuration; nothing else is allowed. */
  allowance?: Allowance;
  /** Follows the links of a device's path. */
  resolve?: (path: string) => string;
}

/** How long the event loop may be silent. The guard cuts a swap's code at the preparation time, 2 s unless set. */
const WATCHDOG = '30s';

export function unitText({ node, fromHomes, allowance = {}, resolve = (path) => path }: UnitOptions): string {
  const { serial, socket, watchdog, state, realtime } = allowance;
  const capabilities = `CAP_NET_RAW CAP_NET_ADMIN${realtime ? ' CAP_SYS_NICE' : ''}`;
  const devices = devicesOf(serial && resolve(serial), watchdog && resolve(watchdog));
  return `# Written by "hitless install", which overwrites it. Changes of your own: systemctl edit hitless
[Unit]
Description=hitless, a router whose modules are replaced while it runs
Wants=${['network.target', ...devices.wants].join(' ')}
After=${['network.target', ...devices.wants].join(' ')}${state === undefined ? '' : `\nRequiresMountsFor=${quoted(state)}`}
# An interface may come late, and a router has to come back whatever happened.
StartLimitIntervalSec=0

[Service]
Type=notify
# The router tells through a child.
NotifyAccess=all
ExecStart=${quoted(node)} ${PROGRAM}/dist/hitless.mjs run --config ${CONFIG}
# The file is read again, as one transaction. It fails where that does, and the journal says why.
ExecReload=${quoted(node)} ${PROGRAM}/dist/hitless.mjs exec reload${socket === undefined ? '' : ` --console ${argument(socket)}`}
# The configuration as far as this unit has to allow it.
Environment=${quoted(`${ALLOWANCE_VARIABLE}=${JSON.stringify(allowance)}`)}
Restart=always
RestartSec=2s
# Of no use while the unit is one for another configuration.
RestartPreventExitStatus=${UNIT_OUTDATED_EXIT}
TimeoutStartSec=60s
TimeoutStopSec=15s
WatchdogSec=${WATCHDOG}
# The router ends its children itself.
KillMode=mixed
LimitCORE=0

User=${ACCOUNT}
Group=${ACCOUNT}
StateDirectory=${ACCOUNT}
StateDirectoryMode=0750
RuntimeDirectory=${ACCOUNT}
RuntimeDirectoryMode=0750
UMask=0077

AmbientCapabilities=${capabilities}
CapabilityBoundingSet=${capabilities}
NoNewPrivileges=yes

ProtectSystem=strict
${writable(state)}${homes(fromHomes)}
PrivateTmp=yes
${devices.lines.join('\n')}
ProtectProc=invisible
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RemoveIPC=yes
LockPersonality=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=${realtime ? 'no' : 'yes'}
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
# No MemoryDenyWriteExecute: Node compiles JavaScript to machine code while it runs.

[Install]
WantedBy=multi-user.target
`;
}

/**
 * Besides what systemd makes for it: a configuration is saved, and kept below `router.state`; variables of the network are
 * set where the configuration says so.
 */
function writable(state: string | undefined): string {
  const own = state === undefined ? '' : `ReadWritePaths=-${quoted(state)}\n`;
  return `ReadWritePaths=${CONFIG_FOLDER}\nReadWritePaths=-/proc/sys/net\n${own}`;
}

function homes(visible: readonly string[]): string {
  if (visible.length === 0) return 'ProtectHome=yes';
  return ['# Homes are empty but for this.', 'ProtectHome=tmpfs', ...visible.map(bound)].join('\n');
}

function bound(path: string): string {
  return `BindReadOnlyPaths=${quoted(path)}`;
}

interface Devices {
  lines: string[];
  /** Units that must have run before the rules for devices are made. */
  wants: string[];
}

const NO_DEVICES: Devices = { lines: ['PrivateDevices=yes'], wants: [] };

/** Devices that come and go have their driver's whole class: the rules are made once, when the service starts. */
const PLUGGED: Record<string, string> = { ttyUSB: 'usbserial', ttyACM: 'cdc_acm' };

function devicesOf(serial: string | undefined, watchdog: string | undefined): Devices {
  if (serial === undefined && watchdog === undefined) return NO_DEVICES;
  const line = serial === undefined ? { lines: [], wants: [] } : serialDevices(serial);
  const own = watchdog === undefined ? [] : watchdogDevice(watchdog);
  return { lines: ['DevicePolicy=closed', ...line.lines, ...own], wants: line.wants };
}

/** The device is root's alone: while the service runs it is the service's user's. */
function watchdogDevice(path: string): string[] {
  const give = (owner: string) => `-+/bin/chown ${owner} ${argument(path)}`;
  return [`DeviceAllow=${quoted(path)} rw`, `ExecStartPre=${give(ACCOUNT)}`, `ExecStopPost=${give('root')}`];
}

/** Only the serial line, and what every program may use. Debian gives serial lines to the group dialout. */
function serialDevices(path: string): Devices {
  const own = Object.keys(PLUGGED).find((name) => path.startsWith(`/dev/${name}`));
  // Below /dev/serial/by-id and the like, udev links to what was plugged in.
  const classes = own === undefined ? (path.startsWith('/dev/serial/') ? Object.keys(PLUGGED) : []) : [own];
  const allowed = classes.length > 0 ? classes.map((name) => `char-${name}`) : [path];
  return {
    lines: [...allowed.map((device) => `DeviceAllow=${quoted(device)} rw`), 'SupplementaryGroups=dialout'],
    // A class that its driver has not registered yet would not be allowed.
    wants: classes.map((name) => `modprobe@${PLUGGED[name]}.service`),
  };
}

/** As systemd.syntax(7) wants it; `%` begins a specifier there, and a line ends the setting. */
function quoted(path: string): string {
  const escaped = path.replaceAll('%', '%%');
  if (!/[\s"'\\]/.test(escaped)) return escaped;
  return `"${escaped.replaceAll(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}

/** Behind the program in a command line, `$` begins a variable as well (systemd.service(5)); in its path it does not. */
function argument(path: string): string {
  return quoted(path).replaceAll('$', '$$$$');
}
