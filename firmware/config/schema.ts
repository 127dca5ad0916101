/**
 * The schema of a configuration file. The text given to each check as its error says what is allowed there;
 * `load.ts` adds what was found and where. Times are milliseconds once read. What must hold between two
 * values is in `relations.ts`.
 */
import { isIPv4 } from 'node:net';
import * as z from 'zod';
import { LAST_CPU, parseCpuList } from '../../drivers/cpus.ts';
import { formatDuration, parseDuration } from './duration.ts';

export const LOG_FORMATS = ['text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

// A configuration is read once: to compile a parser for it takes longer than to walk through it.
z.config({ jitless: true });

/** The rule of Linux for the name of an interface (dev_valid_name in its net/core/dev.c): IFNAMSIZ is 16 with the closing zero. */
function isInterfaceName(name: string): boolean {
  return /^[^\s/:]+$/.test(name) && Buffer.byteLength(name) <= 15 && name !== '.' && name !== '..';
}

/** Bytes for the path in a socket's address on Linux, without the closing zero (unix(7)). */
const SOCKET_PATH_BYTES = 107;

/** PATH_MAX of Linux, with room for the names of the files inside. */
const LONGEST_PATH_BYTES = 4000;

/** A mapping that takes no other keys. */
function section<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape, { error: `a mapping with the keys ${Object.keys(shape).join(', ')}` });
}

function wholeNumber(least: number, most: number, note = '') {
  const error = `a whole number from ${least} to ${most}${note}`;
  return z.number({ error }).refine((n) => Number.isInteger(n) && n >= least && n <= most, { error });
}

/** A time from `least` to `most` ms, in steps of `step` ms. */
function duration(least: number, most: number, step = 1, note = '') {
  const steps =
    step === 1 ? '' : step === 1000 ? ' in whole seconds' : ` in steps of ${formatDuration(step)}`;
  const range = `a time from ${formatDuration(least)} to ${formatDuration(most)}${steps}${note}`;
  return z.unknown().transform((value, context): number => {
    const read = parseDuration(value);
    if ('wrong' in read) {
      context.addIssue({ code: 'custom', message: read.wrong, input: value });
      return z.NEVER;
    }
    if (read.ms < least || read.ms > most || read.ms % step !== 0) {
      context.addIssue({ code: 'custom', message: range, input: value });
      return z.NEVER;
    }
    return read.ms;
  });
}

function oneOf<const Words extends readonly string[]>(words: Words) {
  return z.enum(words, { error: `one of ${words.join(', ')}` });
}

function text(error: string, pattern: RegExp | ((value: string) => boolean)) {
  return z
    .string({ error })
    .refine((v) => (typeof pattern === 'function' ? pattern(v) : pattern.test(v)), { error });
}

const trueOrFalse = z.boolean({ error: 'true or false' });

const interfaceName = text('the name of an interface: 1 to 15 characters, no space, / or :', isInterfaceName);

function absolutePath(what: string) {
  const error = `the absolute path of ${what}, at most ${SOCKET_PATH_BYTES} bytes long`;
  return text(
    error,
    (v) => v.startsWith('/') && !v.includes('\0') && Buffer.byteLength(v) <= SOCKET_PATH_BYTES,
  );
}

function ipv4(what: string, allowed: (address: string) => boolean = () => true) {
  return text(what, (v) => isIPv4(v) && allowed(v));
}

/** An address that one host can have: not 0.0.0.0/8, loopback, multicast or reserved (RFC 1122 3.2.1.3). */
function isHostAddress(address: string): boolean {
  const first = Number(address.split('.', 1)[0]);
  return first !== 0 && first !== 127 && first < 224;
}

/** `10.0.1.1/24` (RFC 4632 3.1), as address and length. */
function ipv4WithLength() {
  const error = 'an IPv4 address of a host with the length of its prefix, such as 10.0.1.1/24';
  return z.string({ error }).transform((value, context) => {
    const [, address = '', length] = /^([\d.]+)\/(\d{1,2})$/.exec(value) ?? [];
    if (isIPv4(address) && isHostAddress(address) && Number(length) >= 1 && Number(length) <= 32)
      return { address, prefixLength: Number(length) };
    context.addIssue({ code: 'custom', message: error, input: value });
    return z.NEVER;
  });
}

