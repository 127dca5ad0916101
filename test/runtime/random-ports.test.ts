/** Whatever is opened, changed and closed, and whatever becomes of the swaps in between: open is what the version in service says. */
import t from 'tap';
import { nativeWatch } from '../../runtime/native/watch.ts';
import { wholeFrom } from '../random.ts';
import { type Wire, Wires, wireUser } from './wires.ts';
import { turns, Workshop } from './workshop.ts';

/** `PORT_ROUNDS=20000 PORT_SEED=7 node test/run.mjs --timeout 3600 test/runtime/random-ports.test.ts` is the long form. */
const ROUNDS = Number(process.env.PORT_ROUNDS ?? 250);
const SEED = Number(process.env.PORT_SEED ?? Date.now() % 1e6);
const KEYS = ['a', 'b', 'c', 'd', 'e'];
/** By version: what it declares, and the keys that its start says. */
const VERSIONS = [
  { version: '1.0.0', speed: 10, says: KEYS },
  { version: '1.1.0', speed: 10, says: KEYS },
  { version: '1.2.0', speed: 20, says: KEYS },
  { version: '1.3.0', speed: 10, says: ['a', 'b'] },
] as const;
type Version = (typeof VERSIONS)[number];

/** The module as it should be. */
class Model {
  /** By key, the settings in its state. */
  readonly uses = new Map<string, number>();
  /** Those of them that are open. */
  open = new Map<string, number>();
  version: Version = VERSIONS[0];

  use(key: string, settings: number): void {
    this.uses.set(key, settings);
    this.open.set(key, settings);
  }

  leave(key: string): void {
    this.uses.delete(key);
    this.open.delete(key);
  }

  swapped(version: Version): void {
    this.version = version;
    const says: readonly string[] = version.says;
    this.open = new Map([...this.uses].filter(([key]) => says.includes(key)));
  }
}

/** Faults of the wires, in words; empty when all is as it should be. */
function wrong(
  wires: Wires,
  { open, version }: Model,
  before: Map<string, Wire>,
  kept: Set<string>,
): string[] {
  const found: string[] = [];
  const now = wires.open;
  for (const wire of wires.made)
    if (wire.opened !== 1 || wire.closed > 1)
      found.push(`${wire.request.key} opened ${wire.opened}×, closed ${wire.closed}×`);
  const isOpen = wires.made
    .filter((wire) => wire.isOpen)
    .map(({ request, settings }) => `${request.key}=${settings}`);
  const should = [...open].map(([key, settings]) => `${key}=${settings}`);
  if (isOpen.sort().join() !== should.sort().join()) found.push(`open are ${isOpen}, not ${should}`);
  for (const [key, wire] of now) {
    if (wire.request.declaration.speed !== version.speed) found.push(`${key} is declared otherwise`);
    if (kept.has(key) && before.has(key) && before.get(key) !== wire)
      found.push(`${key} was closed on the way`);
  }
  return found;
}

class Campaign {
  readonly model = new Model();
  readonly tally = { committed: 0, aborted: 0, back: 0, cut: 0 };
  readonly #random: (n: number) => number;
  readonly #shop: Workshop;
  readonly #wires: Wires;
  /** The version that a rollback leads to. */
  #previous: Version | undefined;
  /** Keys that stay open all the time. */
  #kept = new Set<string>();

  constructor(shop: Workshop, wires: Wires) {
    this.#shop = shop;
    this.#wires = wires;
    this.#random = wholeFrom(SEED);
  }

  /** Returns what is wrong afterwards. */
  async round(): Promise<string[]> {
    const { open } = this.#wires;
    this.#kept = new Set(open.keys());
    const kind = this.#random(20);
    if (kind === 0 && nativeWatch() !== undefined) this.#spin();
    else if (kind < 12) this.#say()();
    else await this.#swap();
    await turns(2);
    return wrong(this.#wires, this.model, open, this.#kept);
  }

  #spin(): void {
    this.tally.cut++;
    this.#shop.runtime.send('USER', 'useAndSpin', KEYS[this.#random(KEYS.length)]);
  }

  /** Sends a message; returns its effect on the model. */
  #say(): () => void {
    const key = KEYS[this.#random(KEYS.length)]!;
    const settings = this.#random(3);
    const leaves = this.#random(4) === 0;
    this.#shop.runtime.send('USER', leaves ? 'leave' : 'use', leaves ? key : { key, settings });
    return () => {
      if (leaves) this.model.leave(key);
      else this.model.use(key, settings);
      this.#keepOpen();
    };
  }

  #keepOpen(): void {
    for (const key of this.#kept) if (!this.model.open.has(key)) this.#kept.delete(key);
  }

  async #swap(): Promise<void> {
    const { runtime } = this.#shop;
    const faults = runtime.faults!;
    const effects: (() => void)[] = [];
    const at = ['drain', 'freeze', 'start', 'adopt', 'serve'][this.#random(5)];
    faults.onStep = (step) => {
      if (step === at) effects.push(this.#say());
    };
    const back = this.#previous !== undefined && this.#random(4) === 0;
    const next = back ? this.#previous! : VERSIONS[this.#random(VERSIONS.length)]!;
    if (this.#random(3) === 0)
      faults.set('USER', this.#random(8) === 0 ? 'spin' : 'throw', { hook: 'start' });
    const began = back ? runtime.rollback() : this.#shop.replace('USER', `user@${next.version}`);
    const { outcome } = await began.catch(() => ({ outcome: 'refused' }));
    faults.onStep = undefined;
    faults.clear();
    if (outcome === 'committed') this.#committed(next, back);
    else if (outcome === 'aborted') this.tally.aborted++;
    for (const effect of effects) effect();
  }

  #committed(next: Version, back: boolean): void {
    const { version } = this.model;
    this.tally[back ? 'back' : 'committed']++;
    if (next.speed !== version.speed) this.#kept.clear();
    this.#previous = back ? undefined : version;
    this.model.swapped(next);
    this.#keepOpen();
  }
}

t.test(`open is what the version in service says (PORT_SEED=${SEED})`, async (t) => {
  const wires = new Wires();
  const shop = new Workshop(t, { portKinds: { wire: wires } });
  for (const { version, speed, says } of VERSIONS) {
    const start = `start() { for (const [key, settings] of Object.entries(this.state.uses)) if ('${says}'.includes(key)) this.ctx.openPort('wire', key, settings); }`;
    shop.bundle(wireUser(version, { speed, manifest: 'maxHandlerMs: 5', methods: start }));
  }
  await shop.add('USER', 'user@1.0.0');
  const campaign = new Campaign(shop, wires);
  for (let i = 0; i < ROUNDS; i++) {
    const found = await campaign.round();
    if (found.length === 0) continue;
    t.fail(`round ${i}: ${found.join('; ')}`);
    break;
  }
  const { cut, ...rest } = campaign.tally;
  t.comment(JSON.stringify(campaign.tally));
  t.ok(cut > 0 || nativeWatch() === undefined, `cut: ${cut}`);
  for (const [what, times] of Object.entries(rest)) t.ok(times > 0, `${what}: ${times}`);
});
