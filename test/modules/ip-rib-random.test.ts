/**
 * IP beside a kernel and a naive model: links, addresses, static routes, refusals and other programs by chance, data that
 * arrive bit by bit, and swaps between any two inputs. At rest the kernel has what the model says.
 */
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import * as ip from '../../firmware/modules/ip/module.ts';
import type { Config, StaticHop } from '../../firmware/modules/ip/state.ts';
import { testModule } from '../../runtime/testing/index.ts';
import { Chance } from './differential.ts';
import { Rib, staticConfig } from './ip-rib.ts';
import { expectedRoutes } from './ip-rib-model.ts';
import { RouteKernel } from './route-kernel.ts';

const BEFORE = fileURLToPath(new URL('../../firmware/releases/ip-2.3.1.cjs', import.meta.url));
/** They have the same state. */
const [FIRST, SAME, LATER] = ['3.0.0', '3.1.0', '3.2.0'].map((version) =>
  fileURLToPath(new URL(`../../firmware/releases/ip-${version}.cjs`, import.meta.url)),
) as [string, string, string];
const PREFIXES = [
  '10.0.0.0/8',
  '10.7.0.0/16',
  '10.8.0.0/16',
  '10.9.1.0/24',
  '10.9.2.0/24',
  '0.0.0.0/0',
  'fd00:9::/32',
];
const BAD = ['10.0.0.2', '10.0.1.2', '10.0.1.3', 'fd00:1::2'];
const LINKS = [0, 1, 2];
const REST_MS = 130_000;

/** Next hops of these lead over links alone; the others' may lead over these. */
const isGround = (prefix: string) => !prefix.startsWith('10.9.') && prefix !== '0.0.0.0/0';

class Trial {
  readonly chance: Chance;
  readonly kernel = new RouteKernel();
  readonly #indexes = new Map(LINKS.map((i) => [i, i + 2]));
  rib!: Rib;
  config: Config;
  #next = 10;
  swaps = 0;
  /** Routes that were wanted at each instant since the last rest. */
  #always = new Set<string>();

  constructor(seed: number, isGentle: boolean) {
    this.chance = new Chance(seed);
    this.config = this.#someConfig();
    for (const i of LINKS) this.#begin(i);
    if (!isGentle) for (const gateway of this.chance.some(BAD)) this.kernel.bad.add(gateway);
  }

  async start(): Promise<void> {
    this.rib = new Rib(await testModule(ip, { config: this.config, probation: false }), this.kernel);
    this.rib.rest();
    this.mark();
  }

