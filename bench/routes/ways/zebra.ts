/**
 * By FRR's zebra, which is told the routes over its socket (ZAPI) as staticd tells them: Debian's package has no sharpd, and a
 * configuration of 100,000 static routes takes staticd half a minute by itself.
 *
 * A message: length, 0xfe, version 6, VRF, command; in network byte order.
 */
import { execFileSync } from 'node:child_process';
import { chownSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { destinations, FIRST, gateways, type RoutesJob } from '../job.ts';
import { RouteDaemon } from './daemon.ts';
import type { OpenWay, Phase } from './way.ts';

const ZEBRA = '/usr/lib/frr/zebra';
/** The numbers of commands change between versions. */
export const ZEBRA_VERSION = '8.4';
const HELLO = 18;
const ROUTE_ADD = 8;
const ROUTE_DELETE = 9;
const STATIC = 3;
const UNICAST = 1;
const HAS_HOPS_AND_DISTANCE = 0x03;
const RECURSIVE_WITH_DISTANCE = 0x41;
const BY_ADDRESS_AND_INTERFACE = 3;

/** Why the zebra that is here cannot be told routes; undefined when it can. */
export function zebraTrouble(): string | undefined {
  const version = /version (\S+)/.exec(execFileSync(ZEBRA, ['--version'], { encoding: 'utf8' }))?.[1] ?? '';
  return version.startsWith(`${ZEBRA_VERSION}.`) || version === ZEBRA_VERSION
    ? undefined
    : `this is FRR ${version}, and the messages to its zebra are known of ${ZEBRA_VERSION} alone`;
}

export const openZebra: OpenWay = async (job, index, directory) => {
  const { uid, gid } = frrUser();
  const file = (name: string) => join(directory, name);
  writeFileSync(file('zebra.conf'), 'hostname router\n');
  for (const path of [directory, file('zebra.conf')]) chownSync(path, uid, gid);
  const api = file('zserv.api');
  const files = ['-f', file('zebra.conf'), '-i', file('zebra.pid'), '-z', api, '--vty_socket', directory];
  const rest = ['-P', '0', '-u', 'frr', '-g', 'frr', '--log', 'stdout', '--log-level', 'warnings'];
  const daemon = new RouteDaemon('FRR zebra', [ZEBRA, ...files, ...rest]);
  let found: Socket | undefined;
  // The socket is there before anybody listens.
  await daemon.until(async () => {
    found = await connected(api).catch(() => undefined);
    return found !== undefined;
  });
  const socket = found!;
  // Nothing that zebra says is waited for, but it must not stand in its way.
  socket.resume();
  socket.on('error', () => {});
  // Protocol, instance, session, neither notes on routes nor synchronous.
  await write(socket, message(HELLO, Buffer.from([STATIC, 0, 0, 0, 0, 0, 0, 0, 0])));
  return {
    pids: [daemon.pid],
    prepare(phase) {
      const data = Buffer.concat(messagesOf(job, phase, index));
      return () => write(socket, data);
    },
    async stop() {
      socket.destroy();
      await daemon.stop();
    },
  };
};

function messagesOf({ routes, hops }: RoutesJob, phase: Phase, index: number): Buffer[] {
  const first = phase === 'install' ? FIRST.install : FIRST.replace;
  const removes = phase === 'withdraw';
  const by = removes ? [] : gateways(hops, first).map((gateway) => hopOf(gateway, index));
  const behind = Buffer.concat([u16(by.length), ...by, Buffer.from([1])]);
  const [command, flags] = [removes ? ROUTE_DELETE : ROUTE_ADD, u32(RECURSIVE_WITH_DISTANCE)];
  const before = Buffer.concat([
    Buffer.from([STATIC]),
    u16(0),
    flags,
    u32(HAS_HOPS_AND_DISTANCE),
    Buffer.from([UNICAST, 2, 24]),
  ]);
  return destinations(routes).map((destination) =>
    message(command, Buffer.concat([before, octets(destination).subarray(0, 3), behind])),
  );
}

function hopOf(gateway: string, index: number): Buffer {
  return Buffer.concat([u32(0), Buffer.from([BY_ADDRESS_AND_INTERFACE, 0]), octets(gateway), u32(index)]);
}

function message(command: number, body: Buffer): Buffer {
  const head = Buffer.concat([u16(10 + body.length), Buffer.from([0xfe, 6]), u32(0), u16(command)]);
  return Buffer.concat([head, body]);
}

function octets(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}

function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 255]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function connected(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => resolve(socket));
    socket.once('error', reject);
  });
}

function write(socket: Socket, data: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(data, (error) => (error ? reject(error) : resolve()));
  });
}

export function frrUser(): { uid: number; gid: number } {
  const entries = readFileSync('/etc/passwd', 'utf8').split('\n');
  const [, , uid, gid] = entries.find((entry) => entry.startsWith('frr:'))?.split(':') ?? [];
  if (uid === undefined || gid === undefined)
    throw new Error('FRR is installed, but its user "frr" is not in /etc/passwd');
  return { uid: Number(uid), gid: Number(gid) };
}
