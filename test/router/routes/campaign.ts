/**
 * Random steps: links, addresses, routes of others, configurations, swaps and deaths of the router. After some of them, when
 * all is at rest, our routes in the kernel are compared with what they should be.
 */
import { Dice } from '../live/dice.ts';
import { CABLES, CabledHost } from './cabled-host.ts';
import { expectedLines } from './expectation.ts';
import { foreignLines, type RoutesPlace, type StaticRoutes, type StaticSettings } from './place.ts';
import { BEFORE, ONE, OTHER } from './versions.ts';

const PATIENCE = 45_000;
/** Routes of an earlier start are swept after this time. */
const KEEP = '1s';
/** The router puts a route back five times a minute, and then at a slow pace. */
const MOST_REMOVED = 4;
const REMOVED_IN = 60_000;

/** Routes to these lead to neighbours; those to the others may lead over them. */
const TRANSIT = ['10.40.0.0/24', '10.40.1.0/24', '10.40.1.128/25', 'fd00:40::/64'];
const BEYOND = [...Array.from({ length: 8 }, (_, i) => `10.50.${i}.0/24`), 'fd00:50::/64', 'fd00:51::/64'];
const OVER = ['10.40.0.9', '10.40.1.9', '10.40.1.200'];
const FOREIGN = [
  // By a link that stays.
  '10.40.0.0/24 via 10.1.0.2 proto 200 metric 10',
  '10.40.1.0/24 via 10.1.0.2 proto 200 metric 500',
  ...CABLES.map((n) => `10.50.${n}.0/24 via 10.2${n}.0.2 proto 200`),
  '10.50.4.0/24 via 10.20.0.2 proto 200 metric 300',
  'blackhole 10.50.5.0/24 proto 200 metric 72',
  'fd00:50::/64 via fd00:20::2 proto 200 metric 9',
];

export interface RouteCampaignReport {
  steps: Record<string, number>;
  comparisons: number;
  routes: number;
}

export class RouteCampaign {
  readonly #place: RoutesPlace;
  readonly #dice: Dice;
  readonly #host: CabledHost;
  readonly #log: string[] = [];
  readonly #done: Record<string, number> = {};
  readonly #removed = new Map<string, number[]>();
  #routes: StaticRoutes = {};
  #version: string = ONE;
  #comparisons = 0;
  #compared = 0;

  private constructor(place: RoutesPlace, seed: number) {
    this.#place = place;
    this.#dice = new Dice(seed);
    this.#host = new CabledHost(place);
  }

  /** @returns what was done @throws an Error that tells the last steps when the kernel's table is not as it should be */
  static async run(
    place: RoutesPlace,
    seed: number,
    goesOn: (step: number) => boolean,
  ): Promise<RouteCampaignReport> {
    const campaign = new RouteCampaign(place, seed);
    for (const prefix of [...TRANSIT, ...BEYOND]) campaign.#rewrite(prefix);
    place.write(campaign.#sections());
    await place.launch();
    await campaign.#compare();
    for (let step = 1; goesOn(step); step++) {
      await campaign.#step();
      if (campaign.#dice.percent(30)) await campaign.#compare();
    }
    await campaign.#compare();
    return { steps: campaign.#done, comparisons: campaign.#comparisons, routes: campaign.#compared };
  }

  async #step(): Promise<void> {
    const at = this.#dice.int(100);
    if (at < 60) this.#happens();
    else if (at < 85) await this.#configures();
    else if (at < 95) await this.#swaps();
    else if (at < 98) await this.#goesBack();
    else await this.#dies();
  }

  /** Something happens to the host. */
  #happens(): void {
    const n = this.#dice.pick(CABLES);
    const host = this.#host;
    const [what, act] = this.#dice.pick<[string, () => void]>([
      ['link', () => host.toggle(n)],
      ['link', () => host.toggle(n)],
      ['link', () => host.toggle(n)],
      ['carrier', () => host.toggleCarrier(n)],
      ['second', () => host.toggleSecond(n)],
      ['second', () => host.toggleSecond(n)],
      ['renumber', () => host.renumber(n)],
      ['rename', () => host.rename(n)],
      ['remake', () => this.#remakes(n)],
      ['foreign', () => this.#foreign()],
      ['foreign', () => this.#foreign()],
      ['removed', () => this.#removes()],
    ]);
    this.#note(what, String(n));
    act();
  }

  #remakes(n: number): void {
    this.#host.delete(n);
    this.#host.make(n);
  }

  #foreign(): void {
    const route = this.#dice.pick(FOREIGN);
    this.#log.push(`  ${route}`);
    this.#host.toggleForeign(route);
  }

  #removes(): void {
    const prefix = this.#dice.pick([...TRANSIT, ...BEYOND]);
    const now = performance.now();
    const before = (this.#removed.get(prefix) ?? []).filter((at) => now - at < REMOVED_IN);
    if (before.length >= MOST_REMOVED) return;
    this.#removed.set(prefix, [...before, now]);
    this.#log.push(`  ${prefix}`);
    this.#host.removeOurs(prefix);
  }

  async #configures(): Promise<void> {
    const prefixes = Array.from({ length: 1 + this.#dice.int(4) }, () =>
      this.#dice.pick([...TRANSIT, ...BEYOND]),
    );
    for (const prefix of prefixes) this.#rewrite(prefix);
    this.#note(
      'configure',
      prefixes.map((each) => `${each} ${JSON.stringify(this.#routes[each])}`).join(', '),
    );
    await this.#untouched(() => this.#place.configure(this.#sections()));
  }

