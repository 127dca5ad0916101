/** Loading the addon raw-socket, and what to tell when it, or a socket of its making, is refused. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { DriverError, firstLine } from './errors.ts';

const ADVICE = 'As root: `apt-get install g++ make python3`, then: `hitless needs --addon`';

/** A raw socket as the addon makes it. */
export type RawSocket = import('raw-socket').Socket;

/** As npm installed it, else as hitless compiled it beside its program. */
const PLACES = ['raw-socket', './raw-socket'];

/**
 * Loads the addon, which only programs that open a raw socket need.
 * @param load a CommonJS `require`
 * @throws DriverError RAW_SOCKET_MISSING
 */
export function loadRawSocket(load: NodeJS.Require): typeof import('raw-socket') {
  const failures: unknown[] = [];
  for (const place of PLACES) {
    try {
      return load(place);
    } catch (thrown) {
      failures.push(thrown);
    }
  }
  const present = failures.find((thrown) => !isAbsent(thrown));
  const message =
    present === undefined
      ? // npm leaves an optional package out altogether when its addon does not compile.
        `the addon raw-socket, which opens raw sockets, is not compiled. ${ADVICE}`
      : `the addon raw-socket is not compiled for this Node ${process.version} (${firstLine(present)}). ${ADVICE}`;
  throw new DriverError('RAW_SOCKET_MISSING', message, { cause: present ?? failures[0] });
}

function isAbsent(thrown: unknown): boolean {
  return isCode(thrown, 'MODULE_NOT_FOUND') && /raw-socket['"]/.test(firstLine(thrown));
}

/** What the kernel's refusal to open a raw socket means, as an error to show. The addon gives only the errno's text. */
export function openError(thrown: unknown, name: string, protocol: number): DriverError {
  const reason = firstLine(thrown);
  const what = `raw socket of protocol ${protocol} on ${name}`;
  const cause = { cause: thrown };
  if (/not permitted|permission denied/i.test(reason)) {
    return new DriverError(
      'RAW_SOCKET_PERMISSION',
      `${what}: ${reason}. Run as root, or give CAP_NET_RAW to Node: \`sudo setcap cap_net_raw,cap_net_admin+ep ${process.execPath}\``,
      cause,
    );
  }
  const known = interfaces();
  if (/no such device/i.test(reason) || (known.length > 0 && !known.includes(name))) {
    return new DriverError(
      'INTERFACE_UNKNOWN',
      `there is no interface "${name}". Name one of: ${known.join(', ')}`,
      cause,
    );
  }
  return new DriverError('RAW_SOCKET_OPEN', `${what}: ${reason}`, cause);
}

/**
 * Makes sure that sockets of this protocol can be opened: a missing package or permission is an error of the start, also
 * where the interface comes later.
 * @param where the interface, for the error
 * @throws DriverError RAW_SOCKET_MISSING, RAW_SOCKET_PERMISSION, RAW_SOCKET_OPEN
 */
export function probeRawIp(protocol: number, where: string): void {
  const addon = loadRawSocket(createRequire(import.meta.url));
  try {
    addon.createSocket({ protocol }).close();
  } catch (thrown) {
    throw openError(thrown, where, protocol);
  }
}

/** Names of the interfaces of this process' network namespace, up or not. */
function interfaces(): string[] {
  try {
    const lines = readFileSync('/proc/self/net/dev', 'utf8').split('\n').slice(2);
    return lines.map((line) => line.split(':', 1)[0]?.trim() ?? '').filter((name) => name !== '');
  } catch {
    return [];
  }
}

function isCode(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === code;
}