/** `10.0.1.1`, `10.0.1.1/24` or `10.0.1.0/24`, as the text that it is. */
function ipv4OrNetwork() {
  const error = 'an IPv4 address of the interface or its network, such as 10.0.1.1 or 10.0.1.0/24';
  return text(error, (value) => {
    const [address = '', length, ...rest] = value.split('/');
    const lengthGood =
      length === undefined || (/^\d{1,2}$/.test(length) && Number(length) >= 1 && Number(length) <= 32);
    return rest.length === 0 && lengthGood && isIPv4(address) && isHostAddress(address);
  });
}

function perInterface<Settings extends z.ZodType>(settings: Settings) {
  const error = 'a mapping of interface name to its settings, with at least one interface, such as lan0: {}';
  // `lan0:` with nothing behind it means the defaults, like `lan0: {}`.
  const orNothing = z.preprocess((value) => value ?? {}, settings);
  return z
    .record(interfaceName, orNothing, { error })
    .refine((all) => Object.keys(all).length > 0, { error });
}

function bundleOf(module: string) {
  const name = module.toLowerCase();
  return text(
    `${name}@ and a version, such as ${name}@1.0.0`,
    (v) =>
      v.startsWith(`${name}@`) &&
      /^\d{1,6}\.\d{1,6}\.\d{1,6}(-[0-9A-Za-z.-]{1,32})?$/.test(v.slice(name.length + 1)),
  ).optional();
}

/** The times that `relations.ts` compares; also the places of their defaults. */
export const times = {
  period: duration(10, 3_600_000).default(1000),
  /** RFC 1256 4.1: AdvertisementLifetime, at most 9,000 seconds. */
  lifetime: duration(1000, 9_000_000, 1000).optional(),
  /** RFC 1256 4.1: MaxAdvertisementInterval is 4 to 1,800 seconds, 600 by default; less only makes sense in a lab. */
  advertisement: duration(10, 1_800_000, 1, " (less than 4s, RFC 1256's least, is for a lab)").default(
    600_000,
  ),
  /** RFC 2328 C.3: HelloInterval is a 16-bit count of seconds on the wire (A.3.2). */
  hello: duration(1000, 65_535_000, 1000).default(10_000),
  /** RFC 2328 C.3: RouterDeadInterval; four hello intervals unless told, which is also its most here. */
  dead: duration(2000, 4 * 65_535_000, 1000).optional(),
  /** RFC 9568 5.2.7: Max Advertise Interval is 12 bits of centiseconds. */
  vrrp: duration(10, 40_950, 10).default(1000),
};

/** A list of numbers, or Linux's own form of one. */
function cpuList() {
  const error = `CPU numbers from 0 to ${LAST_CPU}, such as [1], 1-3 or "0,2-3"`;
  return z.unknown().transform((value, context): number[] => {
    const parts = Array.isArray(value) ? value : [value];
    const known = parts.every((part) => typeof part === 'number' || typeof part === 'string');
    const list = known ? parseCpuList(parts.join(',')) : undefined;
    if (list !== undefined) return list;
    context.addIssue({ code: 'custom', message: error, input: value });
    return z.NEVER;
  });
}

/** The router's place among the machine's processes, which `relations.ts` compares. */
export const scheduling = {
  cpus: cpuList().optional(),
  /** sched(7): the priorities of SCHED_FIFO. */
  realtime: wholeNumber(1, 99, ', the priority under SCHED_FIFO').optional(),
};

const router = section({
  id: ipv4(
    'a router id: four numbers with dots, such as 10.0.1.1, not 0.0.0.0 (RFC 2328 C.1)',
    (id) => id !== '0.0.0.0',
  ).optional(),
  preparation: duration(10, 3_600_000).default(2000),
  bundles: z
    .array(
      text('the path of a directory', (v) => v !== '' && !v.includes('\0')),
      {
        error: 'a list of directories, such as [./bundles]',
      },
    )
    .default([]),
  state: text(
    'the absolute path of a directory, such as /var/lib/hitless',
    (v) => v.startsWith('/') && !v.includes('\0') && Buffer.byteLength(v) <= LONGEST_PATH_BYTES,
  ).optional(),
  modules: section({
    TIMER: bundleOf('TIMER'),
    IP: bundleOf('IP'),
    OSPF: bundleOf('OSPF'),
    VRRP: bundleOf('VRRP'),
  }).prefault({}),
  ...scheduling,
  watchdog: section({
    device: absolutePath('a watchdog device, such as /dev/watchdog'),
    every: duration(100, 600_000).default(2000),
  }).optional(),
});

