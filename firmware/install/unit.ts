/** The systemd unit: what the router may do and no more (systemd.exec(5), systemd.service(5)). */
import { ACCOUNT, CONFIG, PROGRAM } from './places.ts';

export interface UnitOptions {
  /** Node's full path, whatever manager installed it. */
  node: string;
  /** Files below home directories that the service needs all the same, such as a Node that a user's manager installed. */
  fromHomes: readonly string[];
  /** The device of a serial console, without links where it is there. */
  serial?: string | undefined;
}

/** How long the event loop may be silent. The guard cuts a swap's code at the preparation time, 2 s unless set. */
const WATCHDOG = '30s';

export function unitText({ node, fromHomes, serial }: UnitOptions): string {
  const devices = serial === undefined ? NO_DEVICES : serialDevices(serial);
  return `# Written by "hitless install", which overwrites it. Changes of your own: systemctl edit hitless
[Unit]
Description=hitless, a router whose modules are replaced while it runs
Wants=${['network.target', ...devices.wants].join(' ')}
After=${['network.target', ...devices.wants].join(' ')}
# An interface may come late, and a router has to come back whatever happened.
StartLimitIntervalSec=0

[Service]
Type=notify
# The router tells through a child.
NotifyAccess=all
ExecStart=${quoted(node)} ${PROGRAM}/dist/hitless.mjs run --config ${CONFIG}
Restart=always
RestartSec=2s
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

AmbientCapabilities=CAP_NET_RAW CAP_NET_ADMIN
CapabilityBoundingSet=CAP_NET_RAW CAP_NET_ADMIN
NoNewPrivileges=yes

ProtectSystem=strict
${homes(fromHomes)}
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
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
# No MemoryDenyWriteExecute: Node compiles JavaScript to machine code while it runs.

[Install]
WantedBy=multi-user.target
`;
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

/** Only the serial line, and what every program may use. Debian gives serial lines to the group dialout. */
function serialDevices(path: string): Devices {
  const own = Object.keys(PLUGGED).find((name) => path.startsWith(`/dev/${name}`));
  // Below /dev/serial/by-id and the like, udev links to what was plugged in.
  const classes = own === undefined ? (path.startsWith('/dev/serial/') ? Object.keys(PLUGGED) : []) : [own];
  const allowed = classes.length > 0 ? classes.map((name) => `char-${name}`) : [path];
  return {
    lines: [
      'DevicePolicy=closed',
      ...allowed.map((device) => `DeviceAllow=${quoted(device)} rw`),
      'SupplementaryGroups=dialout',
    ],
    // A class that its driver has not registered yet would not be allowed.
    wants: classes.map((name) => `modprobe@${PLUGGED[name]}.service`),
  };
}

/** As systemd.syntax(7) wants it; `%` begins a specifier there. */
function quoted(path: string): string {
  const escaped = path.replaceAll('%', '%%');
  return /[\s"'\\]/.test(escaped) ? `"${escaped.replaceAll(/["\\]/g, '\\$&')}"` : escaped;
}
