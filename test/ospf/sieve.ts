/**
 * Counts packets of OSPF that come to an interface, in the kernel, and keeps them back or not: what is mirrored to a link that
 * is down is counted, and what is redirected there is gone. Actions that say so themselves are not everywhere.
 */
import { toNumber } from '../../firmware/modules/address.ts';
import type { NetworkNamespace } from '../netns.ts';

interface Which {
  /** Type of the packet (RFC 2328 A.3.1); any unless told. */
  type?: number;
  /** Where it is sent to; anywhere unless told. */
  to?: string;
  /** Whether nobody there receives it. */
  drop?: boolean;
}

/** Behind an Ethernet header: offset and, in BPF's numbers, how many bytes are loaded. */
const [BYTE, WORD] = [48, 32];
const [PROTOCOL, DESTINATION, TYPE] = [23, 30, 35];
const ALL = 4_294_967_295;

export class Sieve {
  readonly #where: readonly [NetworkNamespace, string[]];
  static #last = 0;

  constructor(host: NetworkNamespace, name: string, { type, to, drop = false }: Which = {}) {
    const conditions: [size: number, at: number, value: number][] = [[BYTE, PROTOCOL, 89]];
    if (type !== undefined) conditions.push([BYTE, TYPE, type]);
    if (to !== undefined) conditions.push([WORD, DESTINATION, toNumber(to)]);
    const tests = conditions.flatMap(([size, at, value], i) => {
      const others = 2 * (conditions.length - i) - 1;
      return [`${size} 0 0 ${at}`, `21 0 ${others} ${value}`];
    });
    const program = [...tests, `6 0 0 ${ALL}`, '6 0 0 0'];
    if (!host.exec(['tc', 'qdisc', 'show', 'dev', name]).includes('clsact')) {
      host.exec(['tc', 'qdisc', 'add', 'dev', name, 'clsact']);
      host.ip('link', 'add', `hole-${name}`, 'type', 'ifb');
    }
    const which = ['dev', name, 'ingress', 'protocol', 'ip', 'prio', `${++Sieve.#last}`];
    const bytecode = `${program.length},${program.join(',')}`;
    const action = ['action', 'mirred', 'egress', drop ? 'redirect' : 'mirror', 'dev', `hole-${name}`];
    host.exec(['tc', 'filter', 'add', ...which, 'bpf', 'bytecode', bytecode, ...action]);
    this.#where = [host, which];
  }

  /** How many have come. */
  count(): number {
    const [host, which] = this.#where;
    return Number(/Sent \d+ bytes (\d+) pkt/.exec(host.exec(['tc', '-s', 'filter', 'show', ...which]))![1]);
  }

  remove(): void {
    const [host, which] = this.#where;
    host.exec(['tc', 'filter', 'del', ...which]);
  }
}
