/**
 * The links and IPv4 addresses of this network namespace, whether it forwards there, and what changes of them,
 * through iproute2.
 *
 * A long-lived `ip monitor` says only *that* something changed, its text is not parsed: any output leads,
 * after a short pause that gathers what belongs together, to a new reading of `ip -j address show`, and what
 * differs from the last reading is reported. So a lost or misread line costs nothing.
 */
import { type ChildProcess, execFile, execFileSync } from 'node:child_process';
import { closeSync, openSync, readSync } from 'node:fs';
import { startChild } from './child.ts';
import { DriverError, firstLine } from './errors.ts';

export interface LinkAddress {
  /** In dotted notation. */
  address: string;
  prefixLength: number;
  /** The other end, where the address is point-to-point; the prefix is that of the other end then. */
  peer?: string;
}

/** A link as the kernel has it. */
export interface LinkState {
  name: string;
  /** The kernel's interface index; 0 when there is no such interface any more. */
  index: number;
  /** Set up by the administrator, and there is a carrier. */
  up: boolean;
  /** In bytes. */
  mtu: number;
  /** `00:00:5e:00:01:33`; empty when the link has none. */
  mac: string;
  /** IPv4 only, the kernel's primary address first. */
  addresses: LinkAddress[];
  /** The kernel forwards IPv4 packets that come in here; absent where it does not say. */
  forwarding?: boolean;
}

/** `was` is missing when the interface is new. */
export type LinkChange = (link: LinkState, was: LinkState | undefined) => void;

const READ = ['-j', 'address', 'show'];
const WATCH = ['-o', 'monitor', 'link', 'address', 'netconf'];
/** The kernel's switches are those of the network namespace of the process that looks. */
const SWITCHES = '/proc/sys/net/ipv4/conf';
const LARGEST_OUTPUT = 64 << 20;
/** Milliseconds for which changes are gathered before the links are read. */
const GATHER = 20;
/** A child tells nobody when it has begun to listen: read again this many milliseconds after its start. */
const SETTLE = [100, 500, 2_000, 10_000];
/** Milliseconds until a child that died is started again: doubled each time. */
const FIRST_RETRY = 100;
const LAST_RETRY = 10_000;
/** Milliseconds until a reading that failed is tried again. */
const REREAD = 1_000;
/** A child that lived this many milliseconds worked. */
const LIVED = 5_000;

export class LinkMonitor {
  #known = new Map<string, LinkState>();
  #onChange: LinkChange | undefined;
  #child: ChildProcess | undefined;
  #reading: ChildProcess | undefined;
  /** Something changed while a reading was under way. */
  #stale = false;
  #gather: NodeJS.Timeout | undefined;
  #restart: NodeJS.Timeout | undefined;
  #settle: NodeJS.Timeout[] = [];
  #retry = FIRST_RETRY;
  #guarded = true;
  #lastError = '';

  /** Why the last reading or the last child failed; empty when all is well. */
  get lastError(): string {
    return this.#lastError;
  }

