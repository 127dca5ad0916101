/** The addon raw-socket, and what to tell when a socket of its making is refused. */
import { DriverError, firstLine } from './errors.ts';
import { interfaceNames } from './interface-names.ts';
import { type Addon, loadAddon } from './load-addon.ts';

/** A raw socket as the addon makes it. */
export type RawSocket = import('raw-socket').Socket;

const RAW_SOCKET: Addon = {
  name: 'raw-socket',
  purpose: 'opens raw sockets',
  // As npm installed it, else as hitless compiled it beside its program.
  places: ['raw-socket', './raw-socket'],
  code: 'RAW_SOCKET_MISSING',
};

/**
 * Loads the addon, which only programs that open a raw socket need.
 * @param load a CommonJS `require`
 * @throws DriverError RAW_SOCKET_MISSING
 */
export function loadRawSocket(load: NodeJS.Require): typeof import('raw-socket') {
  return loadAddon(load, RAW_SOCKET) as typeof import('raw-socket');
}

/**
 * The kernel's refusal to open a raw socket, as an error that says what it means. The addon gives only the errno's text. A
 * DriverError says it already.
 */
export function openError(thrown: unknown, name: string, protocol: number): DriverError {
  if (thrown instanceof DriverError) return thrown;
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
  const known = interfaceNames();
  if (/no such device/i.test(reason) || (known.length > 0 && !known.includes(name))) {
    return new DriverError(
      'INTERFACE_UNKNOWN',
      `there is no interface "${name}". Name one of: ${known.join(', ')}`,
      cause,
    );
  }
  return new DriverError('RAW_SOCKET_OPEN', `${what}: ${reason}`, cause);
}
