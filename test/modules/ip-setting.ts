/** The settings of interfaces at work on a kernel of the test's own. */
import type { KernelChange, KernelRefusal } from '../../drivers/kernel-tables.ts';
import type { InterfaceAddress } from '../../drivers/netlink/address.ts';
import type { Link } from '../../drivers/netlink/link.ts';
import { newSettings } from '../../firmware/modules/ip/interfaces/interface-record.ts';
import * as settings from '../../firmware/modules/ip/interfaces/settings.ts';
import type { SettingsConfig } from '../../firmware/modules/ip/interfaces/wanted.ts';
import { FakeContext } from './fake-context.ts';
import type { FakeKernel } from './fake-kernel.ts';

type Keys = Partial<NonNullable<SettingsConfig['interfaces'][string]['settings']>>;

/** As the module is given it, of keys. */
export function configOf(
  interfaces: Record<string, Keys>,
  tables: Record<string, { number: number }> = {},
): SettingsConfig {
  const entries = Object.entries(interfaces).map(([name, keys]) => {
    return [name, { settings: { ...keys, addresses: keys.addresses ?? [] } }] as const;
  });
  return { interfaces: Object.fromEntries(entries), tables };
}

interface Rows {
  links: Map<number, { link: Link }>;
  names: Map<string, number>;
  addresses: Map<string, InterfaceAddress>;
}

function rowsOf({ links, addresses }: FakeKernel): Rows {
  return structuredClone({
    links: new Map([...links].map(([index, link]) => [index, { link }])),
    names: new Map([...links.values()].map(({ name, index }) => [name, index])),
    addresses,
  });
}

/** The settings at work on such a kernel: its rows are told, changes are carried out and answered. */
export class Setting {
  readonly kernel: FakeKernel;
  readonly ctx = new FakeContext('IP', '3.0.0');
  /** All changes since the last `take`. */
  changes: KernelChange[] = [];
  /** The kernel takes no request. */
  full = false;
  state: settings.SettingsView;
  #requests = new Set<number>();
  #request = 0;

  constructor(kernel: FakeKernel, config: SettingsConfig, state = newSettings()) {
    this.kernel = kernel;
    this.state = { config, settings: state, requests: this.#requests, ...rowsOf(kernel) };
    this.list();
  }

  /** All that the kernel has is told, as a list. */
  list(): void {
    this.state = { ...this.state, ...rowsOf(this.kernel) };
    this.#within((agenda) => settings.compareAll(this.state, agenda, this.ctx));
  }

  configure(config: SettingsConfig, names: string[]): void {
    this.state = { ...this.state, config };
    this.#within((agenda) => settings.compareNamed(this.state, names, agenda));
  }

  /** Something happens in the kernel, and what differs is told; addresses that go come first. */
  happens(what?: (kernel: FakeKernel) => unknown): void {
    what?.(this.kernel);
    const [was, now] = [this.state as unknown as Rows, rowsOf(this.kernel)];
    this.state = { ...this.state, ...now };
    const differs = new Map<number, string>();
    const compare = <Key, Row>(one: Map<Key, Row>, other: Map<Key, Row>, index: (row: Row) => number) => {
      for (const key of new Set([...one.keys(), ...other.keys()])) {
        const [before, after] = [one.get(key), other.get(key)];
        if (JSON.stringify(before) === JSON.stringify(after)) continue;
        const at = index((before ?? after)!);
        differs.set(at, (was.links.get(at) ?? now.links.get(at))!.link.name);
      }
    };
    compare(was.addresses, now.addresses, ({ index }) => index);
    compare(was.links, now.links, ({ link }) => link.index);
    for (const [index, name] of differs)
      this.#within((agenda) => settings.linkSettingsChanged(this.state, index, name, agenda, this.ctx));
  }

  advance(ms: number): void {
    const end = this.ctx.time + ms;
    for (;;) {
      const [first] = [...this.ctx.timers.values()].sort((a, b) => a.due - b.due);
      if (first === undefined || first.due > end) break;
      this.ctx.time = Math.max(this.ctx.time, first.due);
      this.ctx.timers.delete(`${first.name} ${first.key}`);
      this.#within((agenda) => settings.lookAgain(first.key, agenda));
    }
    this.ctx.time = end;
  }

  end(): void {
    for (const change of settings.takeBackAll(this.state, this.ctx.now())) {
      this.changes.push(change);
      this.kernel.do(change);
    }
  }

  /** Changes that were asked for since the last call, in words. */
  take(): string[] {
    const words = this.changes.map((change) => {
      if (change.kind === 'sysctl') return `${change.path}=${change.value}`;
      if (change.kind === 'route') return 'route';
      if (change.kind === 'closed')
        return `${change.verb === 'replace' ? 'close' : 'open'} ${change.wanted.address}`;
      if (change.kind === 'address')
        return `${change.verb} ${change.wanted.address}/${change.wanted.prefixLength}`;
      return `${change.verb} ${JSON.stringify(change.wanted)}`;
    });
    this.changes = [];
    return words;
  }

  /** Runs a handler with all that it sets off, the answers to it and what is told after them. */
  #within(body: (agenda: settings.SettingsAgenda) => void): void {
    const queue: (() => void)[] = [];
    const done: [number, KernelRefusal[], (string | undefined)[]][] = [];
    const ask: settings.Ask = (changes) => {
      if (this.full) return undefined;
      this.changes.push(...changes);
      const results = changes.map((change) => this.kernel.do(change));
      const refusals = results.flatMap((result, at): KernelRefusal[] => {
        if (!('errno' in result)) return [];
        const { errno, name, text } = result;
        return [{ at, errno, name, message: `${changes[at]!.verb} ${changes[at]!.kind}: ${text}` }];
      });
      this.#requests.add(++this.#request);
      done.push([
        this.#request,
        refusals,
        results.map((result) => ('was' in result ? result.was : undefined)),
      ]);
      return this.#request;
    };
    const agenda: settings.SettingsAgenda = {
      linkSettings: (index) => queue.push(() => settings.settleLink(this.state, index, ask, this.ctx)),
      device: (name) => queue.push(() => settings.settleDevice(this.state, name, ask)),
    };
    const work = () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) next();
    };
    body(agenda);
    work();
    for (let answer = done.shift(); answer !== undefined; answer = done.shift()) {
      this.#requests.delete(answer[0]);
      settings.settingsAnswered(this.state, ...answer, agenda, this.ctx);
      work();
      this.happens();
    }
  }
}
