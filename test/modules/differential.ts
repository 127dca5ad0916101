/**
 * A new version beside the released one: the same inputs, made from a seed, and what comes of them. Three modules are
 * driven: one that stays the released version, one that is the new one from the start, and one that is swapped between
 * the two again and again.
 */
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import type { Test } from 'tap';
import type { ModuleSource, PortDeclaration, PortResult } from '../../runtime/index.ts';
import { type ModuleKit, type Output, type TimerView, testModule } from '../../runtime/testing/index.ts';
import { randomFrom } from '../random.ts';

/** One thing that a module is given. */
export type Input =
  | { does: 'advance'; ms: number }
  | { does: 'publish'; event: string; body: unknown }
  | { does: 'receive'; port: string; key: string; datum: unknown }
  | { does: 'deliver'; type: string; body: unknown; from: string }
  | { does: 'ask'; type: string }
  | { does: 'link'; port: string; key: string; result: PortResult };

/** Choices that a seed repeats. */
export class Chance {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = randomFrom(seed);
  }

  /** From 0 up to, not with, `below`. */
  number(below: number): number {
    return this.#random() * below;
  }

  whole(below: number): number {
    return Math.floor(this.number(below));
  }

  of<T>(choice: readonly T[]): T {
    return choice[this.whole(choice.length)]!;
  }

  /** True once in so many times. */
  once(inSoMany: number): boolean {
    return this.number(inSoMany) < 1;
  }

  some<T>(choice: readonly T[]): T[] {
    return choice.filter(() => this.once(2));
  }

  /** The bytes, one of them changed. */
  damaged(bytes: Uint8Array): Uint8Array {
    const copy = Uint8Array.from(bytes);
    if (copy.length > 0) copy[this.whole(copy.length)] = this.whole(256);
    return this.once(3) ? copy.subarray(0, this.whole(copy.length)) : copy;
  }
}

export interface Trial {
  /** Of the module, such as `VRRP`, and the version that it is compared with. */
  module: string;
  released: string;
  now: ModuleSource;
  config: unknown;
  /** The same as the new version is given it, where that differs. */
  configNow?: unknown;
  ports: Readonly<Record<string, readonly string[]>>;
  /** The first inputs, and how the others are made. */
  begin: readonly Input[];
  input(chance: Chance): Input;
  /** Makes outputs equal that may differ; `inOrder` unless told. */
  sameOutputs?(outputs: readonly Output[]): readonly unknown[];
  /** The event that the new version takes instead: both are published, as those who serve in turn need it. */
  nowAs?(event: string, body: unknown): { event: string; body: unknown } | undefined;
  /** The part of a state that is compared: the released version has it, too. */
  sameState?(state: unknown): unknown;
  /** Ports of the new version alone: what passes there is not compared. */
  newPorts?: readonly string[];
  /** Events of the new version alone, which are not compared. */
  newEvents?: readonly string[];
  /** Timers that are not compared: the released version does not have them, or not then. */
  newTimers?: readonly string[];
}

const PERIOD = 1_000;
const OF_PORTS: readonly Output['kind'][] = ['opened', 'changed', 'closed'];
const releases = fileURLToPath(new URL('../../firmware/releases', import.meta.url));

/** Runs so many inputs; every difference is named with its seed and step. */
export async function compare(t: Test, trial: Trial, seed: number, inputs: number): Promise<void> {
  const { module, config, configNow = config, ports } = trial;
  const released = `${releases}/${module.toLowerCase()}-${trial.released}.cjs`;
  const declarations = declarationsOf(trial.now);
  const options = { config, ports, declarations, development: false, at: 5_250, probation: false } as const;
  const stays = await testModule(released, options);
  const fresh = await testModule(trial.now, { ...options, config: configNow });
  const swapped = await testModule(released, options);
  const { manifest } = await stays.runtime.repository.acquire(released);
  const seenAs = { ...trial, hostOpensPorts: manifest.api === 1 };
  const chance = new Chance(seed);
  const kits = [stays, fresh, swapped];
  const seen = { outputs: 0, swaps: 0 };
  for (let step = 0; step < inputs; step++) {
    const input = trial.begin[step] ?? trial.input(chance);
    if (step >= trial.begin.length && chance.once(12)) {
      await swapped.replace(swapped.version === trial.released ? trial.now : released);
      seen.swaps++;
    }
    const [one, ...others] = await Promise.all(kits.map((kit) => whatComesOf(kit, input, seenAs)));
    seen.outputs += one!.outputs.length;
    // Timers that are due at the same time have no order.
    for (const kit of kits) advance(kit, 1);
    for (const [i, other] of others.entries()) {
      if (isDeepStrictEqual(other, one)) continue;
      const version = i === 0 ? 'the new version' : `swapped, now ${swapped.version}`;
      t.strictSame(other, one, `seed ${seed}, step ${step}, ${JSON.stringify(input, hex)}: ${version}`);
      return;
    }
  }
  const [last, ...others] = kits.map((kit) => {
    const { state } = kit;
    kit.stop();
    return facts(state, [], kit.take(), seenAs);
  });
  for (const other of others) t.strictSame(other, last, `seed ${seed}: the end`);
  t.ok(seen.outputs > inputs / 8 && seen.swaps > 0, `${seen.outputs} outputs, ${seen.swaps} swaps`);
}

