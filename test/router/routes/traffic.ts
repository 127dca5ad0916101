/** Many routes that change while packets go by some of them, with a router that is swapped or let alone. */
import { Dice } from '../live/dice.ts';
import type { Flow } from './flowing.ts';
import type { RouterSections, RoutesPlace, StaticRoutes } from './place.ts';
import type { MonitorTally } from './route-monitor.ts';

/** One that stays, one that leads elsewhere each time, and one of one or two next hops. */
const STREAMED = { stays: '10.9.0.0/18', moves: '10.9.64.0/18', spreads: '10.9.128.0/18' } as const;
export const DESTINATIONS: readonly string[] = ['10.9.0.1', '10.9.64.1', '10.9.128.1'];
const WAYS = ['10.2.0.2', '10.3.0.2'] as const;

export class Traffic {
  readonly #place: RoutesPlace;
  readonly #sections: RouterSections;
  readonly #dice: Dice;
  readonly #ways: number[];
  /** Of IP, as it runs: the file names it. */
  version: string;
  #rounds = 0;

  /** @param routes how many, besides those of the streams */
  constructor(place: RoutesPlace, sections: RouterSections, routes: number, seed: number) {
    this.#place = place;
    this.#sections = sections;
    this.version = sections.version!;
    this.#dice = new Dice(seed);
    this.#ways = Array.from({ length: routes }, () => 0);
  }

  get sections(): RouterSections {
    return { ...this.#sections, version: this.version, routes: this.#routes() };
  }

  /** As the kernel's table is to be. */
  get lines(): string[] {
    return Object.entries(this.#routes()).map(([prefix, hops]) => {
      const each = Object.keys(hops).map((gateway) => `${gateway}%wan${gateway[3] === '2' ? 0 : 1}*1`);
      return `${prefix} ${each.sort().join(' ')}`;
    });
  }

  /** Has so many routes lead elsewhere, by the file. */
  async change(routes: number): Promise<void> {
    this.#rounds++;
    for (let i = 0; i < routes && this.#ways.length > 0; i++)
      this.#ways[this.#dice.int(this.#ways.length)]! ^= 1;
    await this.#place.configure(this.sections);
  }

  /** Streams while something is done. Returns what became of the stream, and what the monitor counted. */
  async during(act: () => Promise<void>): Promise<{ flow: Flow; tally: MonitorTally }> {
    await this.#place.watch();
    await this.#place.startStream(DESTINATIONS);
    await act();
    // Routes of the last change have their packets, too.
    await this.#place.streams(500);
    const flow = await this.#place.endStream();
    return { flow, tally: await this.#place.tally() };
  }

  #routes(): StaticRoutes {
    const odd = this.#rounds % 2;
    const streamed: StaticRoutes = {
      [STREAMED.stays]: { [WAYS[0]]: {} },
      [STREAMED.moves]: { [WAYS[odd]!]: {} },
      [STREAMED.spreads]: odd === 1 ? { [WAYS[0]]: {}, [WAYS[1]]: {} } : { [WAYS[1]]: {} },
    };
    const many = this.#ways.map((way, i) => {
      return [`10.${128 + (i >> 8)}.${i & 255}.0/24`, { [WAYS[way]!]: {} }] as const;
    });
    return { ...streamed, ...Object.fromEntries(many) };
  }
}
