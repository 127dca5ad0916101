/** The router beside FRR, with links of both; its section is changed key by key, and FRR asked what it sees. */
import type { Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { ConsoleSession } from '../router/console-session.ts';
import type { Frr } from '../router/frr.ts';
import { frrLink, frrRouter, POINT_TO_POINT, TIMERS } from './lines.ts';
import type { OspfPlace } from './place.ts';

export const US = '10.1.0.1';
export const FRR = '10.1.0.2';

export const LINKS = [0, 1];

/** Beside two links that run OSPF. */
interface Further {
  /** Keys of the router's sections. */
  ip?: { interfaces?: object; routes?: object };
  ospf?: object;
  /** Links where OSPF does not run yet: lan2 to eth2, and so on. */
  links?: number;
}

export class BesideFrr {
  readonly place: OspfPlace;
  readonly peer: NetworkNamespace;
  readonly frr: Frr;
  readonly #session: ConsoleSession;

  private constructor(place: OspfPlace, peer: NetworkNamespace, frr: Frr, session: ConsoleSession) {
    this.place = place;
    this.peer = peer;
    this.frr = frr;
    this.#session = session;
  }

  /**
   * Starts both, with two point-to-point links: lan0 10.7.0.1 to eth0 10.7.0.2, lan1 10.7.1.1 to eth1 10.7.1.2.
   * @param place with nothing in it that has these names
   */
  static async start(
    t: Test,
    place: OspfPlace,
    { ip = {}, ospf = {}, links: further = 0 }: Further,
  ): Promise<BesideFrr> {
    const peer = place.peer('frr');
    const all = Array.from({ length: LINKS.length + further }, (_, i) => i);
    for (const i of all)
      NetworkNamespace.join([place.router, `lan${i}`, `10.7.${i}.1/24`], [peer, `eth${i}`, `10.7.${i}.2/24`]);
    peer.ip('address', 'add', `${FRR}/32`, 'dev', 'lo');
    const links = LINKS.map((i) => frrLink(`eth${i}`, '0.0.0.0'));
    const frr = await place.frr(
      t,
      peer,
      links.join('') + frrRouter(FRR, '0.0.0.0', ' capability opaque\n router-info area\n'),
    );
    const { interfaces, ...rest } = ip;
    await place.start({
      id: US,
      ip: { interfaces: { ...Object.fromEntries(all.map((i) => [`lan${i}`, {}])), ...interfaces }, ...rest },
      ospf: {
        timers: TIMERS,
        interfaces: Object.fromEntries(LINKS.map((i) => [`lan${i}`, POINT_TO_POINT])),
        ...ospf,
      },
    });
    return new BesideFrr(place, peer, frr, await ConsoleSession.open(t, place.socket));
  }

  /** Changes keys of the section, each as `redistribute connected metric 33` or `-redistribute`, in one commit. */
  async change(...keys: string[]): Promise<void> {
    const lines = keys.map((key) =>
      key.startsWith('-') ? `delete ospf ${key.slice(1)}` : `set ospf ${key}`,
    );
    await this.#session.all(...lines, 'commit');
  }

  /** Says what a person is shown. */
  async asked(command: string): Promise<string> {
    return (await this.#session.say(command)).lines.join('\n');
  }

  /** Waits until FRR says so. */
  async says(view: string, pattern: RegExp): Promise<void> {
    await this.place.comesToBe(`FRR: ${view}: ${pattern}`, 'true', () => {
      const text = this.frr.vtysh(view);
      return pattern.test(text) ? 'true' : text;
    });
  }

  /** Waits until FRR has the router's LSA so, whose metrics of links are given, of lan0 first. */
  metrics(...metrics: number[]): Promise<void> {
    const links = metrics.map(
      (metric, i) =>
        `Link Data\\) Router Interface address: 10\\.7\\.${i}\\.1\\s[\\s\\S]*?TOS 0 Metric: ${metric}\\s`,
    );
    return this.says(`show ip ospf database router ${US}`, new RegExp(links.join('[\\s\\S]*')));
  }

  external(prefix: string, type: number, metric: number, tag: number): Promise<void> {
    const wanted = `Metric Type: ${type}[\\s\\S]*Metric: ${metric}\\s[\\s\\S]*External Route Tag: ${tag}\\s`;
    return this.says(`show ip ospf database external ${prefix}`, new RegExp(wanted));
  }

  configureFrr(...lines: string[]): void {
    this.frr.vtysh('configure terminal', ...lines);
  }

  /** Waits until the neighbours on lan0, lan1 and so on are in these states; `none` is one that is not known. */
  async comesTo(...wanted: string[]): Promise<void> {
    let said = '';
    const look = async () => {
      const rows = await this.place.neighbors();
      said = wanted.map((_, i) => rows.find((row) => row.interface === `lan${i}`)?.state ?? 'none').join();
    };
    await this.place.comesToBe('neighbours', wanted.join(), () => {
      void look();
      return said;
    });
  }
}
