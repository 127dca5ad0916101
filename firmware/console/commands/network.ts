/** The commands that show the host's network, and try it: by the host's own programs, without a shell. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DriverError } from '../../../drivers/errors.ts';
import { didYouMean } from '../../../runtime/nearest.ts';
import { FirmwareError } from '../../errors.ts';
import type { Answer } from '../answer.ts';
import { type Argument, type Call, type Command, command, showing } from '../command.ts';
import { WORK_MS } from '../patience.ts';
import { runProgram } from '../programs.ts';
import { type Column, cell, table } from '../tables.ts';
import { parseNumber, shown } from '../words.ts';

/** A host by name or address. It begins with no `-`: it is never an option of a program. */
const HOST_TEXT = /^[A-Za-z0-9:][A-Za-z0-9.:_%-]{0,252}$/;
const MOST_ECHOES = 1000;
const ECHOES = '5';
/** Between the two readings that a rate is of, in ms. */
const RATE_MS = 1000;
/** Hops of a trace, and how long it may take in all, in ms. */
const MOST_HOPS = '30';
const TRACE_MS = 180_000;
const READ_MS = 10_000;
/** Interfaces that an error names. */
const MOST_NAMED = 12;

const HOST: Argument = { kind: 'text', label: 'HOST', help: 'a name or an address', check: checkHost };

/** @throws FirmwareError `HOST_INVALID` */
function checkHost(text: string): void {
  if (HOST_TEXT.test(text)) return;
  throw new FirmwareError(
    'HOST_INVALID',
    `"${shown(text)}" is no name and no address of a host; write 10.0.0.1, 2001:db8::1 or r1.example.net`,
  );
}

const echoes = (text: string) =>
  parseNumber(text, MOST_ECHOES, 'number of packets', 'such as "ping 10.0.0.1 count 5"');

export const NETWORK_COMMANDS: readonly Command[] = [
  command<string | undefined>({
    words: ['show', 'interfaces'],
    takes: [{ kind: 'interface', label: 'NAME', optional: true }],
    harmless: true,
    help: "the host's interfaces, or one: state, MTU, addresses, packets, and bits/s over one second",
    read: ({ values: [name] }) => name,
    run: interfaces,
  }),
  showing('routes', "the kernel's IPv4 routes", routes),
  command<{ host: string; count: number }>({
    words: ['ping'],
    takes: [HOST],
    options: [
      { word: 'count', help: 'how many packets', takes: [{ kind: 'number', label: 'N', check: echoes }] },
    ],
    harmless: true,
    help: `send ${ECHOES} echo requests, or as many as count says; Ctrl-C ends it`,
    read: ({ values: [host], given }) => ({ host: host!, count: echoes(given.get('count')?.[0] ?? ECHOES) }),
    run: ({ host, count }, { caller }) =>
      tried(
        'ping',
        ['-n', '-c', String(count), '-w', String(count + 5), host],
        caller,
        WORK_MS + count * 1000,
      ),
    interruptible: () => true,
    silence: ({ count }) => WORK_MS + count * 1000,
  }),
  command<string>({
    words: ['traceroute'],
    takes: [HOST],
    harmless: true,
    help: 'the routers on the way to a host; Ctrl-C ends it',
    read: ({ values: [host] }) => host!,
    run: (host, { caller }) =>
      tried('traceroute', ['-n', '-m', MOST_HOPS, '-w', '2', host], caller, TRACE_MS),
    interruptible: () => true,
    silence: () => TRACE_MS,
  }),
];

/** The words of other routers for what this one shows of its host. */
export const NETWORK_ALIASES: Readonly<Record<string, string>> = {
  'show ip interface brief': 'show interfaces',
  'show interface': 'show interfaces',
  'show ip route': 'show routes',
};

async function tried(
  program: string,
  args: readonly string[],
  caller: Call['caller'],
  longest: number,
): Promise<Answer> {
  const ran = await runProgram(program, args, caller, longest);
  // A caller that saw the lines as they came does not see them twice.
  const lines = caller.say === undefined ? ran.lines : [];
  const data = { lines: ran.lines, code: ran.code ?? null, interrupted: ran.interrupted };
  if (ran.code === 0 || ran.interrupted) return { lines, data };
  const message = `${program} ended with ${ran.code ?? 'a signal'}: ${ran.lines.at(-1) ?? 'it said nothing'}`;
  return { lines, data, error: { code: 'PROGRAM_FAILED', message } };
}

/** @throws FirmwareError `PROGRAM_MISSING`, `PROGRAM_FAILED` */
async function readJson(args: readonly string[], { caller }: Call): Promise<Record<string, unknown>[]> {
  const { signal } = caller;
  const { code, lines } = await runProgram('ip', args, signal === undefined ? {} : { signal }, READ_MS);
  try {
    const read: unknown = JSON.parse(lines.join('\n') || '[]');
    if (code === 0 && Array.isArray(read)) return read;
  } catch {
    // Told below.
  }
  throw new FirmwareError('PROGRAM_FAILED', `ip ${args.join(' ')} said: ${shown(lines[0] ?? 'nothing')}`);
}

