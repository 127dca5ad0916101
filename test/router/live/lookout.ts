/** Holds what must not notice a change against what it was before, and what is sent against what is configured. */

import { hasRead } from '../../frr-log.ts';
import { eventuallyAsync } from '../router-lab.ts';
import { Breach } from './breach.ts';
import { advertOf, helloOf, offerOf } from './cables.ts';
import {
  areaOf,
  type Concern,
  type Configuration,
  isSame,
  MODULES,
  ms,
  type Roles,
  settingsOf,
} from './configuration.ts';
import {
  isAtRest,
  isFull,
  isIdle,
  isQuiet,
  neighborLife,
  roleLife,
  type States,
  statesOf,
} from './observation.ts';
import { PATIENCE, type Place } from './place.ts';

/** Names of all that is looked at: `ospf wan0` and `vrrp wan0/10`. */
function watchedIn({ ospf, vrrp = [] }: Configuration): string[] {
  return [
    ...Object.keys(ospf?.interfaces ?? {}).map((name) => `ospf ${name}`),
    ...vrrp.map(({ interface: name, group }) => `vrrp ${name}/${group}`),
  ];
}

export class Lookout {
  readonly #place: Place;
  /** By name, how it was when it had come to rest. */
  readonly #lives = new Map<string, string>();
  /** By name, what may be sent: by the configurations since it last came to rest. */
  #sayings = new Map<string, string[]>();
  /** By name, how often it may take leave before it comes to rest. */
  readonly #leaves = new Map<string, number>();

  constructor(place: Place) {
    this.#place = place;
  }

  /** Another configuration may be in service from now on; what it concerns is not watched until it has come to rest. */
  expect(configuration: Configuration, { ospf, vrrp, ip }: Concern): void {
    for (const name of ospf) this.#lives.delete(`ospf ${name}`);
    for (const key of vrrp) this.#lives.delete(`vrrp ${key}`);
    const sayings = sayingsOf(configuration);
    // Only what is configured no more takes leave.
    for (const name of [...vrrp.map((key) => `vrrp ${key}`), ...ip.map((one) => `ip ${one}`)])
      if (!sayings.has(name)) this.#leaves.set(name, 1);
    for (const [name, says] of sayings) {
      const before = (this.#sayings.get(name) ?? []).filter((each) => each !== says);
      this.#sayings.set(name, [...before.slice(-1), says]);
    }
  }

  /** @throws Breach where something has noticed that was not concerned, or something is sent that nobody configured */
  async check(states?: States): Promise<void> {
    const now = states ?? (await statesOf(this.#place));
    for (const [name, before] of this.#lives) {
      const is = this.#lifeOf(now, name);
      if (is !== before) throw new Breach(`${name} has noticed:\n  before: ${before}\n  now:    ${is}`);
    }
    this.checkSent();
  }

  /** @throws Breach where something was sent that nobody configured */
  checkSent(): void {
    for (const { of, says, leaves } of this.#place.cables.news()) {
      if (leaves) {
        const left = (this.#leaves.get(of) ?? 0) - 1;
        if (left < 0) throw new Breach(`${of} takes leave, and nobody has taken it away: ${says}`);
        this.#leaves.set(of, left);
      } else if (this.#sayings.get(of)?.includes(says) !== true) {
        const allowed = this.#sayings.get(of)?.join('; or ') ?? 'nothing';
        throw new Breach(`${of} says: ${says}; what is configured says: ${allowed}`);
      }
    }
  }

  /**
   * Waits until all has come to rest that there is, and watches it from then on. What earlier configurations allowed ends.
   * @throws Breach where it never does
   */
  async settle(configuration: Configuration, roles: Roles): Promise<void> {
    const wanting = watchedIn(configuration).filter((name) => !this.#lives.has(name));
    for (const name of wanting) await this.#rest(name, roles);
    let states: States = {};
    await this.#until('IP advertises at its usual interval, and OSPF waits for nothing', async () => {
      states = await statesOf(this.#place);
      return isQuiet(states) && isIdle(states);
    });
    await this.#place.cables.readAll();
    await this.check(states);
    this.#sayings = new Map([...sayingsOf(configuration)].map(([name, says]) => [name, [says]]));
    this.#leaves.clear();
  }

  async #rest(name: string, roles: Roles): Promise<void> {
    const [module, which] = name.split(' ') as [string, string];
    if (module === 'vrrp') {
      await this.#until(`${name} is ${roles[which]}`, async () =>
        isAtRest(this.#place, await statesOf(this.#place), which, roles),
      );
      this.#lives.set(name, this.#lifeOf(await statesOf(this.#place), name));
      return;
    }
    await this.#until(`${name} is Full at both ends`, async () => {
      if (!isFull(this.#place, await statesOf(this.#place), which)) return false;
      // FRR may have a Hello to read that is from before.
      const mark = await this.#place.cables.mark(which);
      await this.#until(`FRR reads on at ${which}`, async () => hasRead(this.#place.frr.log(), mark));
      const states = await statesOf(this.#place);
      if (!isFull(this.#place, states, which)) return false;
      this.#lives.set(name, this.#lifeOf(states, name));
      return true;
    });
  }

  async #until(what: string, holds: () => Promise<boolean>): Promise<void> {
    try {
      await eventuallyAsync(what, PATIENCE, async () => (await holds()) || undefined);
    } catch (thrown) {
      throw new Breach(`${(thrown as Error).message}: ${JSON.stringify(await statesOf(this.#place))}`);
    }
  }

  #lifeOf(states: States, name: string): string {
    const [module, which] = name.split(' ') as [string, string];
    return module === 'ospf'
      ? neighborLife(this.#place, states, which)
      : roleLife(this.#place, states, which);
  }
}

/** @throws Breach where a state's configuration is not what the file says */
export function checkSettings(states: States, configuration: Configuration): void {
  const wanted = settingsOf(configuration);
  for (const module of MODULES) {
    const is = states[module]?.config;
    if (wanted[module] === undefined ? states[module] !== undefined : !isSame(is, wanted[module]))
      throw new Breach(
        `${module} runs by ${JSON.stringify(is)}, and the configuration says ${JSON.stringify(wanted[module])}`,
      );
  }
}

/** The words that must be on the cables, by name. */
function sayingsOf(configuration: Configuration): Map<string, string> {
  const { ospf, vrrp = [], ip, router } = configuration;
  const settings = settingsOf(configuration).IP as { lifetime: number } | undefined;
  return new Map([
    ...Object.entries(ospf?.interfaces ?? {}).map(([name, each]): [string, string] => [
      `ospf ${name}`,
      helloOf(
        router.id,
        areaOf(configuration),
        ms(each['hello-interval']) / 1000,
        ms(each['dead-interval']) / 1000,
      ),
    ]),
    ...vrrp.map(({ interface: name, group, priority = 100, interval, addresses }): [string, string] => [
      `vrrp ${name}/${group}`,
      advertOf(priority, ms(interval) / 10, addresses),
    ]),
    ...Object.entries(ip?.interfaces ?? {}).map(([name, { preference = 0 }]): [string, string] => [
      `ip ${name}`,
      offerOf(settings!.lifetime, preference),
    ]),
  ]);
}