  /** Process id of the child that listens; undefined while there is none. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * Reads all links now. Blocks for some milliseconds: for the start of a program.
   * @throws DriverError LINKS_TOOL_MISSING, LINKS_UNREADABLE
   */
  snapshot(): LinkState[] {
    let output: string;
    try {
      output = execFileSync('ip', READ, {
        encoding: 'utf8',
        maxBuffer: LARGEST_OUTPUT,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    } catch (thrown) {
      throw failure(thrown);
    }
    const links = readLinks(output);
    this.#known = new Map(links.map((link) => [link.name, link]));
    return structuredClone(links);
  }

  /**
   * Reports every difference from the last `snapshot`, from now on; without a snapshot every link is new. An
   * interface that went away is reported with index 0, not up, without addresses. Keeps the program running
   * until `stop`.
   */
  start(onChange: LinkChange): void {
    if (this.#onChange !== undefined) throw new Error('this LinkMonitor is started already');
    this.#onChange = onChange;
    process.once('exit', this.#kill);
    this.#listen();
  }

  /** Nothing is reported after it, no child is left. A second call does nothing. */
  stop(): void {
    this.#onChange = undefined;
    for (const timer of [this.#gather, this.#restart, ...this.#settle]) clearTimeout(timer);
    this.#gather = undefined;
    this.#restart = undefined;
    this.#settle = [];
    this.#stale = false;
    this.#kill();
    this.#child = undefined;
    this.#reading = undefined;
    process.removeListener('exit', this.#kill);
  }

  #kill = (): void => {
    this.#child?.kill('SIGKILL');
    this.#reading?.kill('SIGKILL');
  };

  #listen(): void {
    const child = startChild('ip', WATCH, { output: 'pipe', guarded: this.#guarded });
    const began = performance.now();
    this.#child = child;
    let complaint = '';
    child.stdout?.on('data', () => this.#changed());
    child.stderr?.on('data', (text: Buffer) => {
      complaint = firstLine(text.toString());
      this.#changed();
    });
    const ended = (reason: string) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#lastError = complaint || reason;
      const lived = performance.now() - began;
      if (lived >= LIVED) this.#retry = FIRST_RETRY;
      // One that died at once may have died of a setpriv that is missing or does not know --pdeathsig.
      else this.#guarded = !this.#guarded;
      this.#restart = setTimeout(() => this.#listen(), this.#retry);
      this.#retry = Math.min(this.#retry * 2, LAST_RETRY);
    };
    child.on('error', (error) => ended(firstLine(error)));
    child.on('exit', (code, signal) => ended(`ip monitor ended (${signal ?? code})`));
    for (const timer of this.#settle) clearTimeout(timer);
    this.#settle = SETTLE.map((delay) => setTimeout(() => this.#read(), delay));
  }

  #changed(): void {
    if (this.#onChange === undefined) return;
    this.#gather ??= setTimeout(() => this.#read(), GATHER);
  }

  #read(): void {
    clearTimeout(this.#gather);
    this.#gather = undefined;
    if (this.#reading !== undefined) {
      this.#stale = true;
      return;
    }
    const reading = execFile('ip', READ, { maxBuffer: LARGEST_OUTPUT }, (error, output) => {
      if (this.#reading !== reading) return;
      this.#reading = undefined;
      this.#take(error, output);
    });
    this.#reading = reading;
  }

  #take(error: Error | null, output: string): void {
    try {
      if (error !== null) throw failure(error);
      const links = readLinks(output);
      this.#lastError = '';
      this.#report(links);
    } catch (thrown) {
      if (!(thrown instanceof DriverError)) throw thrown;
      this.#lastError = thrown.message;
      this.#gather ??= setTimeout(() => this.#read(), REREAD);
    }
    if (this.#stale) {
      this.#stale = false;
      this.#changed();
    }
  }

  #report(links: readonly LinkState[]): void {
    const before = this.#known;
    this.#known = new Map(links.map((link) => [link.name, link]));
    for (const was of before.values()) {
      if (!this.#known.has(was.name)) this.#tell(gone(was), was);
    }
    for (const link of links) {
      const was = before.get(link.name);
      if (was === undefined || !same(was, link)) this.#tell(link, was);
    }
  }

  /** The receiver gets copies: what it does with them must not change what is compared next time. */
  #tell(link: LinkState, was: LinkState | undefined): void {
    this.#onChange?.(structuredClone(link), structuredClone(was));
  }
}

/** What `ip -j address show` says of one link, as far as it is read. */
interface Shown {
  ifname: string;
  ifindex: number;
  flags: string[];
  mtu: number;
  address?: string;
  addr_info?: ShownAddress[];
}

/** `address` is the other end's, and missing where that is none but the own one. */
interface ShownAddress {
  family?: string;
  local?: string;
  address?: string;
  prefixlen?: number;
}

/** @throws DriverError LINKS_TOOL_MISSING when this is no output of iproute2 */
function readLinks(output: string): LinkState[] {
  let shown: unknown;
  try {
    shown = JSON.parse(output);
  } catch (thrown) {
    throw toolMissing('the `ip` command found here knows no -j, it is not that of iproute2', thrown);
  }
  if (!Array.isArray(shown)) throw toolMissing('`ip -j address show` gave no list');
  return shown.filter(isShown).map((link) => ({
    name: link.ifname,
    index: link.ifindex,
    // Not RUNNING, shown as NO-CARRIER: it comes up to a second after the carrier.
    up: link.flags.includes('UP') && link.flags.includes('LOWER_UP'),
    mtu: link.mtu,
    mac: link.address ?? '',
    addresses: (link.addr_info ?? []).flatMap(readAddress),
    ...forwardingOf(link.ifname),
  }));
}

function readAddress({ family, local, address: peer, prefixlen }: ShownAddress): LinkAddress[] {
  if (family !== 'inet' || local === undefined || prefixlen === undefined) return [];
  return [{ address: local, prefixLength: prefixlen, ...(peer !== undefined && peer !== local && { peer }) }];
}

function forwardingOf(name: string): Pick<LinkState, 'forwarding'> {
  let file: number;
  try {
    file = openSync(`${SWITCHES}/${name}/forwarding`, 'r');
  } catch {
    return {};
  }
  try {
    const text = Buffer.alloc(1);
    return readSync(file, text) === 1 ? { forwarding: text.toString() !== '0' } : {};
  } catch {
    // The interface went away in between.
    return {};
  } finally {
    closeSync(file);
  }
}

/** iproute2 prints empty objects for links that it left out. */
function isShown(link: unknown): link is Shown {
  if (typeof link !== 'object' || link === null) return false;
  const { ifname, ifindex, flags, mtu } = link as Partial<Shown>;
  return (
    typeof ifname === 'string' &&
    typeof ifindex === 'number' &&
    Array.isArray(flags) &&
    typeof mtu === 'number'
  );
}

function gone({ forwarding: _, ...was }: LinkState): LinkState {
  return { ...was, index: 0, up: false, addresses: [] };
}

function same(a: LinkState, b: LinkState): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function failure(thrown: unknown): DriverError {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  if (code === 'ENOENT') return toolMissing('there is no `ip` command', thrown);
  const said = thrown instanceof Error && 'stderr' in thrown ? String(thrown.stderr) : '';
  if (/busybox/i.test(`${said} ${String(thrown)}`))
    return toolMissing('the `ip` command found here is that of BusyBox', thrown);
  return new DriverError(
    'LINKS_UNREADABLE',
    `\`ip ${READ.join(' ')}\` failed: ${firstLine(said) || firstLine(thrown)}`,
    {
      cause: thrown,
    },
  );
}

function toolMissing(what: string, cause?: unknown): DriverError {
  return new DriverError('LINKS_TOOL_MISSING', `${what}. Install it as root: \`apt-get install iproute2\``, {
    cause,
  });
}