  /** One input. @param isGentle without what has a reason to withdraw routes that stay */
  async step(isGentle: boolean): Promise<void> {
    const { chance, rib } = this;
    const isNew = rib.kit.version !== '2.3.1';
    const dice = chance.whole(100);
    if (dice < 40) rib.carryOut();
    else if (dice < 65) rib.deliver();
    else if (dice < 75) rib.kit.advance(chance.of([0, 1, 50, 300, 2_000]));
    else if (dice < 79) await this.#swap();
    else if (dice < 82 && isNew && !isGentle) {
      this.config = this.#someConfig();
      await rib.configure(this.config);
    } else this.#happen(isGentle);
    rib.look();
    const wanted = new Set(expectedRoutes(this.kernel, this.config).map(idOf));
    for (const id of this.#always) if (!wanted.has(id)) this.#always.delete(id);
  }

  /** All comes to rest; returns what there is, and what there should be. */
  async rest(): Promise<{ has: string[]; wants: string[]; withdrawn: string[] }> {
    if (this.rib.kit.version === '2.3.1') await this.rib.kit.replace(ip);
    this.rib.rest(REST_MS);
    const withdrawn = this.kernel.events.filter(({ did, id }) => did === 'remove' && this.#always.has(id));
    const wants = expectedRoutes(this.kernel, this.config);
    const has = this.kernel.ours();
    this.mark();
    return { has, wants, withdrawn: withdrawn.map(({ id }) => id) };
  }

  mark(): void {
    this.kernel.events.length = 0;
    this.#always = new Set(expectedRoutes(this.kernel, this.config).map(idOf));
  }

  async #swap(): Promise<void> {
    this.swaps++;
    const { kit } = this.rib;
    const all = { '2.3.1': BEFORE, '3.0.0': FIRST, '3.1.0': SAME, '3.2.0': LATER, [ip.manifest.version]: ip };
    const { [kit.version as keyof typeof all]: _running, ...others } = all;
    await kit.replace(this.chance.of(Object.values(others)) as typeof ip);
  }

  #begin(i: number): void {
    this.kernel.addLink(`lan${i}`, this.#indexes.get(i)!);
    this.kernel.addAddress(this.#indexes.get(i)!, `10.0.${i}.1/24`);
    this.kernel.addAddress(this.#indexes.get(i)!, `fd00:${i}::1/64`);
  }

  #happen(isGentle: boolean): void {
    const { chance, kernel } = this;
    const i = chance.of(LINKS);
    const index = this.#indexes.get(i)!;
    const isUp = kernel.links.get(index)?.up === true;
    switch (chance.whole(isGentle ? 7 : 10)) {
      case 0:
        kernel.set(index, isUp ? { up: false, carrier: false } : { up: true, carrier: true });
        if (!isUp) kernel.addAddress(index, `fd00:${i}::1/64`);
        break;
      case 1:
        kernel.set(index, { carrier: !kernel.links.get(index)?.carrier && isUp });
        break;
      case 2:
        if (kernel.addressOf(index, `10.0.${i}.1`)) kernel.removeAddress(index, `10.0.${i}.1`);
        else kernel.addAddress(index, `10.0.${i}.1/24`);
        break;
      case 3:
        kernel.removeLink(index);
        this.#indexes.set(i, this.#next++);
        this.#begin(i);
        break;
      case 4:
        kernel.list();
        break;
      case 5:
        kernel.set(index, { mtu: 1400 + chance.whole(100) });
        break;
      case 6:
        this.#foreign(isGentle);
        break;
      case 7:
        if (kernel.addressOf(index, `10.0.${i}.3`)) kernel.removeAddress(index, `10.0.${i}.3`);
        else kernel.addAddress(index, `10.0.${i}.3/24`);
        break;
      case 8:
        // The kernel does not throw out again a route that it took: gateways only become good.
        kernel.bad.delete(chance.of(BAD));
        break;
      default:
        kernel.removeRoute(`254 ${chance.of(PREFIXES)} 72`);
    }
  }

  #foreign(isGentle: boolean): void {
    const { chance, kernel } = this;
    const prefix = chance.of(PREFIXES.filter((each) => !each.includes(':')));
    const metric = chance.of(isGentle ? [0, 10, 100] : [0, 10, 72, 100]);
    const id = `254 ${prefix} ${metric}`;
    if (kernel.routes.get(id)?.protocol === 4) kernel.removeRoute(id);
    else {
      const [destination = '', length] = prefix.split('/');
      const i = chance.of(LINKS);
      const hop = { gateway: `10.0.${i}.7`, interface: this.#indexes.get(i)! };
      if (kernel.reaches({ ...hop, weight: 1, flags: 0 }))
        kernel.addForeign({ destination, prefixLength: Number(length), protocol: 4, metric, hops: [hop] });
    }
  }

  #someConfig(): Config {
    const routes = this.chance.some(PREFIXES).map((prefix) => [prefix, this.#someHops(prefix)] as const);
    return staticConfig(Object.fromEntries(routes));
  }

  #someHops(prefix: string): Record<string, Partial<StaticHop>> {
    const { chance } = this;
    if (prefix.includes(':')) return { [`fd00:${chance.of(LINKS)}::2`]: {}, 'fd00:1::2': { distance: 3 } };
    const gateways = LINKS.flatMap((i) => [`10.0.${i}.2`, `10.0.${i}.3`]);
    if (!isGround(prefix)) gateways.push('10.8.0.1', '10.7.0.1');
    const hops = chance.some(gateways).map((gateway): [string, Partial<StaticHop>] => {
      const on = gateway.startsWith('10.0.') && chance.once(4) ? `lan${gateway.split('.')[2]}` : undefined;
      return [
        gateway,
        { distance: chance.of([1, 1, 5]), weight: chance.of([1, 2]), ...(on && { interface: on }) },
      ];
    });
    if (chance.once(4) && prefix.startsWith('10.9.')) hops.push([`lan${chance.of(LINKS)}`, {}]);
    if (chance.once(4)) hops.push(['blackhole', { distance: 200 }]);
    return hops.length === 0 ? { blackhole: { distance: 200 } } : Object.fromEntries(hops);
  }
}

function idOf(text: string): string {
  return `${text.split(' ').slice(0, 2).join(' ')} 72`;
}

async function run(t: Test, seed: number, isGentle: boolean): Promise<void> {
  const trial = new Trial(seed, isGentle);
  await trial.start();
  t.teardown(() => trial.rib.kit.runtime.stop());
  let routes = 0;
  for (let round = 0; round < 25; round++) {
    for (let step = 0; step < 40; step++) await trial.step(isGentle);
    const { has, wants, withdrawn } = await trial.rest();
    routes += wants.length;
    if (JSON.stringify(has) !== JSON.stringify(wants)) {
      t.same(has, wants, `seed ${seed}, round ${round}`);
      return;
    }
    if (isGentle && withdrawn.length > 0) {
      t.same(withdrawn, [], `seed ${seed}, round ${round}: routes that stay were withdrawn`);
      return;
    }
  }
  t.ok(routes > 10 && trial.swaps > 10, `${routes} routes at rest, ${trial.swaps} swaps`);
  const { state } = trial.rib.kit;
  t.same([state.requests.size, state.dirty.size, state.dirtyHops.size], [0, 0, 0], 'nothing is left to do');
}

for (let seed = 1; seed <= 6; seed++)
  t.test(`what there is at rest is what the model says: seed ${seed}`, (t) => run(t, seed, false));
for (let seed = 147; seed <= 150; seed++)
  t.test(`no route that stays is withdrawn meanwhile: seed ${seed}`, (t) => run(t, seed, true));
