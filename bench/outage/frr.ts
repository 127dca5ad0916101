/** FRR's zebra and ospfd in a namespace: as the neighbour, and as what is measured beside hitless. */
import { chownSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { frrDaemon } from '../../firmware/lab/frr-daemon.ts';
import type { NetworkNamespace } from '../../test/netns.ts';
import { BenchError } from '../errors.ts';
import { Daemon } from './daemon.ts';

const READY_MS = 15_000;

export interface FrrOptions {
  namespace: NetworkNamespace;
  /** Of its own, which FRR's user can reach. */
  directory: string;
  interface: string;
  routerId: string;
  hello: number;
  dead: number;
  /** Lines of `router ospf`. */
  lines?: readonly string[];
}

export class Frr {
  readonly #options: FrrOptions;
  #zebra: Daemon | undefined;
  #ospfd: Daemon | undefined;

  constructor(options: FrrOptions) {
    this.#options = options;
    const { directory, routerId, interface: name, hello, dead, lines = [] } = options;
    const { uid, gid } = frrUser();
    const file = (base: string, text: string) => {
      writeFileSync(join(directory, base), text);
      chownSync(join(directory, base), uid, gid);
    };
    chownSync(directory, uid, gid);
    file('zebra.conf', 'hostname router\n');
    file('vtysh.conf', '');
    file(
      'ospfd.conf',
      `hostname router
interface ${name}
 ip ospf area 0.0.0.0
 ip ospf hello-interval ${hello}
 ip ospf dead-interval ${dead}
 ip ospf network point-to-point
router ospf
 ospf router-id ${routerId}
 log-adjacency-changes detail
${lines.map((line) => ` ${line}\n`).join('')}`,
    );
  }

  async start(): Promise<void> {
    await this.startZebra();
    await this.startOspfd();
  }

  async startZebra(): Promise<void> {
    const { directory } = this.#options;
    const socket = join(directory, 'zserv.api');
    // One of before would be taken for a zebra that is ready.
    rmSync(socket, { force: true });
    rmSync(join(directory, 'zebra.vty'), { force: true });
    this.#zebra = this.#spawn('zebra');
    await this.#zebra.until('is ready', READY_MS, () => existsSync(socket));
  }

  async startOspfd(): Promise<void> {
    const { directory } = this.#options;
    rmSync(join(directory, 'ospfd.vty'), { force: true });
    this.#ospfd = this.#spawn('ospfd');
    await this.#ospfd.until('is ready', READY_MS, () => existsSync(join(directory, 'ospfd.vty')));
  }

  async stopZebra(): Promise<void> {
    await this.#zebra?.stop();
  }

  async stopOspfd(): Promise<void> {
    await this.#ospfd?.stop();
  }

  /** The state of its one neighbour, such as `Full`; empty when there is none. */
  neighborState(): string {
    try {
      return /"(?:nbrState|state)":\s*"([^"/\\]+)/.exec(this.show('show ip ospf neighbor json'))?.[1] ?? '';
    } catch {
      return '';
    }
  }

  /** @throws with what vtysh said */
  show(command: string): string {
    return this.#options.namespace.exec(['vtysh', '--vty_socket', this.#options.directory, '-c', command]);
  }

  /** When it logged a change of its neighbour's state. */
  changes(): number[] {
    return this.#ospfd?.told(/AdjChg: Nbr .*?: \S+ -> \S+/) ?? [];
  }

  #spawn(daemon: 'zebra' | 'ospfd'): Daemon {
    const { directory, namespace } = this.#options;
    return new Daemon(`FRR ${daemon}`, namespace, frrDaemon(daemon, directory));
  }
}

function frrUser(): { uid: number; gid: number } {
  const [, , uid, gid] =
    readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find((entry) => entry.startsWith('frr:'))
      ?.split(':') ?? [];
  if (uid === undefined || gid === undefined)
    throw new BenchError('SIDE_FAILED', 'FRR is installed, but its user "frr" is not in /etc/passwd');
  return { uid: Number(uid), gid: Number(gid) };
}
