/** `show ip ospf neighbor [INTERFACE]` and `… detail`. */
import type { Context, ManifestView } from 'hitless/runtime';
import { toAddress } from '../../address.ts';
import { type RowSteps, Rows } from '../../rows.ts';
import { OPTION_DC, OPTION_E, OPTION_MC, OPTION_NP, OPTION_O } from '../constants.ts';
import { isDesignating } from '../selectors.ts';
import type { Interface, Neighbor, NeighborState, State } from '../state.ts';
import { dueText, interfacesNamed, type NotShown, type Typed, uptimeText } from './typed.ts';

const ONE = [{ name: 'interface', description: 'the name of an interface; all without it', optional: true }];

export const neighborViews = {
  neighborDetail: {
    words: 'ip ospf neighbor detail',
    aliases: ['ospf neighbor detail'],
    description: 'OSPF neighbours with all that is known of them, and why one does not come up',
    takes: ONE,
    request: 'showNeighbors',
    lines: 'lines',
    none: 'no neighbours',
  },
  neighbor: {
    words: 'ip ospf neighbor',
    aliases: ['neighbors', 'ospf neighbors', 'ospf neighbor', 'ip ospf neighbors'],
    description: 'OSPF neighbours: how far the adjacency is, and when each is declared down',
    takes: ONE,
    request: 'showNeighbors',
    columns: [
      { key: 'routerId', title: 'NEIGHBOR ID' },
      { key: 'priority', title: 'PRI' },
      { key: 'stateAndRole', title: 'STATE' },
      { key: 'uptime', title: 'UP TIME', unit: 'ms' },
      { key: 'deadIn', title: 'DEAD TIME', unit: 'ms' },
      { key: 'address', title: 'ADDRESS' },
      { key: 'interface', title: 'INTERFACE' },
      { key: 'unacknowledged', title: 'RXMTL' },
      { key: 'requested', title: 'RQSTL' },
      { key: 'undescribed', title: 'DBSML' },
      { key: 'hindrance', title: 'HINDRANCE' },
    ],
    none: 'no neighbours',
  },
} satisfies Record<string, ManifestView>;

export type Role = 'DR' | 'Backup' | 'DROther' | '-';

/** A neighbour as the answers to the requests `neighbors` and `showNeighbors`, version 1, show it. Times are in ms. */
export interface NeighborView {
  interface: string;
  routerId: string;
  address: string;
  area: string;
  priority: number;
  state: NeighborState;
  role: Role;
  stateAndRole: string;
  dr: string;
  bdr: string;
  uptime: number;
  /** Until it is declared down. */
  deadIn?: number;
  options: string;
  /** LSAs on its retransmission list, on its link state request list, and whether some are still to be described. */
  unacknowledged: number;
  requested: number;
  undescribed: 'some' | 'none';
  /** We help it to restart, and for how long still (RFC 3623). */
  helpedFor?: number;
  /** Why it does not come up. */
  hindrance?: string;
  events: Readonly<Record<string, number>>;
  lines: string[];
}

export function neighborRows(state: State, body: Typed, ctx: Context): Rows | NotShown {
  const named = interfacesNamed(state, body?.interface);
  if ('refused' in named) return named;
  return new Rows((rows) => rowsOf(named, rows, ctx));
}

function* rowsOf(interfaces: readonly Interface[], rows: Rows, ctx: Context): RowSteps {
  rows.size = interfaces.reduce((sum, { neighbors }) => sum + neighbors.size, 0);
  for (const iface of interfaces)
    for (const neighbor of iface.neighbors.values()) yield viewOf(iface, neighbor, ctx);
}

function viewOf(iface: Interface, neighbor: Neighbor, ctx: Context): NeighborView {
  const { state, exchange, helping } = neighbor;
  const role = roleOf(iface, neighbor);
  const deadIn = ctx.timerDue('inactivity', neighbor.timer);
  const view = {
    interface: iface.key,
    routerId: toAddress(neighbor.routerId),
    address: toAddress(neighbor.address),
    area: toAddress(iface.area),
    priority: neighbor.priority,
    state,
    role,
    stateAndRole: `${state}/${role}`,
    dr: toAddress(neighbor.dr),
    bdr: toAddress(neighbor.bdr),
    uptime: Math.round(ctx.now() - neighbor.since),
    ...(deadIn !== undefined && { deadIn: Math.round(deadIn) }),
    options: optionsText(neighbor.options),
    unacknowledged: neighbor.unacknowledged,
    requested: neighbor.requested,
    undescribed: exchange === undefined || exchange.done ? ('none' as const) : ('some' as const),
    ...(helping && { helpedFor: Math.round(Math.max(0, helping.until - ctx.now())) }),
    ...(neighbor.hindrance !== '' && { hindrance: neighbor.hindrance }),
    events: { ...neighbor.events },
  };
  return { ...view, lines: linesOf(view) };
}

function linesOf(view: Omit<NeighborView, 'lines'>): string[] {
  return [
    ` Neighbor ${view.routerId}, interface address ${view.address}`,
    `    In the area ${view.area} via interface ${view.interface}`,
    `    Neighbor priority is ${view.priority}, State is ${view.state}, Role is ${view.role}, ${Object.values(view.events).reduce((sum, count) => sum + count, 0)} events`,
    `    Most recent state change ${uptimeText(view.uptime)} ago`,
    `    DR is ${view.dr}, BDR is ${view.bdr}`,
    `    Options ${view.options}`,
    `    Dead timer due in ${dueText(view.deadIn)}`,
    `    Database Summary List ${view.undescribed === 'none' ? 'empty' : 'not empty'}`,
    `    Link State Request List ${view.requested}`,
    `    Link State Retransmission List ${view.unacknowledged}`,
    ...(view.helpedFor === undefined
      ? []
      : [`    We help it to restart, for ${dueText(view.helpedFor)} still`]),
    ...(view.hindrance === undefined ? [] : [`    It does not come up: ${view.hindrance}`]),
  ];
}

function roleOf(iface: Interface, { address }: Neighbor): Role {
  if (!isDesignating(iface)) return '-';
  if (iface.dr === address) return 'DR';
  return iface.bdr === address ? 'Backup' : 'DROther';
}

const OPTION_NAMES: readonly (readonly [bit: number, name: string])[] = [
  [OPTION_O, 'O'],
  [OPTION_DC, 'DC'],
  [OPTION_NP, 'N/P'],
  [OPTION_MC, 'MC'],
  [OPTION_E, 'E'],
];

/** `2 *|-|-|-|-|-|E|-`, the bits as FRR shows them, from the highest to the lowest. */
export function optionsText(options: number): string {
  const names = Array.from({ length: 8 }, (_, i) => {
    const bit = 0x80 >> i;
    if ((options & bit) === 0) return '-';
    return OPTION_NAMES.find(([each]) => each === bit)?.[1] ?? '*';
  });
  return `${options} ${names.join('|')}`;
}