interface InterfaceRow {
  name: string;
  state: string;
  mtu: number;
  mac: string;
  addresses: string[];
  received: number;
  sent: number;
  dropped: number;
  receivedBytes: number;
  sentBytes: number;
  /** In bits/s; absent where the interface has just come. */
  receiveRate?: number;
  sendRate?: number;
}

const INTERFACE_COLUMNS: readonly Column<InterfaceRow>[] = [
  { title: 'INTERFACE', value: ({ name }) => cell(name) },
  { title: 'STATE', value: ({ state }) => cell(state) },
  { title: 'MTU', value: ({ mtu }) => mtu },
  { title: 'MAC', value: ({ mac }) => cell(mac) },
  { title: 'ADDRESSES', value: ({ addresses }) => cell(addresses) },
  { title: 'RECEIVED', value: ({ received }) => received },
  { title: 'SENT', value: ({ sent }) => sent },
  { title: 'DROPPED', value: ({ dropped }) => dropped },
  { title: 'RECEIVED bit/s', value: ({ receiveRate }) => receiveRate ?? '-' },
  { title: 'SENT bit/s', value: ({ sendRate }) => sendRate ?? '-' },
];

/** Nothing is polled while nobody asks: a rate is of two readings. */
async function interfaces(name: string | undefined, call: Call): Promise<Answer> {
  const read = async () => {
    const rows = (await readJson(['-j', '-s', 'address', 'show'], call)).map(interfaceRow);
    return name === undefined ? rows : [named(name, rows)];
  };
  const first = new Map((await read()).map((row) => [row.name, row]));
  const begun = performance.now();
  await sleep(RATE_MS);
  const now = await read();
  const seconds = (performance.now() - begun) / 1000;
  const data = now.map((row) => withRates(row, first.get(row.name), seconds));
  return { lines: table(data, INTERFACE_COLUMNS, 'no interfaces'), head: 1, data };
}

/** @throws DriverError `INTERFACE_UNKNOWN` */
function named(name: string, rows: readonly InterfaceRow[]): InterfaceRow {
  const found = rows.find((row) => row.name === name);
  if (found !== undefined) return found;
  const names = rows.map((row) => row.name);
  const list = [...names.slice(0, MOST_NAMED), ...(names.length > MOST_NAMED ? ['…'] : [])].join(', ');
  throw new DriverError(
    'INTERFACE_UNKNOWN',
    `there is no interface "${shown(name)}"${didYouMean(name, names)}; this host has ${list}`,
  );
}

function withRates(row: InterfaceRow, before: InterfaceRow | undefined, seconds: number): InterfaceRow {
  if (before === undefined) return row;
  // Where another interface has the name by now, its counters begin anew.
  const rate = (now: number, was: number) => Math.max(0, Math.round((8 * (now - was)) / seconds));
  return {
    ...row,
    receiveRate: rate(row.receivedBytes, before.receivedBytes),
    sendRate: rate(row.sentBytes, before.sentBytes),
  };
}

function interfaceRow(link: Record<string, unknown>): InterfaceRow {
  const stats = recordOf(link.stats64);
  const [rx, tx] = [recordOf(stats.rx), recordOf(stats.tx)];
  const flags = listOf(link.flags);
  const isUp = flags.includes('UP');
  return {
    name: String(link.ifname),
    state: isUp ? (flags.includes('LOWER_UP') ? 'up' : 'no carrier') : 'down',
    mtu: Number(link.mtu),
    mac: link.link_type === 'ether' ? String(link.address) : '',
    addresses: listOf(link.addr_info).map((each) => {
      const { local, prefixlen } = recordOf(each);
      return `${local}/${prefixlen}`;
    }),
    received: Number(rx.packets ?? 0),
    sent: Number(tx.packets ?? 0),
    dropped: Number(rx.dropped ?? 0) + Number(tx.dropped ?? 0),
    receivedBytes: Number(rx.bytes ?? 0),
    sentBytes: Number(tx.bytes ?? 0),
  };
}

interface RouteRow {
  to: string;
  via: string;
  interface: string;
  source: string;
  metric: number;
  protocol: string;
}

const ROUTE_COLUMNS: readonly Column<RouteRow>[] = [
  { title: 'TO', value: ({ to }) => cell(to) },
  { title: 'VIA', value: ({ via }) => cell(via) },
  { title: 'INTERFACE', value: (route) => cell(route.interface) },
  { title: 'SOURCE', value: ({ source }) => cell(source) },
  { title: 'METRIC', value: ({ metric }) => metric },
  { title: 'BY', value: ({ protocol }) => cell(protocol) },
];

async function routes(call: Call): Promise<Answer> {
  const data = (await readJson(['-j', '-4', 'route', 'show'], call)).map((route) => ({
    to: String(route.dst),
    via: String(route.gateway ?? ''),
    interface: String(route.dev ?? ''),
    source: String(route.prefsrc ?? ''),
    metric: Number(route.metric ?? 0),
    protocol: String(route.protocol ?? ''),
  }));
  return { lines: table(data, ROUTE_COLUMNS, 'no routes'), head: 1, data };
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
