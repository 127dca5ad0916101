/**
 * FaultCables of a network, each a bridge in one namespace: a carrier that is gone, a bridge in two pieces, packets that are lost,
 * doubled or late. The kernel's filters do that, for netem is not everywhere: a program of BPF says which packets of OSPF, by chance.
 */
import { NetworkNamespace } from '../../netns.ts';

/** Packets of protocol 89, one in so many: BPF's words for the packet's byte 23, and a random number. */
const oneIn = (many: number) =>
  `8,48 0 0 23,21 0 5 89,32 0 0 4294963256,148 0 0 ${many},21 0 2 0,6 0 0 4294967295,6 0 0 0,6 0 0 0`;
/** Keeps the bucket of `late` empty, so that all that goes through it has to wait. */
const FILLER = `const socket = require('node:dgram').createSocket('udp4');
setInterval(() => socket.send(Buffer.alloc(80), 9, '192.0.2.1'), 50);`;

/** A router's end of a cable. */
export interface Port {
  readonly cable: string;
  readonly node: string;
  carrier: boolean;
  /** Which piece of the bridge: 0, or 1 where it is in two. */
  piece: 0 | 1;
}

export class FaultCables {
  readonly ports: Port[] = [];
  noise = false;
  readonly #middle = NetworkNamespace.create('cables');

  constructor() {
    const { ip, exec } = this.#bound();
    ip('link', 'add', 'hole', 'type', 'ifb');
    ip('link', 'add', 'late', 'type', 'ifb');
    ip('link', 'set', 'late', 'up');
    ip('route', 'add', '192.0.2.0/24', 'dev', 'late');
    exec('tc qdisc add dev late root tbf rate 8kbit burst 1600 limit 600');
    const filler = this.#middle.spawn([process.execPath, '-e', FILLER]);
    filler.stdout?.resume();
    filler.stderr?.resume();
  }

  #bound() {
    return {
      ip: (...args: string[]) => this.#middle.ip(...args),
      exec: (line: string) => this.#middle.exec(line.split(' ')),
    };
  }

  /** A cable for all of these, whose ends have its name. @param ends with addresses */
  lay(cable: string, ends: readonly { node: string; namespace: NetworkNamespace; address: string }[]): void {
    const { ip, exec } = this.#bound();
    for (const piece of [0, 1]) {
      ip('link', 'add', `${cable}p${piece}`, 'type', 'bridge', 'stp_state', '0', 'mcast_snooping', '0');
      ip('link', 'set', `${cable}p${piece}`, 'up');
    }
    for (const { node, namespace, address } of ends) {
      const port: Port = { cable, node, carrier: true, piece: 0 };
      NetworkNamespace.join([namespace, cable, address], [this.#middle, nameOf(port)]);
      ip('link', 'set', nameOf(port), 'master', `${cable}p0`);
      exec(`tc qdisc add dev ${nameOf(port)} clsact`);
      this.ports.push(port);
    }
  }

  setCarrier(port: Port, carrier: boolean): void {
    port.carrier = carrier;
    this.#middle.ip('link', 'set', nameOf(port), carrier ? 'up' : 'down');
  }

  setPiece(port: Port, piece: 0 | 1): void {
    port.piece = piece;
    this.#middle.ip('link', 'set', nameOf(port), 'master', `${port.cable}p${piece}`);
  }

  /**
   * Of ten packets of OSPF one is lost, one doubled, one late; where FRR has no part in it. FRR 8.4 sends the end of an LSA that it
   * passes on once: where that is lost its neighbour has the LSA for an hour.
   */
  setNoise(noise: boolean, cables: readonly string[]): void {
    const { exec } = this.#bound();
    this.noise = noise;
    for (const port of this.ports.filter(({ cable }) => cables.includes(cable))) {
      const name = nameOf(port);
      if (!noise) {
        exec(`tc filter del dev ${name} ingress`);
        continue;
      }
      const actions = ['egress redirect dev hole', `ingress mirror dev ${name}`, 'egress redirect dev late'];
      for (const [i, action] of actions.entries()) {
        const which = `dev ${name} ingress protocol ip prio ${i + 1} bpf bytecode`.split(' ');
        this.#middle.exec([
          'tc',
          'filter',
          'add',
          ...which,
          oneIn(10),
          'action',
          'mirred',
          ...action.split(' '),
        ]);
      }
    }
  }

  cleanup(): void {
    this.#middle.cleanup();
  }
}

function nameOf({ cable, node }: Port): string {
  return `${cable}-${node}`;
}