const ip = section({
  lifetime: times.lifetime,
  interfaces: perInterface(
    section({
      interval: times.advertisement,
      /** RFC 1256 4.1: PreferenceLevel, a signed 32-bit number; the least means "never a default router". */
      preference: wholeNumber(-2_147_483_648, 2_147_483_647).default(0),
    }),
  ),
});

const ospf = section({
  area: ipv4('an area id: four numbers with dots, such as 0.0.0.0 for the backbone').default('0.0.0.0'),
  interfaces: perInterface(
    section({
      'hello-interval': times.hello,
      'dead-interval': times.dead,
      /** Of an interface with several addresses, the one that takes part. */
      address: ipv4OrNetwork().optional(),
      priority: z
        .literal(0, {
          error:
            '0: the election of a designated router comes in a later release, this router never stands for it',
        })
        .default(0),
    }),
  ),
});

const vrrpGroups = 'a list of groups with at least one group, or no vrrp section at all';

const vrrp = z
  .array(
    section({
      interface: interfaceName,
      group: wholeNumber(1, 255, ' (RFC 9568 5.2.3)'),
      priority: wholeNumber(1, 255, ', where 255 is for the owner of the addresses (RFC 9568 5.2.4)').default(
        100,
      ),
      interval: times.vrrp,
      preempt: trueOrFalse.default(true),
      checksum: oneOf(['auto', 'rfc9568', 'pseudo-header']).default('auto'),
      addresses: z
        .array(ipv4('an IPv4 address of a host, such as 10.0.1.254', isHostAddress), {
          error: 'a list of IPv4 addresses, such as [10.0.1.254]',
        })
        .min(1, { error: 'at least one IPv4 address' })
        .max(255, { error: 'at most 255 addresses (RFC 9568 5.2.5)' }),
    }),
    { error: vrrpGroups },
  )
  .min(1, { error: vrrpGroups });

export const schema = section({
  router: router.prefault({}),
  interfaces: perInterface(
    section({
      addresses: z
        .array(ipv4WithLength(), { error: 'a list of addresses with lengths, such as [10.0.1.1/24]' })
        .default([]),
    }),
  ).optional(),
  timer: section({ period: times.period }).prefault({}),
  ip: ip.optional(),
  ospf: ospf.optional(),
  vrrp: vrrp.optional(),
  console: section({
    socket: absolutePath('a Unix socket').optional(),
    serial: section({
      path: absolutePath('a serial device'),
      baud: wholeNumber(50, 4_000_000).default(115_200),
    }).optional(),
  }).prefault({}),
  log: section({
    level: oneOf(['debug', 'info', 'warn', 'error']).default('info'),
    format: oneOf(LOG_FORMATS).default('text'),
  }).prefault({}),
});

/**
 * A configuration as read: times in ms, defaults filled in. `console.socket` and `router.state` are absent when the
 * file names none: the console's and the router's own defaults hold then.
 */
export type Config = z.output<typeof schema>;

/** The keys that a mapping at this place may have; none where no mapping with fixed keys belongs. */
export function keysAt(path: readonly PropertyKey[]): string[] {
  let at: unknown = bare(schema);
  for (const step of path) {
    if (at instanceof z.ZodObject) at = bare(at.shape[String(step)]);
    else if (at instanceof z.ZodRecord) at = bare(at.valueType);
    else if (at instanceof z.ZodArray) at = bare(at.element);
    else return [];
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

/** The schema inside defaults, `optional` and what is done before a check. */
function bare(wrapped: unknown): unknown {
  if (
    wrapped instanceof z.ZodOptional ||
    wrapped instanceof z.ZodDefault ||
    wrapped instanceof z.ZodPrefault
  ) {
    return bare(wrapped.unwrap());
  }
  if (wrapped instanceof z.ZodPipe) return bare(wrapped.out);
  return wrapped;
}
