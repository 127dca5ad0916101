/** Requests of the module, carried out one behind the other, each change in its place. */
import { DriverError, firstLine } from '../errors.ts';
import { ADDRESSES } from '../netlink/address.ts';
import { LINKS } from '../netlink/link.ts';
import { errnoName } from '../netlink/message.ts';
import type { Change, Netlink } from '../netlink/netlink.ts';
import { ROUTES } from '../netlink/route.ts';
import {
  type KernelChange,
  type KernelOut,
  type KernelRefusal,
  type KernelTold,
  MOST_LEAVING,
  MOST_REQUESTS,
} from './datum.ts';
import { setSysctl } from './sysctl.ts';

export type KernelRequest = KernelOut & { do: 'change' };

const ETIMEDOUT = 110;
const EIO = 5;
const EINVAL = 22;
const KINDS = { route: ROUTES, address: ADDRESSES, link: LINKS } as const;
const VERBS: Readonly<Record<string, readonly string[]>> = {
  route: ['replace', 'remove'],
  address: ['replace', 'remove'],
  link: ['add', 'set', 'remove'],
  sysctl: ['set'],
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

export interface RequestEvents {
  /** A request was carried out. */
  done(told: KernelTold & { of: 'done' }): void;
  /** An answer of the kernel was lost: how far it came only a list tells. */
  lost(): void;
}

export class Requests {
  readonly counters: RequestCounters = { requests: 0, changes: 0, refused: 0, lost: 0 };
  readonly #netlink: Netlink;
  readonly #events: RequestEvents;
  readonly #begins: Promise<void>;
  readonly #waiting: KernelRequest[] = [];
  /** Handed over, and their `done` not on its way to the module. */
  #open = 0;
  #begun = 0;
  /** Changes of the one that the kernel works on. */
  #inHand = 0;
  #finished = 0;
  #running: Promise<void> | undefined;

  /** @param begins nothing is carried out before it */
  constructor(netlink: Netlink, events: RequestEvents, begins: Promise<void>) {
    this.#netlink = netlink;
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
    return this.#waiting.reduce((sum, { changes }) => sum + changes.length, this.#inHand);
  }

  /** False: there are too many under way. */
  take(request: KernelRequest): boolean {
    if (this.#open >= (request.leaving === true ? MOST_LEAVING : MOST_REQUESTS)) return false;
    this.#open++;
    this.#waiting.push(request);
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
    for (let request = this.#waiting.shift(); request !== undefined; request = this.#waiting.shift())
      await this.#carryOut(request);
  }

  async #carryOut({ request, changes }: KernelRequest): Promise<void> {
    this.#begun++;
    this.#inHand = changes.length;
    const refusals: KernelRefusal[] = [];
    const was: (string | undefined)[] = [];
    for (let at = 0; at < changes.length; ) {
      const first = changes[at] as KernelChange;
      const wrong = wrongIn(first);
      if (wrong !== undefined) refusals.push({ ...wrong, at: at++ });
      else if (first.kind === 'sysctl') {
        const end = await setSysctl(first);
        was[at] = end.was;
        if (end.refusal !== undefined) refusals.push({ ...end.refusal, at });
        at++;
      } else at = await this.#change(changes, at, refusals);
    }
    this.counters.requests++;
    this.counters.changes += changes.length;
    this.counters.refused += refusals.length;
    this.#inHand = 0;
    this.#finished++;
    this.#events.done({ of: 'done', request, refusals, ...(was.length > 0 && { was }) });
  }

  /** Carries out those up to the next that is none for netlink; returns its place. */
  async #change(changes: readonly KernelChange[], from: number, refusals: KernelRefusal[]): Promise<number> {
    const run: Change[] = [];
    for (let at = from; at < changes.length; at++) {
      const change = changes[at] as KernelChange;
      if (change.kind === 'sysctl' || wrongIn(change) !== undefined) break;
      run.push({ verb: change.verb, kind: KINDS[change.kind], wanted: change.wanted });
    }
    try {
      for (const { at, errno, message } of await this.#netlink.change(run))
        refusals.push({ at: from + at, errno, name: errnoName(errno), message });
    } catch (thrown) {
      this.counters.lost++;
      const timedOut = thrown instanceof DriverError && thrown.code === 'NETLINK_TIMEOUT';
      const errno = timedOut ? ETIMEDOUT : EIO;
      for (const at of run.keys())
        refusals.push({ at: from + at, errno, name: errnoName(errno), message: firstLine(thrown) });
      this.#events.lost();
    }
    return from + run.length;
  }
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