  async #swaps(): Promise<void> {
    this.#version = this.#version === ONE ? OTHER : ONE;
    this.#note('swap', this.#version);
    await this.#untouched(() => this.#place.configure(this.#sections()));
  }

  /** To a version without routes and back, while the world goes on. */
  async #goesBack(): Promise<void> {
    this.#note('back', BEFORE);
    await this.#compare();
    const before = await this.#place.ours();
    await this.#untouched(() => this.#place.configure({ version: BEFORE }));
    const after = await this.#place.ours();
    if (before.join() !== after.join())
      throw new Error(this.#told(`ours were\n${before.join('\n')}\nand are\n${after.join('\n')}`));
    for (let i = this.#dice.int(3); i > 0; i--) this.#happens();
    await this.#untouched(() => this.#place.configure(this.#sections()));
  }

  async #dies(): Promise<void> {
    this.#note('kill');
    await this.#place.kill('SIGKILL');
    for (let i = this.#dice.int(3); i > 0; i--) this.#happens();
    await this.#place.launch();
  }

  /** Routes of other programs are as they were before. */
  async #untouched(act: () => Promise<void>): Promise<void> {
    const before = foreignLines((await this.#place.tables()).routes);
    await act();
    const after = foreignLines((await this.#place.tables()).routes);
    if (before.join() !== after.join())
      throw new Error(
        this.#told(`routes of others were\n${before.join('\n')}\nand are\n${after.join('\n')}`),
      );
  }

  async #compare(): Promise<void> {
    this.#comparisons++;
    let compared = 0;
    const faults = await this.#place.comesToWhat((tables) => {
      const lines = expectedLines(tables, this.#routes);
      compared = lines.length;
      return lines;
    }, PATIENCE);
    this.#compared += compared;
    if (faults.length > 0) throw new Error(this.#told(faults.join('\n')));
  }

  #told(what: string): string {
    return `${what}\nafter\n${this.#log.slice(-12).join('\n')}\n${this.#place.output.slice(-1500)}`;
  }

  #note(what: string, how = ''): void {
    this.#done[what] = (this.#done[what] ?? 0) + 1;
    this.#log.push(`${what} ${how}`);
  }

  #sections() {
    return { version: this.#version, ip: { 'keep-routes': KEEP }, routes: this.#routes };
  }

  /** Another way to a prefix, or none. */
  #rewrite(prefix: string): void {
    const { [prefix]: _, ...others } = this.#routes;
    const hops = this.#dice.percent(15) ? {} : this.#hops(prefix);
    this.#routes = Object.keys(hops).length === 0 ? others : { ...others, [prefix]: hops };
  }

  #hops(prefix: string): Record<string, StaticSettings> {
    const dice = this.#dice;
    if (dice.percent(10)) return { [dice.pick(['blackhole', 'unreachable'])]: {} };
    const neighbors = prefix.includes(':')
      ? CABLES.map((n) => `fd00:2${n}::2`)
      : CABLES.flatMap((n) => [`10.2${n}.0.2`, `10.2${n}.0.3`, `10.3${n}.0.2`, `r${n}`]);
    const over = BEYOND.includes(prefix) && !prefix.includes(':') ? OVER : [];
    const some = Array.from({ length: 1 + dice.int(4) }, () => dice.pick([...neighbors, ...over]));
    return Object.fromEntries(
      some.map((name) => [
        name,
        { ...(dice.percent(25) && { distance: 200 }), ...(dice.percent(15) && { weight: 1 + dice.int(3) }) },
      ]),
    );
  }
}
