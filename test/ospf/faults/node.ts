/** A router of any kind in a namespace of its own, whose process may be killed and started again. */
import { type ChildProcess, execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { frrDaemon } from '../../../firmware/lab/frr-daemon.ts';
import { NetworkNamespace } from '../../netns.ts';
import { eventuallyAsync, execAt, HITLESS } from '../../router/router-lab.ts';
import { sourceBundle } from '../../source-bundle.ts';
import { BIRD_LOOPBACK, birdLink, frrLink, LINK, POINT_TO_POINT, TIMERS } from '../lines.ts';

const PATIENCE = 120_000;
/** The sources as they are, under two numbers: the router is swapped from one to the other. */
export const VERSIONS = ['3.0.900', '3.0.901'] as const;
let bundles: Promise<string[]> | undefined;

/** An interface by its name, which is the cable's. */
export interface Side {
  readonly cable: string;
  readonly area: string;
  readonly cost: number;
  readonly lan: boolean;
}

export interface NodePlan {
  readonly name: string;
  readonly kind: 'ours' | 'frr' | 'bird';
  /** Its host's address, and router id at first. */
  readonly host: string;
  /** Of its host. */
  readonly area: string;
  readonly sides: readonly Side[];
  /** A prefix that it tells of as external. */
  readonly external?: string;
}

export class Node {
  readonly plan: NodePlan;
  readonly namespace: NetworkNamespace;
  routerId: string;
  alive = false;
  /** How often it was started. */
  lives = 0;
  /** Interfaces that were set down here. */
  readonly down = new Set<string>();
  swaps = 0;
  readonly #directory: string;
  #children: ChildProcess[] = [];
  #output = '';

  constructor(plan: NodePlan, directory: string) {
    this.plan = plan;
    this.routerId = plan.host;
    this.namespace = NetworkNamespace.create(`node-${plan.name}`);
    this.#directory = join(directory, plan.name);
    mkdirSync(this.#directory);
    this.namespace.exec(['sysctl', '-q', '-w', 'net.ipv4.ip_forward=1']);
    this.namespace.ip('address', 'add', `${plan.host}/32`, 'dev', 'lo');
  }

  async start(): Promise<void> {
    this.alive = true;
    this.lives++;
    await { ours: () => this.#ours(), frr: () => this.#frr(), bird: () => this.#bird() }[this.plan.kind]();
  }

  /** All of its processes end without a word. */
  async kill(): Promise<void> {
    this.alive = false;
    const ended = this.#children.map((child) => new Promise((resolve) => child.once('close', resolve)));
    for (const pid of this.namespace.pids()) process.kill(Number(pid), 'SIGKILL');
    await Promise.all(ended);
    this.#children = [];
  }

  setUp(cable: string, up: boolean): void {
    this.namespace.ip('link', 'set', cable, up ? 'up' : 'down');
    if (up) this.down.delete(cable);
    else this.down.add(cable);
  }

  async swap(): Promise<void> {
    this.swaps++;
    await this.run(`replace OSPF ospf@${VERSIONS[this.swaps % 2]}`);
  }

  /** Commands of a router of ours, that must succeed. */
  async run(...lines: string[]): Promise<unknown> {
    let data: unknown;
    for (const line of lines) {
      const answer = await execAt(this.#file('console.sock'), line);
      if (!answer.ok)
        throw new Error(`${this.plan.name}: ${line}: ${answer.message}\n${this.#output.slice(-2000)}`);
      data = answer.data;
    }
    return data;
  }

  /** LSAs that are not on their way out, as `scope id router sequence checksum`. */
  async database(): Promise<string[]> {
    switch (this.plan.kind) {
      case 'ours':
        return ((await this.run('show ip ospf database')) as Record<string, string | number>[])
          .filter(({ id, age }) => id !== undefined && Number(age) < 3600)
          .map(
            (row) =>
              `${`${row.scope}`.replace('area ', '')} ${row.id} ${row.router} ${row.sequence} ${row.checksum}`,
          )
          .sort();
      case 'frr':
        return lsasIn(
          this.vtysh('show ip ospf database'),
          /^ {16}.* States(?: \(Area ([0-9.]+))?/,
          /^(?<id>\d+\.\S+) +(?<router>\d+\.\S+) +(?<age>\d+) 0x(?<sequence>[0-9a-f]{8}) 0x(?<sum>[0-9a-f]{4})/,
        );
      case 'bird':
        return lsasIn(
          this.birdc('show ospf lsadb'),
          /^(?:Global|Area (\S+))/,
          /^ [0-9a-f]{4} +(?<id>\S+) +(?<router>\S+) +(?<sequence>[0-9a-f]{8}) +(?<age>\d+) +(?<sum>[0-9a-f]{4})/,
        );
    }
  }

  vtysh(...commands: string[]): string {
    const lines = commands.flatMap((command) => ['-c', command]);
    return this.namespace.exec(['vtysh', '--vty_socket', this.#directory, ...lines]);
  }

  birdc(command: string): string {
    const restricted = command.startsWith('show ') ? ['-r'] : [];
    const line = ['-s', this.#file('bird.ctl'), ...restricted, ...command.split(' ')];
    return execFileSync('birdc', line, { encoding: 'utf8', stdio: 'pipe' });
  }

  /** Routes in its kernel that OSPF brought, as `10.1.0.2/32 10.7.0.2@l0`; those to its own networks are left out. */
  routes(): string[] {
    const rows = JSON.parse(this.namespace.ip('-j', '-d', 'route')) as KernelRoute[];
    return rows
      .filter(({ type, protocol }) => type === 'unicast' && ['72', 'ospf', 'bird'].includes(protocol))
      .flatMap(({ dst, gateway, dev, nexthops = [{ gateway, dev }] }) => {
        const hops = nexthops.map((hop) => `${hop.gateway}@${hop.dev}`).sort();
        return nexthops.some((hop) => hop.gateway === undefined) ? [] : [`${withLength(dst)} ${hops.join()}`];
      })
      .sort();
  }

  /** Its own account of itself, for whoever looks for why something is not so. */
  async account(): Promise<string> {
    if (!this.alive) return `${this.plan.name} is not there`;
    const views: Record<NodePlan['kind'], readonly string[]> = {
      ours: [
        'show ip ospf interface',
        'show ip ospf neighbor detail',
        'show ip ospf database',
        'show ip ospf route',
      ],
      frr: [
        ...[
          'show ip ospf',
          'show ip ospf interface',
          'show ip ospf neighbor detail',
          'show ip ospf database router',
        ],
        ...['show ip ospf database network', 'show ip ospf database', 'show ip ospf route', 'show ip route'],
      ],
      bird: [
        'show ospf interface',
        'show ospf neighbors',
        'show ospf state all',
        'show ospf lsadb',
        'show route',
      ],
    };
    const ask = async (view: string): Promise<string> => {
      if (this.plan.kind === 'frr') return this.vtysh(view);
      if (this.plan.kind === 'bird') return this.birdc(view);
      return (await execAt(this.#file('console.sock'), view, { json: false })).lines.join('\n');
    };
    const parts = [`--- ${this.plan.name}`, this.namespace.ip('-br', 'address'), this.namespace.ip('route')];
    for (const view of views[this.plan.kind])
      parts.push(`- ${view}`, await ask(view).catch((thrown: Error) => thrown.message));
    return parts.join('\n');
  }

  get output(): string {
    return this.#output.slice(-3000);
  }

  cleanup(): void {
    this.namespace.cleanup();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #file(name: string): string {
    return join(this.#directory, name);
  }

  #spawn(command: readonly string[], env: Record<string, string> = {}): ChildProcess {
    const child = this.namespace.spawn(command, { env });
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (chunk: Buffer) => {
        this.#output = `${this.#output}${chunk.toString('utf8')}`.slice(-20_000);
      });
    this.#children.push(child);
    return child;
  }

  async #ours(): Promise<void> {
    const { sides, area, external } = this.plan;
    const folder = this.#file('bundles');
    mkdirSync(folder, { recursive: true });
    bundles ??= Promise.all(VERSIONS.map((version) => sourceBundle('ospf', version)));
    for (const [i, text] of (await bundles).entries())
      writeFileSync(join(folder, `ospf-${VERSIONS[i]}.cjs`), text);
    const keys = (side: Side) => ({
      ...(side.lan ? LINK : POINT_TO_POINT),
      area: side.area,
      cost: side.cost,
    });
    const modules = { OSPF: `ospf@${VERSIONS[this.swaps % 2]}` };
    const text = stringify(
      {
        router: { id: this.routerId, bundles: ['bundles'], modules, state: this.#file('state') },
        // So long the routes of a router that was killed stay where nobody claims them.
        ip: {
          'keep-routes': '10s',
          interfaces: { lo: {}, ...Object.fromEntries(sides.map(({ cable }) => [cable, {}])) },
          ...(external !== undefined && { routes: { [external]: { blackhole: {} } } }),
        },
        ospf: {
          timers: TIMERS,
          interfaces: { lo: { area }, ...Object.fromEntries(sides.map((side) => [side.cable, keys(side)])) },
          ...(external !== undefined && { redistribute: { static: { metric: 20 } } }),
        },
      },
      { aliasDuplicateObjects: false },
    );
    writeFileSync(this.#file('router.yaml'), text);
    const socket = this.#file('console.sock');
    const command = [process.execPath, HITLESS, 'run', '--config', this.#file('router.yaml')];
    const child = this.#spawn(command, { HITLESS_CONSOLE: socket });
    await eventuallyAsync(`${this.plan.name} answers`, PATIENCE, async () => {
      if (child.exitCode !== null) throw new Error(`it ended: ${this.output}`);
      return (await execAt(socket, 'show modules').catch(() => undefined))?.ok;
    });
  }

  async #frr(): Promise<void> {
    const { sides, area } = this.plan;
    const links = sides.map((side) =>
      frrLink(
        side.cable,
        side.area,
        ` ip ospf cost ${side.cost}${side.lan ? '' : '\n ip ospf network point-to-point'}`,
      ),
    );
    writeFileSync(this.#file('zebra.conf'), 'hostname peer\n');
    writeFileSync(this.#file('vtysh.conf'), '');
    writeFileSync(
      this.#file('ospfd.conf'),
      `hostname peer
${links.join('')}interface lo
 ip ospf area ${area}
router ospf
 ospf router-id ${this.routerId}
 timers throttle spf 0 50 500
 timers throttle lsa all 200
 timers lsa min-arrival 100
`,
    );
    const id = (option: string) => Number(this.namespace.exec(['id', option, 'frr']));
    for (const path of [this.#directory, this.#file('zebra.conf'), this.#file('ospfd.conf')])
      chownSync(path, id('-u'), id('-g'));
    chmodSync(this.#directory, 0o755);
    const ready = { zebra: this.#file('zserv.api'), ospfd: this.#file('ospfd.vty') };
    for (const path of [...Object.values(ready), this.#file('zebra.vty')]) rmSync(path, { force: true });
    for (const [daemon, socket] of Object.entries(ready)) {
      this.#spawn(frrDaemon(daemon, this.#directory));
      await eventuallyAsync(`${daemon} is there`, PATIENCE, async () => existsSync(socket) || undefined);
    }
  }

  async #bird(): Promise<void> {
    const { sides, external } = this.plan;
    const links = sides.map(({ cable, cost, lan }) =>
      birdLink(cable, `${lan ? 'type broadcast; wait 4;' : 'type ptp;'} cost ${cost};`),
    );
    writeFileSync(
      this.#file('bird.conf'),
      `router id ${this.routerId};
log stderr all;
protocol device { scan time 1; }
protocol static { ipv4; route ${external} unreachable; }
protocol kernel { ipv4 { import none; export where source ~ [RTS_OSPF, RTS_OSPF_IA, RTS_OSPF_EXT1, RTS_OSPF_EXT2]; }; }
protocol ospf v2 o { ipv4 { import all; export where source = RTS_STATIC; };
area 0.0.0.0 { ${links.join('')}${BIRD_LOOPBACK} };
}
`,
    );
    this.#spawn(['bird', '-f', '-c', this.#file('bird.conf'), '-s', this.#file('bird.ctl')]);
    await eventuallyAsync('bird is there', PATIENCE, async () => {
      try {
        return this.birdc('show status');
      } catch {
        return undefined;
      }
    });
  }
}

interface KernelHop {
  gateway?: string;
  dev?: string;
}

interface KernelRoute extends KernelHop {
  type: string;
  protocol: string;
  dst: string;
  nexthops?: KernelHop[];
}

/** The kernel writes a host without a length. */
function withLength(dst: string): string {
  return dst.includes('/') ? dst : `${dst}/32`;
}

function lsasIn(text: string, heading: RegExp, lsa: RegExp): string[] {
  let scope = 'as';
  return text
    .split('\n')
    .flatMap((line) => {
      const begins = heading.exec(line);
      if (begins) scope = begins[1] ?? 'as';
      const found = lsa.exec(line)?.groups;
      if (found === undefined || Number(found.age) >= 3600) return [];
      return [`${scope} ${found.id} ${found.router} 0x${found.sequence} 0x${found.sum}`];
    })
    .sort();
}
