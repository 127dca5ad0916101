/** Two routers of ours, two of FRR and BIRD in two areas, with a LAN and four cables between two; and faults by chance. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import type { Test } from 'tap';
import { eventuallyAsync } from '../../router/router-lab.ts';
import { FaultCables, type Port } from './cables.ts';
import { Node, type Side } from './node.ts';
import { Shadows } from './shadow.ts';
import { addressOf, BACKBONE, Truth } from './truth.ts';
import { isNetworkHidden, Unreached } from './unreached.ts';

/** To come to rest: RouterDeadInterval, MinLSInterval and RxmtInterval of 5 s some times over, on a busy machine. */
const PATIENCE = 240_000;
const ONE = '0.0.0.1';

const CABLES: Record<string, Omit<Side, 'cable'>> = {
  l0: { area: BACKBONE, cost: 10, lan: true },
  l1: { area: BACKBONE, cost: 7, lan: false },
  l2: { area: BACKBONE, cost: 11, lan: false },
  l3: { area: ONE, cost: 13, lan: false },
  l4: { area: ONE, cost: 17, lan: false },
};

/** FaultCables that may lose packets: those of no FRR. */
const NOISY = ['l1', 'l2'];

const NODES = [
  { name: 'a', kind: 'ours', area: BACKBONE, on: ['l0', 'l1'], external: '10.66.0.0/16' },
  { name: 'b', kind: 'bird', area: BACKBONE, on: ['l0', 'l2'], external: '10.67.0.0/16' },
  { name: 'c', kind: 'ours', area: BACKBONE, on: ['l1', 'l2', 'l3'] },
  { name: 'f', kind: 'frr', area: BACKBONE, on: ['l0', 'l4'] },
  { name: 'g', kind: 'frr', area: ONE, on: ['l3', 'l4'] },
] as const;

/** From 0 to less than so many. */
type Choose = (below: number) => number;
/** Does something. @returns what, in words; undefined where it cannot be */
type Fault = (field: Field, choose: Choose) => Promise<string | undefined> | string | undefined;

export class Field {
  readonly nodes: readonly Node[];
  readonly cables: FaultCables = new FaultCables();
  readonly #shadows: readonly Shadows[];
  readonly #unreached: readonly Unreached[];
  /** BIRD's routes were left out, the last time and how often, as an LSA of before hid one for a fault of its own. */
  #isLeftOut = false;
  leftOut = 0;
  readonly #directory: string = mkdtempSync('/tmp/hitless-test-');

