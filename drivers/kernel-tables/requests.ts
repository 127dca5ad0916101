/** Requests of the module, carried out one behind the other, each change in its place. */
import { setTimeout as pass } from 'node:timers/promises';
import { type DriverCode, DriverError, firstLine } from '../errors.ts';
import { ADDRESSES } from '../netlink/address.ts';
import { LINKS } from '../netlink/link.ts';
import { errnoName } from '../netlink/message.ts';
import type { Change, Netlink } from '../netlink/netlink.ts';
import { ROUTES } from '../netlink/route.ts';
import type { ClosedAddresses } from '../nftables/closed-addresses.ts';
import {
  type KernelChange,
  type KernelClosed,
  type KernelOut,
  type KernelRefusal,
  type KernelSysctl,
  type KernelTold,
  MOST_LEAVING,
  MOST_REQUESTS,
  MOST_WAIT_MS,
} from './datum.ts';
import { setSysctls } from './sysctl.ts';
import { withdrawOwn } from './withdrawal.ts';

export type KernelRequest = KernelOut & { do: 'change' | 'withdraw' };

const ETIMEDOUT = 110;
const EIO = 5;
/** Codes of an answer that did not come. */
const LOST: readonly DriverCode[] = ['NETLINK_TIMEOUT', 'NETLINK_LOST'];
const EINVAL = 22;
const KINDS = { route: ROUTES, address: ADDRESSES, link: LINKS } as const;
const VERBS: Readonly<Record<string, readonly string[]>> = {
  route: ['replace', 'remove'],
  address: ['replace', 'remove'],
  link: ['add', 'set', 'remove'],
  sysctl: ['set'],
  closed: ['replace', 'remove'],
};

export interface RequestCounters {
  /** Requests that were carried out. */
  requests: number;
  changes: number;
  /** Changes that were refused. */
  refused: number;
  /** Requests of which an answer was lost. */
  lost: number;
}

type End = Pick<KernelTold & { of: 'done' }, 'refusals' | 'was'>;

export interface RequestEvents {
  /** A request was carried out. */
  done(told: KernelTold & { of: 'done' }): void;
  /** An answer of the kernel was lost: how far it came only a list tells. */
  lost(): void;
}

export class Requests {
  readonly counters: RequestCounters = { requests: 0, changes: 0, refused: 0, lost: 0 };
  readonly #netlink: Netlink;
  readonly #closed: ClosedAddresses;
  readonly #events: RequestEvents;
  readonly #begins: Promise<void>;
  readonly #waiting: { request: KernelRequest; due: number }[] = [];
  /** Nothing of what was handed over is carried out before that time, in ms of `performance.now`. */
  #due = 0;
  /** Handed over, and their `done` not on its way to the module. */
  #open = 0;
  #begun = 0;
  /** Changes of the one that the kernel works on. */
  #inHand = 0;
  #finished = 0;
  #running: Promise<void> | undefined;

  /** @param begins nothing is carried out before it */
  constructor(netlink: Netlink, closed: ClosedAddresses, events: RequestEvents, begins: Promise<void>) {
    this.#netlink = netlink;
    this.#closed = closed;
    this.#events = events;
    this.#begins = begins;
  }

  /** How many the kernel was asked to carry out so far, and of how many the end is known. */
  get begun(): number {
    return this.#begun;
  }

  get finished(): number {
    return this.#finished;
  }

  /** Changes that were handed over and not carried out yet. */
  get left(): number {
    return this.#waiting.reduce((sum, { request }) => sum + sizeOf(request), this.#inHand);
  }

