/**
 * `hitless monitor`: a process that watches one protocol on one interface with a socket of its own (the
 * paper's IP, OSPF and VRRP monitors, section 5) and prints JSON lines.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { loadRawSocket, openError, type RawSocket } from '../../drivers/addon.ts';
import type { MonitorReport } from '../console/monitor-report.ts';
import { FirmwareError } from '../errors.ts';
import { Tally } from './tally.ts';
import { read, WATCHED, type WatchedProtocol } from './witness.ts';

export type MonitorLine =
  /** The socket is open: nothing that is sent from now on is missed. */
  { kind: 'ready' } | { kind: 'report'; report: MonitorReport } | { kind: 'line'; text: string };

interface MonitorOptions {
  protocol: WatchedProtocol;
  namespace: string;
  interface: string;
  /** Between two packets of a sender, in ms. */
  interval: number;
}

const REPORT_EVERY_MS = 1_000;

// socket(7), ip(7): numbers of Linux, the same on all of Node's platforms there
const SOL_SOCKET = 1;
const SO_BINDTODEVICE = 25;
const IPPROTO_IP = 0;
const IP_ADD_MEMBERSHIP = 35;

/**
 * Watches until SIGTERM or SIGINT. With nobody left to read its lines it ends as well.
 * @param args `--protocol ip|ospf|vrrp --interface eth0 --namespace left --interval MS`
 * @returns the exit code.
 * @throws FirmwareError `LAB_OPTIONS` or `LAB_MONITOR`, or a DriverError when there can be no raw socket.
 */
export async function runMonitor(args: string[]): Promise<number> {
  const options = readOptions(args);
  const { protocol, namespace } = options;
  const tally = new Tally(options.interval);
  const report = (): MonitorReport => ({ protocol, namespace, sources: tally.sources() });
  const tell = (lines: string[]) => {
    for (const text of lines) print({ kind: 'line', text: `${protocol} monitor (${namespace}): ${text}` });
  };

  let lastWrong = '';
  const socket = openSocket(options);
  socket.on('message', (datagram: Buffer) => {
    const at = performance.now();
    const sighting = read(protocol, datagram);
    if ('says' in sighting) tell(tally.saw(sighting.from, sighting.says, at));
    else if ('wrong' in sighting) {
      const wrong = `a packet from ${sighting.from} ${sighting.wrong}`;
      // A sender that is wrong is so with every packet.
      if (wrong !== lastWrong) tell([wrong]);
      lastWrong = wrong;
    }
  });
  const looking = setInterval(() => tell(tally.look(performance.now())), Math.min(250, options.interval / 2));
  const reporting = setInterval(() => print({ kind: 'report', report: report() }), REPORT_EVERY_MS);
  print({ kind: 'ready' });

  try {
    await new Promise<void>((resolve, reject) => {
      process.once('SIGTERM', () => resolve());
      process.once('SIGINT', () => resolve());
      process.stdout.once('error', () => resolve());
      socket.once('error', (error: Error) =>
        reject(
          new FirmwareError(
            'LAB_MONITOR',
            `the ${protocol} monitor's socket on ${options.interface}: ${error.message}`,
          ),
        ),
      );
    });
  } finally {
    clearInterval(looking);
    clearInterval(reporting);
    socket.removeAllListeners('error');
    socket.on('error', () => {});
    socket.close();
  }
  tell(tally.look(performance.now()));
  print({ kind: 'report', report: report() });
  return 0;
}

function print(line: MonitorLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function readOptions(args: string[]): MonitorOptions {
  const { values } = parseArgs({
    args,
    options: {
      protocol: { type: 'string', default: '' },
      interface: { type: 'string', default: '' },
      namespace: { type: 'string', default: '' },
      interval: { type: 'string', default: '1000' },
    },
  });
  const protocol = values.protocol.toUpperCase();
  const interval = Number(values.interval);
  if (!isWatched(protocol)) {
    throw new FirmwareError(
      'LAB_OPTIONS',
      `--protocol is "${values.protocol}", allowed are ip, ospf and vrrp`,
    );
  }
  if (values.interface === '')
    throw new FirmwareError('LAB_OPTIONS', '--interface is missing: the one to watch');
  if (!(interval >= 1)) {
    throw new FirmwareError(
      'LAB_OPTIONS',
      `--interval is "${values.interval}", allowed are milliseconds from 1`,
    );
  }
  return { protocol, interval, interface: values.interface, namespace: values.namespace || values.interface };
}

function isWatched(protocol: string): protocol is WatchedProtocol {
  return protocol in WATCHED;
}

function openSocket(options: MonitorOptions): RawSocket {
  const { protocol, group } = WATCHED[options.protocol];
  const rawSocket = loadRawSocket(createRequire(import.meta.url));
  const index = interfaceIndex(options.interface);
  try {
    const socket = rawSocket.createSocket({ protocol, bufferSize: 65_535 });
    const device = Buffer.from(`${options.interface}\0`);
    socket.setOption(SOL_SOCKET, SO_BINDTODEVICE, device, device.length);
    // struct ip_mreqn: group, no address, interface
    const membership = Buffer.alloc(12);
    membership.set(group.split('.').map(Number));
    new Int32Array(membership.buffer, membership.byteOffset + 8, 1)[0] = index;
    socket.setOption(IPPROTO_IP, IP_ADD_MEMBERSHIP, membership, membership.length);
    return socket;
  } catch (thrown) {
    throw openError(thrown, options.interface, protocol);
  }
}

/** 0, which leaves the choice to the kernel, when there is no such interface: the socket's error will tell. */
function interfaceIndex(name: string): number {
  try {
    return Number(readFileSync(`/sys/class/net/${name}/ifindex`, 'utf8'));
  } catch {
    return 0;
  }
}
