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
      description: 'the name of the router among others, unique in the network',
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
      description: 'directories with further versions of modules, relative to this file',
    },
    state: {
      type: 'string',
      format: 'absolute-path',
      maxBytes: LONGEST_PATH_BYTES,
      allowed: 'the absolute path of a directory, such as /var/lib/hitless',
      description: 'keeps which version of each module is current across restarts, and what was pushed',
    },
    modules: {
      type: 'object',
      additionalProperties: {
        type: 'string',
        allowed: 'a version of the module, such as ip@1.0.0 for IP',
        description: 'the version of this module that the router starts with, such as `ip@1.0.0`',
      },
      default: {},
      allowed: 'a mapping of module to its version, such as { IP: ip@1.0.0 }',
      description:
        'versions to start with, by module; left out: the one that was current, or the newest release',
    },
    cpus: {
      cpus: true,
      description: 'the CPUs on which the router may run, such as `1-3`',
    },
    realtime: {
      type: 'integer',
      minimum: 1,
      maximum: 99,
      allowed: 'a whole number from 1 to 99, the priority under SCHED_FIFO',
      description: 'priority under SCHED_FIFO (sched(7)), above all ordinary programs',
    },
    watchdog: {
      type: 'object',
      additionalProperties: false,
      required: ['device'],
      description: 'restarts the machine when the router hangs',
      properties: {
        device: absolutePath('a watchdog device, such as /dev/watchdog', 'such as `/dev/watchdog`'),
        every: {
          duration: { least: '100ms', most: '10m' },
          default: '2s',
          description: 'how often the router writes to it',
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
        description: 'addresses that it is given, each with the length of its prefix',
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
    socket: absolutePath('a Unix socket', 'Unix socket of the console'),
    serial: {
      type: 'object',
      additionalProperties: false,
      required: ['path'],
      description: 'a console on a serial line as well',
      properties: {
        path: absolutePath('a serial device', 'such as `/dev/ttyS0`'),
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
    level: { enum: LOG_LEVELS, default: 'info', description: 'what is less important is not written' },
    format: {
      enum: LOG_FORMATS,
      default: 'text',
      description: '`json`: one line of JSON a record, for a program',
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
