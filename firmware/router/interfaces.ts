/**
 * The interfaces that the configuration names: which of them the host lacks, what is done when one comes, and
 * whether the kernel forwards there. Everything that changes is said in the log.
 */
import { giveAddresses } from '../../drivers/addresses.ts';
import type { LinkAddress, LinkChange, LinkState, LinkTrouble } from '../../drivers/links.ts';
import { type LogLevel, reasonOf } from '../../runtime/index.ts';
import { didYouMean } from '../../runtime/nearest.ts';
import { COMPAT_PORTS } from '../compat/ports.ts';
import type { Config } from '../config/check.ts';
import { CLOCK, type Clock, StatusLines } from '../host/status-lines.ts';
import { interfacesOf, type SetHere, setHere } from './named-interfaces.ts';

/** Interfaces of the host that one line names; it may have thousands. */
const MOST_NAMED = 12;

/** How long an interface that a module uses may be on its way, in ms: another module makes it, as IP a macvlan. */
export const MADE_WITHIN_MS = 2_000;

/** Nothing that is to be forwarded comes in there. */
const LOOPBACK = 'lo';

export type Tell = (level: LogLevel, text: string) => void;
type Give = (name: string, addresses: readonly LinkAddress[]) => Promise<void>;

export class Interfaces {
  /** By name, the keys of the configuration that name it. */
  readonly #keys = new Map<string, Set<string>>();
  /** By name, what a module does there itself. */
  readonly #set = new Map<string, SetHere>();
  readonly #addresses: ReadonlyMap<string, readonly LinkAddress[]>;
  readonly #tell: Tell;
  readonly #give: Give;
  readonly #clock: Clock;
  readonly #readings: StatusLines;
  /** By name, what forgets that it is to be told as lacking. */
  readonly #awaited = new Map<string, () => void>();
  /** By what they are about: an interface may come and go each second. */
  readonly #lines = new Map<string, StatusLines>();

  /**
   * @param give gives an interface its addresses; a test's own, or the driver's
   * @param clock a test's own, or the system's
   */
  constructor(config: Config, tell: Tell, give: Give = giveAddresses, clock = CLOCK) {
    this.#tell = tell;
    this.#give = give;
    this.#clock = clock;
    this.#readings = new StatusLines(tell, clock);
    const own = Object.entries(config.interfaces ?? {});
    this.#addresses = new Map(own.map(([name, { addresses }]) => [name, addresses]));
    for (const [name] of own) this.#name(name, `interfaces.${name}`);
    for (const { module } of COMPAT_PORTS) this.expect(config, module);
  }

  /** From now on it also cares for the interfaces that this configuration gives a module. */
  expect(config: Config, module: string): void {
    for (const port of COMPAT_PORTS)
      if (port.module === module)
        for (const [name, key] of interfacesOf(port, config.whole)) {
          this.#name(name, key);
          const set = setHere(port, config.whole, name);
          if (set === undefined) this.#set.delete(name);
          else this.#set.set(name, set);
        }
  }

  /** A module has a port on this interface; `present` are the interfaces of the host. */
  used(name: string, user: string, present: readonly string[]): void {
    if (this.#keys.has(name)) return;
    this.#name(name, user);
    if (present.includes(name)) return;
    const forget = this.#clock.after(MADE_WITHIN_MS, () => {
      this.#awaited.delete(name);
      this.#tellLacking(name, user, present);
    });
    this.#awaited.set(name, forget);
  }

  /** True where the configuration names it. */
  matters({ name }: LinkState): boolean {
    return this.#keys.has(name);
  }

  /**
   * The router starts on a host with these links.
   * @throws DriverError ADDRESS_REFUSED
   */
  async begin(present: readonly LinkState[]): Promise<void> {
    const names = present.map(({ name }) => name);
    for (const [name, keys] of this.#keys) {
      if (names.includes(name) || this.#set.get(name)?.made) continue;
      this.#tellLacking(name, [...keys].join(', '), names);
    }
    for (const [name, addresses] of this.#addresses)
      if (names.includes(name)) await this.#give(name, addresses);
    this.#tellOfForwarding(present.filter((link) => !this.#set.get(link.name)?.forwarding));
  }

  #tellLacking(name: string, key: string, present: readonly string[]): void {
    const has = `it has ${shortList(present)}${didYouMean(name, present)}`;
    this.#tell('warn', `${key}: this host has no interface ${name} yet; it is served when it comes. ${has}`);
  }

  /** A link changed, as `LinkMonitor` reports it. */
  readonly changed: LinkChange = (link, was) => {
    if (!this.matters(link)) return;
    const { name } = link;
    const told = this.#linesOf(name);
    if (link.index === 0) {
      told.tell('warn', `interface ${name} is gone; it is served again when it comes back`);
      return;
    }
    const came = was === undefined || was.index !== link.index;
    const awaited = came && this.#awaited.get(name);
    if (awaited) {
      awaited();
      this.#awaited.delete(name);
    } else if (came) told.tell('info', `interface ${name} is there: it is served from now on`);
    if (came && this.#addresses.has(name)) void this.#giveLater(name);
    if (!came && link.forwarding !== was.forwarding && link.forwarding === true)
      this.#linesOf(name, 'forwarding').tell('info', `the kernel forwards IPv4 on ${name} now`);
    else if (link.forwarding !== was?.forwarding && !(came && this.#set.get(name)?.forwarding))
      this.#tellOfForwarding([link], this.#linesOf(name, 'forwarding'));
  };

  /** Links cannot be read, or can be again, as `LinkMonitor` reports it. */
  readonly troubled: LinkTrouble = (why) => {
    if (why === undefined) this.#readings.tell('info', 'interfaces of this host are read again');
    else
      this.#readings.tell(
        'error',
        `interfaces of this host cannot be read, what changes there is not known; it is tried again: ${why}`,
      );
  };

  async #giveLater(name: string): Promise<void> {
    try {
      await this.#give(name, this.#addresses.get(name) ?? []);
    } catch (thrown) {
      this.#linesOf(name, 'addresses').tell(
        'error',
        `interfaces.${name}: it came, and was not given its addresses: ${reasonOf(thrown)}`,
      );
    }
  }

  #linesOf(name: string, about = 'presence'): StatusLines {
    const key = `${about} ${name}`;
    const lines = this.#lines.get(key) ?? new StatusLines(this.#tell, this.#clock);
    this.#lines.set(key, lines);
    return lines;
  }

  #tellOfForwarding(links: readonly LinkState[], told?: StatusLines): void {
    const not = links.filter(
      (link) => this.matters(link) && link.forwarding === false && link.name !== LOOPBACK,
    );
    if (not.length === 0) return;
    const where = shortList(not.map(({ name }) => name));
    const how =
      'the kernel routes nothing that comes in there; "sysctl -w net.ipv4.ip_forward=1" turns it on for all, a line net.ipv4.ip_forward=1 in /etc/sysctl.d/ keeps it';
    const text = `IPv4 forwarding is off on ${where}: ${how}`;
    if (told === undefined) this.#tell('warn', text);
    else told.tell('warn', text);
  }

  #name(name: string, key: string): void {
    const keys = this.#keys.get(name);
    if (keys === undefined) this.#keys.set(name, new Set([key]));
    else keys.add(key);
  }
}

function shortList(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  return [...names.slice(0, MOST_NAMED), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}
