/**
 * The firmware's own part of a configuration: the router itself, the interfaces of its host, console and log. Its
 * schema is data like those of modules; what must hold between two of its values stands below it.
 */
import type { JsonSchema } from '../../runtime/index.ts';
import { at, keys } from './paths.ts';
import type { Broken } from './problem.ts';
import { addressesAreOfHosts } from './subnets.ts';

export const LOG_FORMATS = ['text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];
const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** The firmware's own part as read: times in ms, defaults in. */
export interface OwnConfig {
  router: {
    id?: string;
    /** ms */
    preparation: number;
    /** Absolute paths of directories. */
    bundles: string[];
    /** Absent when the file names none: the router's own default holds then. */
    state?: string;
    /** By module, such as `ip@1.0.0`. */
    modules: Record<string, string>;
    cpus?: number[];
    realtime?: number;
    /** `every` is ms. */
    watchdog?: { device: string; every: number };
  };
  interfaces?: Record<string, { addresses: { address: string; prefixLength: number }[] }>;
  console: { socket?: string; serial?: { path: string; baud: number } };
  log: { level: (typeof LOG_LEVELS)[number]; format: LogFormat };
}

/** Bytes for the path in a socket's address on Linux, without the closing zero (unix(7)). */
const SOCKET_PATH_BYTES = 107;

/** PATH_MAX of Linux, with room for the names of the files inside. */
const LONGEST_PATH_BYTES = 4000;

function absolutePath(what: string, description: string): JsonSchema {
  const allowed = `the absolute path of ${what}, at most ${SOCKET_PATH_BYTES} bytes long`;
  return { type: 'string', format: 'absolute-path', maxBytes: SOCKET_PATH_BYTES, allowed, description };
}

const ROUTER: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  default: {},
  description: 'the router as a whole',
  properties: {
    id: {
      type: 'string',
      format: 'ipv4',
      not: { const: '0.0.0.0' },
      allowed: 'a router id: four numbers with dots, such as 10.0.1.1, not 0.0.0.0 (RFC 2328 C.1)',
      unset: 'none; a section may require it',
      description:
        'the name of the router among others, unique in the network: the OSPF router id (RFC 2328 C.1)',
    },
    preparation: {
      duration: { least: '10ms', most: '1h' },
      default: '2s',
      description: 'how long a swap may prepare before it is given up; `settimer` changes it later',
    },
    bundles: {
      type: 'array',
      items: { type: 'string', format: 'path', allowed: 'the path of a directory' },
      default: [],
      allowed: 'a list of directories, such as [./bundles]',
      description: 'further places to look for versions of modules, relative to the file',
    },
    state: {
      type: 'string',
      format: 'absolute-path',
      maxBytes: LONGEST_PATH_BYTES,
      allowed: 'the absolute path of a directory, such as /var/lib/hitless',
      unset:
        '`$STATE_DIRECTORY` of a service, else `/var/lib/hitless` as root, else `$XDG_STATE_HOME/hitless` or `~/.local/state/hitless`; none in the lab',
      description:
        'keeps which version of each module is current, and the bundles that were pushed (`bundles`). Each router needs its own. Where it is full or read-only, the router starts with what it can read there; the log and `show system` say that nothing is kept',
    },
    modules: {
      type: 'object',
      additionalProperties: {
        type: 'string',
        allowed: 'a version of the module, such as ip@1.0.0 for IP',
        unset: 'what was current when the program ended, else the newest release',
        description: 'the version of the module NAME to start with',
      },
      default: {},
      allowed: 'a mapping of module to its version, such as { IP: ip@1.0.0 }',
      description:
        'versions to start with, by module; left out: the one that was current, or the newest release',
    },
    cpus: {
      cpus: true,
      unset: 'those of the process',
      description: 'the CPUs that all its threads run on; needs `taskset` of util-linux or busybox',
    },
    realtime: {
      type: 'integer',
      minimum: 1,
      maximum: 99,
      allowed: 'a whole number from 1 to 99, the priority under SCHED_FIFO',
      unset: 'the normal policy',
      description:
        'priority of the event loop, for a router that has its deadlines to keep beside other work; the helpers of Node, such as for collections, have priority 1. Needs two CPUs, root or CAP_SYS_NICE, and `chrt` of util-linux. With only one CPU nothing could cut a module that spins, so that is refused. Timers come some µs after they are due instead of up to 1 ms; each keeps a CPU busy for up to 2.5 ms before, so an interval of 10 ms costs a quarter of one. While the event loop computes without a pause, the kernel takes 50 ms of every second for other work (`/proc/sys/kernel/sched_rt_runtime_us`). Leave that on',
    },
    watchdog: {
      type: 'object',
      additionalProperties: false,
      required: ['device'],
      unset: 'no watchdog',
      description: 'resets the machine when the router hangs',
      properties: {
        device: absolutePath(
          'a watchdog device, such as /dev/watchdog',
          "the router writes it as long as its event loop turns, from before the start to after the stop. A router that hangs or is killed, and does not come back in time, resets the machine. Stopping it in order does not. The time-out is the kernel module's (`modinfo -p MODULE`). The driver must be there before the router starts",
        ),
        every: {
          duration: { least: '100ms', most: '10m' },
          default: '2s',
          description: "time between two writes, at most a third of the device's time-out",
        },
      },
    },
  },
};

