/** Every error of the drivers: a stable code, and a message that says what is wrong, where, and what to do. */
export const DRIVER_CODES = {
  RAW_SOCKET_MISSING: 'the addon for raw sockets cannot be loaded',
  RAW_SOCKET_PERMISSION: 'raw sockets are not permitted to this process',
  RAW_SOCKET_OPEN: 'the raw socket cannot be opened as asked for',
  INTERFACE_UNKNOWN: 'no interface has this name',
  GROUP_REFUSED: 'the kernel does not let the port join a multicast group',
  OPTION_INVALID: 'an option of a driver is out of range',
  PORT_CLOSED: 'the port was closed',
  SERIAL_MISSING: 'the addon for serial lines cannot be loaded',
  SERIAL_OPEN: 'the serial line cannot be opened',
  NETLINK_MISSING: 'the addon for netlink sockets cannot be loaded',
  NETLINK_OPEN: 'a netlink socket cannot be opened as asked for',
  NETLINK_INVALID: 'what the kernel was to be asked for cannot be said in a message',
  NETLINK_REFUSED: 'the kernel refused what it was asked for',
  NETLINK_LOST: 'answers of the kernel were lost, or not understood',
  NETLINK_TIMEOUT: 'the kernel did not answer in time',
  NETLINK_INTERRUPTED: 'a table was not listed whole, each time that it was tried',
  NETLINK_CLOSED: 'the netlink socket was closed',
  ADDRESS_REFUSED: 'an interface could not be given an address, or set up',
  SLOTS_TOOL_MISSING: "the board's slot tool is missing: this is no board with two slots",
  SLOTS_FAILED: "the board's slot tool failed",
  SLOTS_UNREADABLE: "what the board's slot tool printed is not understood",
  WATCHDOG_OPEN: 'the watchdog device cannot be opened',
  WATCHDOG_SLOW: 'the watchdog would be written too seldom for its time-out',
  PROGRAM_UNUSABLE: 'a program that is to be run is not there, or may not be executed',
  PROGRAM_UNSAFE: 'anybody could put another program in the place of one that is to be run',
  PROGRAM_USER: 'a program cannot run as the user that it is to have',
  PROGRAM_CAPABILITIES: 'nothing is there that takes capabilities or a priority from a program',
  SCHEDULING_TOOL_MISSING: 'the taskset or the chrt command of util-linux is missing',
  SCHEDULING_PERMISSION: 'this process may not have the priority or the CPUs that were asked for',
  SCHEDULING_CPU_UNKNOWN: 'a CPU that was asked for is not there, or not for this process',
  SCHEDULING_SINGLE_CPU: 'a real-time priority was asked for where only one CPU can be used',
  SCHEDULING_FAILED: 'the taskset or the chrt command failed',
} as const;

export type DriverCode = keyof typeof DRIVER_CODES;

export class DriverError extends Error {
  readonly code: DriverCode;

  constructor(code: DriverCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'DriverError';
    this.code = code;
  }
}

/** What was thrown, in its first line: addons and loaders append whole require stacks. */
export function firstLine(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return text.split('\n', 1)[0] ?? '';
}
