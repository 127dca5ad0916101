/**
 * Speeds of links, which no event of links has: each link that is told with a carrier is asked after, and told again where its
 * speed is another. A kernel without ethtool's family tells none.
 */
import { hasCarrier } from '../carriers.ts';
import { NETLINK_GENERIC } from '../netlink/constants.ts';
import type { Link } from '../netlink/link.ts';
import { ETHTOOL_FAMILY, FAMILIES, type LinkSpeed, linkSpeeds } from '../netlink/link-speed.ts';
import { isRefusal, Netlink, type Refusal } from '../netlink/netlink.ts';
import { openNetlink } from '../netlink/socket.ts';

export interface SpeedHooks {
  /** Whether to tell now: not while all is listed. */
  mayTell(): boolean;
  /** A link, as it was told last, has another speed. */
  found(link: Link): void;
}

/** Milliseconds from what is told to the question, and between two questions. */
const PERIOD = 5;
/** After a question that failed. */
const RETRY = 1_000;

export class Speeds {
  readonly #hooks: SpeedHooks;
  readonly #netlink = new Netlink({ open: (size) => openNetlink(size, NETLINK_GENERIC) });
  /** By index, in Mbit/s. */
  readonly #speeds = new Map<number, number>();
  /** By index, links that are to be asked after, as they were told last. */
  readonly #waiting = new Map<number, Link>();
  /** Those that are asked after now; not those that were told meanwhile, or are gone. */
  #asked = new Map<number, Link>();
  /** Number of the family; 0 before it is known, undefined where there is none. */
  #family: number | undefined = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(hooks: SpeedHooks) {
    this.#hooks = hooks;
  }

  /** Takes note of a link, of a list or as an event. Returns it with its speed, as far as that is known. */
  told(link: Link, gone: boolean): Link {
    const { index } = link;
    this.#asked.delete(index);
    if (gone) {
      this.#waiting.delete(index);
      this.#speeds.delete(index);
      return link;
    }
    // Without a carrier the driver does not know: the speed of before is the best guess at the next.
    if (hasCarrier(link) && this.#family !== undefined) {
      this.#waiting.set(index, link);
      this.#askLater(PERIOD);
    }
    return withSpeed(link, this.#speeds.get(index));
  }

  /** Asks no more. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#netlink.close();
  }

  #askLater(ms: number): void {
    if (this.#stopped) return;
    this.#timer ??= setTimeout(() => {
      void this.#ask()
        .catch(() => RETRY)
        .then((pause) => {
          this.#timer = undefined;
          if (this.#waiting.size > 0) this.#askLater(pause);
        });
    }, ms);
  }

  /** Returns the pause until the next question, in ms. */
  async #ask(): Promise<number> {
    this.#family ||= await this.#familyId();
    if (this.#family === undefined) {
      this.#waiting.clear();
      return PERIOD;
    }
    this.#asked = new Map(this.#waiting);
    this.#waiting.clear();
    const questions = [...this.#asked.keys()].map((index) => ({ index }));
    try {
      const answers = await this.#netlink.read(linkSpeeds(this.#family), questions);
      for (const [at, { index }] of questions.entries()) this.#take(index, answers[at]!);
      return PERIOD;
    } catch {
      for (const [index, link] of this.#asked) this.#waiting.set(index, link);
      return RETRY;
    }
  }

  /** Undefined where the kernel has no such family. @throws DriverError */
  async #familyId(): Promise<number | undefined> {
    const [family] = await this.#netlink.read(FAMILIES, [{ name: ETHTOOL_FAMILY }]);
    return family === undefined || isRefusal(family) ? undefined : family.id;
  }

  /** A driver that refuses the question knows no speed. */
  #take(index: number, answer: LinkSpeed | Refusal): void {
    const link = this.#asked.get(index);
    if (this.#stopped || link === undefined) return;
    const speed = isRefusal(answer) ? undefined : answer.speed;
    if (speed === this.#speeds.get(index)) return;
    if (!this.#hooks.mayTell()) {
      this.#waiting.set(index, link);
      return;
    }
    if (speed === undefined) this.#speeds.delete(index);
    else this.#speeds.set(index, speed);
    this.#hooks.found(withSpeed(link, speed));
  }
}

function withSpeed(link: Link, speed: number | undefined): Link {
  return speed === undefined ? link : { ...link, speed };
}
