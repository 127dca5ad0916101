/** A netlink socket of one of the kernel's families, the routing one unless told, in this process' network namespace. */

import { DriverError, firstLine } from '../errors.ts';
import { loadSocket, type NativeSocket } from '../native/socket.ts';
import {
  AF_NETLINK,
  NETLINK_ADD_MEMBERSHIP,
  NETLINK_CAP_ACK,
  NETLINK_EXT_ACK,
  NETLINK_GET_STRICT_CHK,
  NETLINK_ROUTE,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SOCK_RAW,
  SOL_NETLINK,
  SOL_SOCKET,
} from './constants.ts';
import { errnoName } from './message.ts';

/** The kernel fills datagrams up to so many bytes, and cuts them where the buffer is smaller. */
export const LARGEST_DATAGRAM = 32_768;

/** struct sockaddr_nl with port and groups 0: the kernel, or "choose a port for me". */
const ZERO_ADDRESS = Buffer.alloc(12);
ZERO_ADDRESS.writeUInt16LE(AF_NETLINK, 0);

/**
 * @param receiveBuffer in bytes; without CAP_NET_ADMIN in the first user namespace `net.core.rmem_max` limits it
 * @param protocol NETLINK_… of linux/netlink.h
 * @throws DriverError NETLINK_MISSING, NETLINK_OPEN
 */
export function openNetlink(receiveBuffer: number, protocol = NETLINK_ROUTE): NativeSocket {
  const Socket = loadSocket();
  let socket: NativeSocket;
  try {
    socket = new Socket(AF_NETLINK, SOCK_RAW, protocol);
  } catch (thrown) {
    throw new DriverError('NETLINK_OPEN', `no netlink socket can be opened: ${firstLine(thrown)}`, {
      cause: thrown,
    });
  }
  const size = number(receiveBuffer);
  if (socket.setOption(SOL_SOCKET, SO_RCVBUFFORCE, size) < 0) socket.setOption(SOL_SOCKET, SO_RCVBUF, size);
  // Kernels before 4.12 and 4.20 lack them: errors have no words then, and dumps return more than was asked for.
  for (const option of [NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK])
    socket.setOption(SOL_NETLINK, option, number(1));
  const bound = socket.bind(ZERO_ADDRESS);
  // Once connected to the kernel it takes nothing that another process sends.
  const refused = bound < 0 ? bound : socket.connect(ZERO_ADDRESS);
  if (refused < 0) {
    socket.close();
    throw new DriverError('NETLINK_OPEN', `no netlink socket can be opened: ${errnoName(-refused)}`);
  }
  return socket;
}

/** The port that the kernel gave the socket: `Message.port` of what its requests cause. */
export function portOf(socket: NativeSocket): number {
  const address = Buffer.alloc(12);
  socket.name(address);
  return address.readUInt32LE(4);
}

/** After the binding, which would clear it. @throws DriverError NETLINK_OPEN */
export function join(socket: NativeSocket, group: number): void {
  const refused = socket.setOption(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, number(group));
  if (refused < 0)
    throw new DriverError('NETLINK_OPEN', `netlink group ${group} cannot be joined: ${errnoName(-refused)}`);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}