/** The ports that a version of api 2 declares: of one before, the host opens the same. */
function declarationsOf(version: ModuleSource): Record<string, PortDeclaration> {
  const { ports } = (version as { manifest: { ports: readonly string[] | Record<string, PortDeclaration> } })
    .manifest;
  return Array.isArray(ports) ? {} : (ports as Record<string, PortDeclaration>);
}

/**
 * From api 2 on a version opens its ports itself, before that the host does. Beside one of api 1 what passes there says that the
 * ports are the same.
 */
type SeenAs = Trial & { hostOpensPorts: boolean };

async function whatComesOf(kit: ModuleKit<unknown>, input: Input, trial: SeenAs) {
  const answer = await give(kit, input, trial);
  const outputs = kit.take();
  return { answer, ...facts(kit.state, kit.timers, outputs, trial) };
}

function facts(
  live: unknown,
  timers: readonly TimerView[],
  all: readonly Output[],
  { sameOutputs = inOrder, sameState, newTimers = [], newPorts = [], newEvents = [], hostOpensPorts }: SeenAs,
) {
  const known = all.filter(
    (output) =>
      !('port' in output && newPorts.includes(output.port)) &&
      !(output.kind === 'published' && newEvents.includes(output.event)),
  );
  const state = structuredClone(live);
  return {
    outputs: sameOutputs(hostOpensPorts ? known.filter(({ kind }) => !OF_PORTS.includes(kind)) : known),
    state: sameState?.(state) ?? state,
    timers: timers.filter(({ type }) => !newTimers.includes(type)),
  };
}

/** Outputs of one input leave in one go: their order is of no account. */
export function inOrder(outputs: readonly Output[]): string[] {
  return outputs.map((output) => JSON.stringify(output, hex)).sort();
}

function hex(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
}

// biome-ignore lint/suspicious/noExplicitAny: the kit's types know the module's messages, this program makes them up
async function give(kit: ModuleKit<any>, input: Input, { nowAs }: Trial): Promise<unknown> {
  switch (input.does) {
    case 'advance':
      return advance(kit, input.ms);
    case 'publish': {
      const retain = String((input.body as { name: string }).name);
      const also = nowAs?.(input.event, input.body);
      if (also === undefined) return kit.publish(input.event, input.body, { retain });
      for (const { event, body } of [input, also]) kit.runtime.publish(event, body, { retain, version: 1 });
      return kit.advance(0);
    }
    case 'receive':
      return kit.receive(input.port, input.key, input.datum);
    case 'deliver':
      return kit.deliver(input.type, input.body, { from: input.from });
    case 'ask':
      return kit.ask(input.type);
    case 'link':
      return kit.link(input.port, input.key, input.result);
  }
}

/** Time passes, with TIMER's ticks in it. */
// biome-ignore lint/suspicious/noExplicitAny: as above
function advance(kit: ModuleKit<any>, ms: number): void {
  const end = kit.now + ms;
  for (;;) {
    const next = (Math.floor(kit.now / PERIOD) + 1) * PERIOD;
    if (next > end) break;
    kit.advance(next - kit.now);
    kit.publish('broadcast', { tick: next / PERIOD, period: PERIOD });
  }
  kit.advance(end - kit.now);
}