  private constructor() {
    this.nodes = NODES.map(({ on, ...plan }, i) => {
      const sides = on.map((cable) => ({ cable, ...CABLES[cable]! }));
      return new Node({ ...plan, host: `10.1.0.${i + 1}`, sides }, this.#directory);
    });
    const of = (kind: Node['plan']['kind']) => this.nodes.filter(({ plan }) => plan.kind === kind);
    this.#shadows = of('frr').map((frr) => new Shadows(frr));
    this.#unreached = of('bird').map((bird) => new Unreached(bird));
  }

  /** All of them started. Ends with the test. */
  static async make(t: Test): Promise<Field> {
    const field = new Field();
    // FRR's own user has to get at its files.
    chmodSync(field.#directory, 0o755);
    t.teardown(() => {
      for (const node of field.nodes) node.cleanup();
      field.cables.cleanup();
      rmSync(field.#directory, { recursive: true, force: true });
    });
    for (const cable of Object.keys(CABLES)) {
      const members = field.nodes.filter(({ plan }) => plan.sides.some((side) => side.cable === cable));
      const ends = members.map((node) => ({
        node: node.plan.name,
        namespace: node.namespace,
        address: `${addressOf(node, cable)}/24`,
      }));
      field.cables.lay(cable, ends);
    }
    for (const node of field.nodes) await node.start();
    return field;
  }

  node(name: string): Node {
    return this.nodes.find(({ plan }) => plan.name === name)!;
  }

  /** Does something by chance. @returns what, in words */
  async disturb(choose: Choose): Promise<string> {
    for (;;) {
      const done = await FAULTS[choose(FAULTS.length)]!(this, choose);
      if (done !== undefined) return done;
    }
  }

  /** All that was done to it ends. */
  async mend(): Promise<void> {
    if (this.cables.noise) this.cables.setNoise(false, NOISY);
    for (const port of this.cables.ports) {
      this.cables.setCarrier(port, true);
      this.cables.setPiece(port, 0);
    }
    for (const node of this.nodes) {
      for (const cable of node.down) node.setUp(cable, true);
      if (!node.alive) await node.start();
    }
  }

  /** How often an FRR, or BIRD, was made to compute its routes, as it had none for a fault of its own. */
  get lifted(): { frr: number; bird: number } {
    const sum = (all: readonly { lifted: number }[]) => all.reduce((whole, { lifted }) => whole + lifted, 0);
    return { frr: sum(this.#shadows), bird: sum(this.#unreached) };
  }

  /** Databases that are not equal, and routes that are not right; undefined: all is well. */
  async broken(): Promise<string | undefined> {
    const truth = new Truth(this.nodes, this.cables);
    this.#isLeftOut = false;
    const databases = new Map<Node, string[]>();
    for (const node of this.nodes) if (node.alive) databases.set(node, await node.database());
    for (const scope of [BACKBONE, ONE, 'as'])
      for (const group of truth.groups(scope)) {
        const [first, ...others] = group.map((node) => ({
          name: node.plan.name,
          rows: databases.get(node)!.filter((row) => row.startsWith(`${scope} `)),
        }));
        for (const other of others)
          if (other.rows.join() !== first!.rows.join())
            return `databases of ${first!.name} and ${other.name}:\n${first!.rows.join('\n')}\n--\n${other.rows.join('\n')}`;
      }
    for (const node of this.nodes) {
      if (!node.alive) continue;
      const [is, wanted] = [node.routes().join('\n'), truth.routesOf(node).join('\n')];
      if (is === wanted) continue;
      if (node.plan.kind === 'bird' && isNetworkHidden(...statesOf(node))) this.#isLeftOut = true;
      else return `routes of ${node.plan.name}:\n${is}\nwanted:\n${wanted}`;
    }
    return undefined;
  }

  /** Waits until all is well. @returns how long that took, in ms, and for what it waited last @throws with what is not */
  async rest(patience = PATIENCE): Promise<{ took: number; last: string }> {
    const began = performance.now();
    let found: string | undefined;
    let last = '';
    await eventuallyAsync('the network is at rest', patience, async () => {
      found = await this.broken();
      last = found ?? last;
      for (const fault of [...this.#shadows, ...this.#unreached]) fault.lift();
      return found === undefined || undefined;
    }).catch(async (thrown: Error) => {
      const told: string[] = [];
      for (const node of this.nodes) told.push(await node.account(), node.output);
      throw new Error(`${thrown.message}: ${found}\n${told.join('\n')}`);
    });
    if (this.#isLeftOut) this.leftOut++;
    return { took: performance.now() - began, last };
  }
}

function statesOf(bird: Node): [neighbors: string, state: string] {
  return [bird.birdc('show ospf neighbors'), bird.birdc('show ospf state all')];
}

function someOf<T>(things: readonly T[], choose: Choose): T | undefined {
  return things[choose(things.length)];
}

function alive({ nodes }: Field): Node[] {
  return nodes.filter((node) => node.alive);
}

function carrier({ cables }: Field, choose: Choose): string {
  const gone = cables.ports.filter((port) => !port.carrier);
  // As many as come go.
  const port = (choose(2) === 0 ? someOf(gone, choose) : undefined) ?? someOf(cables.ports, choose)!;
  cables.setCarrier(port, !port.carrier);
  return `carrier of ${port.node} on ${port.cable}: ${port.carrier}`;
}

function admin({ nodes }: Field, choose: Choose): string {
  const set = nodes.filter(({ down }) => down.size > 0);
  const node = (choose(2) === 0 ? someOf(set, choose) : undefined) ?? someOf(nodes, choose)!;
  const cable = [...node.down][0] ?? someOf(node.plan.sides, choose)!.cable;
  const up = node.down.has(cable);
  node.setUp(cable, up);
  return `${node.plan.name} sets ${cable} ${up ? 'up' : 'down'}`;
}

async function kills(field: Field, choose: Choose): Promise<string | undefined> {
  const node = someOf(alive(field), choose)!;
  if (alive(field).length < 4) return undefined;
  await node.kill();
  return `${node.plan.name} is killed`;
}

async function starts(field: Field, choose: Choose): Promise<string | undefined> {
  const node = someOf(
    field.nodes.filter((each) => !each.alive),
    choose,
  );
  await node?.start();
  return node && `${node.plan.name} is started`;
}

async function restarts(field: Field, choose: Choose): Promise<string> {
  const node = someOf(alive(field), choose)!;
  await node.kill();
  await node.start();
  return `${node.plan.name} is killed and started`;
}

async function renames(field: Field, choose: Choose): Promise<string> {
  const node = someOf(alive(field), choose)!;
  await node.kill();
  node.routerId = `10.${100 + choose(100)}.${choose(250)}.${node.plan.host.split('.')[3]}`;
  await node.start();
  return `${node.plan.name} has the router id ${node.routerId}`;
}

async function swaps(field: Field, choose: Choose): Promise<string | undefined> {
  const node = someOf(
    alive(field).filter(({ plan }) => plan.kind === 'ours'),
    choose,
  );
  await node?.swap();
  return node && `${node.plan.name} is swapped`;
}

function noise({ cables }: Field): string {
  cables.setNoise(!cables.noise, NOISY);
  return cables.noise ? 'packets are lost, doubled and late' : 'no packets are lost';
}

function parts({ cables }: Field, choose: Choose): string {
  const moved = cables.ports.filter(({ piece }) => piece === 1);
  if (moved.length > 0 && choose(2) === 0) {
    for (const port of moved) cables.setPiece(port, 0);
    return 'all cables are in one piece';
  }
  const port: Port = someOf(cables.ports, choose)!;
  cables.setPiece(port, port.piece === 0 ? 1 : 0);
  return `${port.node} is in piece ${port.piece} of ${port.cable}`;
}

const FAULTS: readonly Fault[] = [
  ...[carrier, carrier, admin, admin, parts, parts, noise],
  ...[kills, starts, starts, restarts, renames, swaps, swaps, swaps],
];
