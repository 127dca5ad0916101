/** The IP module with the kernel's tables and a configuration of IPv6 router advertisements, and a clock that is set by hand. */
import type { KernelRow } from '../../drivers/kernel-tables.ts';
import Ip, { manifest } from '../../firmware/modules/ip/module.ts';
import type { RouterAdvertisement6 } from '../../firmware/modules/ip/nd/offer.ts';
import { decode6 } from '../../firmware/modules/ip/nd/packet.ts';
import type { Config } from '../../firmware/modules/ip/state.ts';
import { fromHex } from './bytes.ts';
import { Served } from './fake-context.ts';

export const SOURCE = 'fe80::1';
export const INDEX = 2;
export const PERMANENT = 0x80;
export const SOLICITATION = fromHex('8500 0000 00000000 0101 020000000002');

/** The configuration of an interface, as a person writes it, with what the schema fills in. */
export const KEYS = {
  interval: 600_000,
  'hop-limit': 64,
  mtu: false,
  managed: false,
  other: false,
  'reachable-time': 0,
  'retransmit-timer': 0,
  preference: 'medium' as const,
};

export function configOf(keys: object | null = {}, names = ['r0']): Config {
  const interfaces = Object.fromEntries(
    names.map((name) => [
      name,
      {
        interval: 1_800_000,
        preference: 0,
        ...(keys !== null && { 'router-advertisements': { ...KEYS, ...keys } }),
      },
    ]),
  );
  const settings = manifest.config.settings as (section: object) => unknown;
  return settings({ interfaces }) as Config;
}

export function link(up = true, name = 'r0', index = INDEX): KernelRow {
  const row = {
    index,
    name,
    flags: 0,
    up,
    carrier: up,
    mtu: 1500,
    mac: '02:00:00:00:00:01',
    kind: '',
    parent: 0,
    master: 0,
    alias: '',
    group: 0,
    hardware: 1,
    operational: 6,
  };
  return { kind: 'link', row };
}

export function address(text: string, { flags = PERMANENT, gone = false, index = INDEX } = {}): KernelRow {
  const [own = '', length] = text.split('/');
  const row = {
    family: 6 as const,
    index,
    address: own,
    prefixLength: Number(length),
    flags,
    secondary: false,
    scope: 0,
    protocol: 0,
  };
  return { kind: 'address', row, ...(gone && { gone }) };
}

export function forwarding(on: boolean, index = INDEX): KernelRow {
  return { kind: 'netconf', row: { family: 6, index, forwarding: on } };
}

/** The module with the kernel's tables, as they are told it. */
export class AdvertisingRouter extends Served<InstanceType<typeof Ip>['state']> {
  #number = 0;

  /** A datum of the kernel's tables, and the work that it sets off. */
  told(datum: object): void {
    this.#number++;
    const whole = { session: 'test', number: this.#number, ...datum };
    this.packet('kernel', '', whole as never);
    for (;;) {
      const work = [...this.ctx.timers.values()].find(({ name, key }) => name === 'work' && key === '');
      if (work === undefined) return;
      this.expire(work);
    }
  }

  rows(...rows: KernelRow[]): void {
    this.told({ of: 'rows', rows });
  }

  list(...rows: KernelRow[]): void {
    this.told({ of: 'list', at: 'begin' });
    this.rows(...rows);
    this.told({ of: 'list', at: 'end' });
  }

  hears(payload: Uint8Array, from = 'fe80::2', hopLimit = 255, key = 'r0'): void {
    this.packet('icmp6', key, { from, to: 'ff02::2', hopLimit, payload } as never);
  }

  configure(config: Config): void {
    this.module.apply(this.module.configure(config));
  }

  /** Advertisements since the last call: when, where, and what they say. */
  sent() {
    return this.ctx.transmitted
      .splice(0)
      .filter(({ port }) => port === 'icmp6')
      .map(({ key, to, from, payload }: { key: string; to: string; from?: string; payload: Uint8Array }) => ({
        key,
        to,
        from,
        ...(decode6({ from: SOURCE, hopLimit: 255, payload }) as RouterAdvertisement6),
      }));
  }

  /** Lets time pass in steps, and returns the times at which advertisements left, from now on, in ms. */
  timesOf(ms: number): number[] {
    const began = this.ctx.time;
    const times: number[] = [];
    while (this.ctx.time < began + ms) {
      const due = [...this.ctx.timers.values()].map((timer) => timer.due);
      const next = Math.min(began + ms, ...due.filter((each) => each > this.ctx.time));
      this.advance(next - this.ctx.time);
      for (const _ of this.sent()) times.push(this.ctx.time - began);
    }
    return times;
  }

  get own() {
    return this.state.interfaces.get('r0')!.advertising!;
  }
}

export const UP = [link(), address('fe80::1/64'), address('fd00:1::1/64'), forwarding(true)];

export function router(keys?: object, rows: readonly KernelRow[] = UP): AdvertisingRouter {
  const ip = new AdvertisingRouter(Ip, manifest, { config: configOf(keys) });
  ip.list(...rows);
  return ip;
}

/** The initial three are over. */
export function settled(keys?: object): AdvertisingRouter {
  const ip = router(keys);
  ip.advance(60_000);
  ip.sent();
  return ip;
}