  /** Until the last of those that wait for their time is due, in ms. */
  get waits(): number {
    return Math.max(0, this.#due - performance.now());
  }

  /** False: there are too many under way. */
  take(request: KernelRequest): boolean {
    const leaves = request.do === 'withdraw' || request.leaving === true;
    if (this.#open >= (leaves ? MOST_LEAVING : MOST_REQUESTS)) return false;
    this.#open++;
    const due = performance.now() + waitOf(request);
    this.#due = Math.max(this.#due, due);
    this.#waiting.push({ request, due });
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return true;
  }

  /** A `done` is on its way to the module: another request may come. */
  told(): void {
    this.#open--;
  }

  /** Resolves when all that was handed over is carried out. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #run(): Promise<void> {
    await this.#begins;
    for (let [next] = this.#waiting; next !== undefined; [next] = this.#waiting) {
      const wait = next.due - performance.now();
      if (wait > 0) await pass(wait);
      this.#waiting.shift();
      await this.#carryOut(next.request);
    }
  }

  async #carryOut(request: KernelRequest): Promise<void> {
    this.#begun++;
    this.#inHand = sizeOf(request);
    const end = request.do === 'change' ? await this.#changeAll(request.changes) : await this.#withdraw();
    this.counters.requests++;
    this.counters.refused += end.refusals.length;
    this.#inHand = 0;
    this.#finished++;
    this.#events.done({ of: 'done', request: request.request, ...end });
  }

  async #withdraw(): Promise<End> {
    try {
      const { removed, refusals } = await withdrawOwn(this.#netlink);
      this.counters.changes += removed + refusals.length;
      return { refusals };
    } catch (thrown) {
      return { refusals: this.#lost([0], thrown) };
    }
  }

  async #changeAll(changes: readonly KernelChange[]): Promise<End> {
    const refusals: KernelRefusal[] = [];
    const was: (string | undefined)[] = [];
    for (let at = 0; at < changes.length; ) {
      const first = changes[at] as KernelChange;
      const wrong = wrongIn(first);
      if (wrong !== undefined) refusals.push({ ...wrong, at: at++ });
      else if (first.kind === 'sysctl') {
        const joined = joinedFrom(changes, at);
        for (const end of await setSysctls(joined)) {
          was[at] = end.was;
          if (end.refusal !== undefined) refusals.push({ ...end.refusal, at });
          at++;
        }
      } else if (first.kind === 'closed') at = await this.#close(changes, at, refusals);
      else at = await this.#change(changes, at, refusals);
    }
    this.counters.changes += changes.length;
    return { refusals, ...(was.length > 0 && { was }) };
  }

  /** Carries out those up to the next that is none for netlink; returns its place. */
  async #change(changes: readonly KernelChange[], from: number, refusals: KernelRefusal[]): Promise<number> {
    const run: Change[] = [];
    for (let at = from; at < changes.length; at++) {
      const change = changes[at] as KernelChange;
      if (change.kind === 'sysctl' || change.kind === 'closed' || wrongIn(change) !== undefined) break;
      run.push({ verb: change.verb, kind: KINDS[change.kind], wanted: change.wanted });
    }
    try {
      for (const { at, errno, message } of await this.#netlink.change(run))
        refusals.push({ at: from + at, errno, name: errnoName(errno), message });
    } catch (thrown) {
      const places = Array.from(run.keys(), (at) => from + at);
      refusals.push(...this.#lost(places, thrown));
    }
    return from + run.length;
  }

  /** Carries out those up to the next that is none of closed addresses; returns its place. */
  async #close(changes: readonly KernelChange[], from: number, refusals: KernelRefusal[]): Promise<number> {
    const run: KernelClosed[] = [];
    for (let at = from; at < changes.length; at++) {
      const change = changes[at] as KernelChange;
      if (change.kind !== 'closed' || wrongIn(change) !== undefined) break;
      run.push(change);
    }
    const refusal = await this.#closed.change(run);
    if (refusal !== undefined) {
      const { errno, message } = refusal;
      for (const at of run.keys()) refusals.push({ at: from + at, errno, name: errnoName(errno), message });
    }
    return from + run.length;
  }

  /** Nobody knows which of these were carried out. */
  #lost(places: readonly number[], thrown: unknown): KernelRefusal[] {
    this.counters.lost++;
    const errno = thrown instanceof DriverError && LOST.includes(thrown.code) ? ETIMEDOUT : EIO;
    this.#events.lost();
    return places.map((at) => ({ at, errno, name: errnoName(errno), message: firstLine(thrown) }));
  }
}

/** The value that is set there, with those that are set in the same instant. */
function joinedFrom(changes: readonly KernelChange[], from: number): KernelSysctl[] {
  const joined: KernelSysctl[] = [];
  for (let at = from; at < changes.length; at++) {
    const change = changes[at] as KernelChange;
    if (wrongIn(change) !== undefined || change.kind !== 'sysctl') break;
    joined.push(change);
    if (change.joined !== true) break;
  }
  return joined;
}

function waitOf({ after }: KernelRequest): number {
  return typeof after === 'number' && after > 0 ? Math.min(after, MOST_WAIT_MS) : 0;
}

function sizeOf(request: KernelRequest): number {
  return request.do === 'change' ? request.changes.length : 1;
}

/** A module is another program, which may say anything. */
function wrongIn(change: KernelChange): Omit<KernelRefusal, 'at'> | undefined {
  const { kind, verb } = (change ?? {}) as { kind?: string; verb?: string };
  if (Object.hasOwn(VERBS, kind ?? '') && VERBS[kind ?? '']?.includes(verb ?? '')) {
    const { wanted } = change as { wanted?: unknown };
    if (kind === 'sysctl' || (typeof wanted === 'object' && wanted !== null)) return undefined;
  }
  return {
    errno: EINVAL,
    name: errnoName(EINVAL),
    message: `there is no change "${verb} ${kind}" of this form`,
  };
}