const INTERFACES: JsonSchema = {
  type: 'object',
  minProperties: 1,
  propertyNames: { format: 'interface-name' },
  allowed: 'a mapping of interface name to its settings, with at least one interface, such as lan0: {}',
  unset: 'none is set up',
  description: 'interfaces of this host that the router sets up',
  additionalProperties: {
    type: 'object',
    additionalProperties: false,
    properties: {
      addresses: {
        type: 'array',
        items: { type: 'string', format: 'ipv4-interface' },
        default: [],
        allowed: 'a list of addresses with lengths, such as [10.0.1.1/24]',
        description:
          "the router adds these addresses at the start, or when the interface comes, and sets it up; none may be a network's own or its broadcast address. Other addresses stay",
      },
    },
  },
};

const CONSOLE: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  default: {},
  description: 'the ways in',
  properties: {
    socket: {
      ...absolutePath('a Unix socket', 'Unix socket of the console'),
      unset:
        '`HITLESS_CONSOLE`, else `$RUNTIME_DIRECTORY/console.sock` of a service, else `/run/hitless/console.sock` as root, else `$XDG_RUNTIME_DIR/hitless/console.sock`',
    },
    serial: {
      type: 'object',
      additionalProperties: false,
      required: ['path'],
      unset: 'no serial console',
      description: 'a console on a serial line as well',
      properties: {
        path: absolutePath(
          'a serial device',
          'serial device of a console; one that is not there yet, or that another program has, is waited for',
        ),
        baud: {
          type: 'integer',
          minimum: 50,
          maximum: 4_000_000,
          default: 115_200,
          unit: 'bit/s',
          description: 'speed of the line',
        },
      },
    },
  },
};

const LOG: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  default: {},
  description: 'the log on standard output',
  properties: {
    level: {
      enum: LOG_LEVELS,
      default: 'info',
      description:
        'what is less important is not written. Consoles show `debug` lines only where it is the level. The lab begins with `debug`, for its relay numbers (`got msg …`) are such lines',
    },
    format: {
      enum: LOG_FORMATS,
      default: 'text',
      description:
        'the form of the log on a standard output that is no terminal: lines with their time, or a line of JSON for each record. The record that ends a transaction has its whole report. See [The log](#the-log)',
    },
  },
};

/** By key at the top of the file. */
export const OWN_SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  router: ROUTER,
  interfaces: INTERFACES,
  console: CONSOLE,
  log: LOG,
};

/** A version as files and commands write it; the name is the module's in lower case. */
const VERSION = /^\d{1,6}\.\d{1,6}\.\d{1,6}(-[0-9A-Za-z.-]{1,32})?$/;

/** Relations between values of the firmware's own part; what is wrong by itself is missing in it. */
export function ownRelations(whole: unknown): Broken[] {
  return [...versionsAreOfModules(whole), ...addressesAreOfHosts(whole), ...realtimeHasTwoCpus(whole)];
}

function* versionsAreOfModules(whole: unknown): Generator<Broken> {
  for (const path of keys(whole, ['router', 'modules'])) {
    const name = String(path.at(-1)).toLowerCase();
    const version = at(whole, path);
    if (typeof version !== 'string') continue;
    if (version.startsWith(`${name}@`) && VERSION.test(version.slice(name.length + 1))) continue;
    yield { path, text: `${name}@ and a version, such as ${name}@1.0.0` };
  }
}

/** On one CPU the thread that cuts code which never yields would get no turn. */
function* realtimeHasTwoCpus(whole: unknown): Generator<Broken> {
  const cpus = at(whole, ['router', 'cpus']);
  if (at(whole, ['router', 'realtime']) === undefined || !Array.isArray(cpus) || cpus.length !== 1) return;
  yield {
    path: ['router', 'cpus'],
    found: `only CPU ${cpus[0]}`,
    text: 'two CPUs or more, because router.realtime would starve the guard of transactions on one',
  };
}
