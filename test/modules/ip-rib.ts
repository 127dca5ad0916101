/** IP with a kernel of its own: what one says is handed to the other, at once or bit by bit. */
import type { Test } from 'tap';
import type { KernelOut } from '../../drivers/kernel-tables.ts';
import { readConfig } from '../../firmware/modules/ip/config.ts';
import * as ip from '../../firmware/modules/ip/module.ts';
import type { Config, StaticHop } from '../../firmware/modules/ip/state.ts';
import { type ModuleKit, testModule } from '../../runtime/testing/index.ts';
import { RouteKernel } from './route-kernel.ts';

type Hops = Record<string, Partial<StaticHop>>;

/** Static routes as the configuration has them, with the defaults. */
export function staticConfig(routes: Record<string, Hops>, more: Partial<Config> = {}): Config {
  const whole = Object.entries(routes).map(([prefix, hops]) => [
    prefix,
    Object.fromEntries(Object.entries(hops).map(([name, hop]) => [name, { distance: 1, weight: 1, ...hop }])),
  ]);
  return readConfig({ routes: Object.fromEntries(whole), ...more });
}

export class Rib {
  readonly kernel: RouteKernel;
  readonly kit: ModuleKit<typeof ip>;
  /** Sent by the module, and not carried out yet. */
  readonly asked: KernelOut[] = [];
  /** Lines of the log since the start. */
  readonly lines: string[] = [];
  /** Events that were published since they were taken out. */
  readonly published: { event: string; body: unknown }[] = [];

  constructor(kit: ModuleKit<typeof ip>, kernel: RouteKernel) {
    this.kit = kit;
    this.kernel = kernel;
    this.look();
  }

  /** Takes in what the module has done. */
  look(): void {
    for (const output of this.kit.take()) {
      if (output.kind === 'logged') this.lines.push(output.text);
      if (output.kind === 'published') this.published.push(output);
      if (!('port' in output) || output.port !== 'kernel') continue;
      if (output.kind === 'opened') this.kernel.open();
      else if (output.kind === 'closed') {
        this.kernel.close();
        for (const out of this.asked.splice(0)) this.kernel.take(out);
      } else if (output.kind === 'transmitted') this.asked.push(output.datum as KernelOut);
    }
  }

  /** Carries out the oldest request. */
  carryOut(): boolean {
    this.look();
    const out = this.asked.shift();
    if (out !== undefined) this.kernel.take(out);
    return out !== undefined;
  }

  /** Delivers the oldest datum. */
  deliver(): boolean {
    this.look();
    const datum = this.kernel.told.shift();
    if (datum !== undefined) this.kit.receive('kernel', '', datum);
    return datum !== undefined;
  }

  /** All that is under way arrives, and so much time passes. */
  rest(ms = 0): void {
    for (let passed = 0; ; ) {
      while (this.carryOut() || this.deliver() || this.#work());
      if (passed >= ms) return;
      const step = Math.min(1_000, ms - passed);
      this.kit.advance(step);
      passed += step;
    }
  }

  /** Lets a timer of now come; true when the module did something. */
  #work(): boolean {
    this.kit.advance(0);
    this.look();
    return this.asked.length > 0 || this.kernel.told.length > 0;
  }

  async configure(config: Config): Promise<void> {
    await this.kit.runtime.configure('IP', config, { deadline: 30_000 });
    this.kit.advance(0);
    this.look();
  }
}

/** Begins with lan0 (10.0.1.1/24, fd00:1::1/64) and lan1 (10.0.2.1/24, fd00:2::1/64) in the kernel. */
export async function startRib(
  t: Test,
  routes: Record<string, Hops>,
  prepare: (kernel: RouteKernel) => void = () => {},
  more: Partial<Config> = {},
): Promise<Rib> {
  const kernel = new RouteKernel();
  for (const [i, name] of ['lan0', 'lan1'].entries()) {
    kernel.addLink(name, i + 2);
    kernel.addAddress(i + 2, `10.0.${i + 1}.1/24`);
    kernel.addAddress(i + 2, `fd00:${i + 1}::1/64`);
  }
  prepare(kernel);
  const kit = await testModule(ip, { config: staticConfig(routes, more), probation: false });
  t.teardown(() => kit.runtime.stop());
  const rib = new Rib(kit, kernel);
  rib.rest();
  return rib;
}
