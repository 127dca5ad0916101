/** `show ip ospf interface [INTERFACE]` and `… brief`. */
import type { Context, ManifestView } from 'hitless/runtime';
import { toAddress } from '../../address.ts';
import { formatDuration } from '../../duration.ts';
import { type RowSteps, Rows } from '../../rows.ts';
import { textOf } from '../../subnet.ts';
import { NONE } from '../constants.ts';
import { areaConfigOf, configOf } from '../selectors.ts';
import type { Interface, State } from '../state.ts';
import { dueText, interfacesNamed, type NotShown, type Typed, uptimeText } from './typed.ts';

const ONE = [{ name: 'interface', description: 'the name of an interface; all without it', optional: true }];

export const interfaceViews = {
  interfaceBrief: {
    words: 'ip ospf interface brief',
    description: 'interfaces of OSPF with area, state, cost and neighbours',
    takes: ONE,
    request: 'showInterfaces',
    columns: [
      { key: 'interface', title: 'INTERFACE' },
      { key: 'area', title: 'AREA' },
      { key: 'subnet', title: 'ADDRESS' },
      { key: 'cost', title: 'COST' },
      { key: 'state', title: 'STATE' },
      { key: 'neighborsFull', title: 'FULL' },
      { key: 'neighbors', title: 'NEIGHBORS' },
    ],
    none: 'no interfaces',
  },
  interface: {
    words: 'ip ospf interface',
    description: 'interfaces of OSPF: address, area, type, state, designated routers, timers, authentication',
    takes: ONE,
    request: 'showInterfaces',
    lines: 'lines',
    none: 'no interfaces',
  },
} satisfies Record<string, ManifestView>;

/** FRR's words. */
const TYPE_WORDS: Readonly<Record<Interface['type'], string>> = {
  broadcast: 'BROADCAST',
  'point-to-point': 'POINTOPOINT',
  'point-to-multipoint': 'POINTOMULTIPOINT',
  'non-broadcast': 'NBMA',
  loopback: 'LOOPBACK',
  virtual: 'VIRTUALLINK',
};

export function interfaceRows(state: State, body: Typed, ctx: Context): Rows | NotShown {
  const named = interfacesNamed(state, body?.interface);
  if ('refused' in named) return named;
  return new Rows((rows) => rowsOf(state, named, rows, ctx));
}

function* rowsOf(state: State, interfaces: readonly Interface[], rows: Rows, ctx: Context): RowSteps {
  rows.size = interfaces.length;
  for (const iface of interfaces) yield viewOf(state, iface, ctx);
}

function viewOf(state: State, iface: Interface, ctx: Context): object {
  const config = configOf(state, iface);
  const neighbors = [...iface.neighbors.values()];
  const full = neighbors.filter((neighbor) => neighbor.state === 'Full');
  const helloIn = ctx.timerDue('hello', iface.key);
  const { authentication } = config;
  const subnet = iface.subnet === undefined ? undefined : textOf(iface.subnet);
  const row = {
    interface: iface.key,
    area: toAddress(iface.area),
    ...(subnet !== undefined && { subnet }),
    type: iface.type,
    state: iface.state,
    since: Math.round(ctx.now() - iface.since),
    passive: config.passive,
    cost: iface.cost,
    mtu: iface.mtu,
    priority: config.priority,
    dr: toAddress(iface.dr),
    bdr: toAddress(iface.bdr),
    helloInterval: config.helloInterval,
    deadInterval: config.deadInterval,
    retransmitInterval: config.retransmitInterval,
    transmitDelay: config.transmitDelay,
    ...(helloIn !== undefined && { helloIn: Math.round(helloIn) }),
    neighbors: neighbors.length,
    neighborsFull: full.length,
    authentication: authentication.type,
    ...(iface.choice ? { choice: iface.choice } : {}),
    ...(iface.unsent > 0 && { unsent: iface.unsent }),
  };
  return { ...row, lines: linesOf(state, iface, row) };
}

interface InterfaceRow {
  subnet?: string;
  since: number;
  passive: boolean;
  priority: number;
  helloInterval: number;
  deadInterval: number;
  retransmitInterval: number;
  transmitDelay: number;
  helloIn?: number;
  neighbors: number;
  neighborsFull: number;
  authentication: string;
  choice?: string;
  unsent?: number;
}

function linesOf(state: State, iface: Interface, row: InterfaceRow): string[] {
  const area = areaConfigOf(state, iface.area).type;
  return [
    `${iface.key} is ${iface.state === 'Down' ? 'down' : 'up'}`,
    `  Internet Address ${row.subnet ?? (iface.address === NONE ? 'none' : `unnumbered, ${toAddress(iface.address)}`)}, Area ${toAddress(iface.area)}${area === 'normal' ? '' : ` [${area.toUpperCase()}]`}`,
    `  MTU ${iface.mtu} bytes`,
    `  Router ID ${toAddress(state.routerId)}, Network Type ${TYPE_WORDS[iface.type]}, Cost: ${iface.cost}`,
    `  Transmit Delay is ${row.transmitDelay / 1000} sec, State ${iface.state}, Priority ${row.priority}, for ${uptimeText(row.since)}`,
    iface.dr === NONE
      ? '  No designated router on this network'
      : `  Designated Router (interface address) ${toAddress(iface.dr)}`,
    iface.bdr === NONE
      ? '  No backup designated router on this network'
      : `  Backup Designated Router (interface address) ${toAddress(iface.bdr)}`,
    `  Timer intervals configured, Hello ${formatDuration(row.helloInterval)}, Dead ${formatDuration(row.deadInterval)}, Retransmit ${formatDuration(row.retransmitInterval)}`,
    row.passive ? '    No Hellos (Passive interface)' : `    Hello due in ${dueText(row.helloIn)}`,
    `  Neighbor Count is ${row.neighbors}, Adjacent neighbor count is ${row.neighborsFull}`,
    ...(row.authentication === 'none' ? [] : [`  Authentication is ${row.authentication}`]),
    ...(iface.virtual === undefined
      ? []
      : [
          iface.virtual.to === NONE
            ? `  There is no way to ${toAddress(iface.virtual.router)} through area ${toAddress(iface.virtual.area)}`
            : `  The way to ${toAddress(iface.virtual.router)} through area ${toAddress(iface.virtual.area)} is by ${iface.virtual.over}, to ${toAddress(iface.virtual.to)}`,
        ]),
    ...(row.choice === undefined ? [] : [`  ${row.choice}`]),
    ...(row.unsent === undefined ? [] : [`  ${row.unsent} Hellos in a row could not be sent`]),
  ];
}
