/** The router's program as the system sees it. */
import { randomBytes } from 'node:crypto';
import { spanText } from './tables.ts';

/** A board without a clock of its own begins at the same time again and again. */
const START = randomBytes(8).toString('hex');

export interface SystemView {
  node: string;
  pid: number;
  /** The begin of the program, in ISO 8601 and UTC: as its machine's clock had it. */
  started: string;
  /** Made up at each start: no two have the same. */
  start: string;
  /** Since the program began, in whole seconds. */
  uptime: number;
  /** In bytes: what of the program is in memory, and what its JavaScript uses of that. */
  memory: { resident: number; heap: number };
  /** The bound of handlers: in every turn, or in transactions alone, and why so. */
  guard: { kind: 'native' | 'vm'; why: string };
  /** Why versions are not kept across restarts; absent where they are. */
  unkept?: string;
}

export function systemView(guard: SystemView['guard'], unkept?: string): SystemView {
  const { rss, heapUsed } = process.memoryUsage();
  return {
    node: process.versions.node,
    pid: process.pid,
    start: START,
    started: new Date(performance.timeOrigin).toISOString(),
    uptime: Math.floor(process.uptime()),
    memory: { resident: rss, heap: heapUsed },
    guard,
    ...(unkept !== undefined && { unkept }),
  };
}

/** Where the guard's addon does not load. @param why it does not */
export function unwatched(why: string): string {
  return `handlers are bounded in transactions alone, for the guard's addon does not load: ${why}; "hitless needs --addon" compiles it`;
}

/** @param uptime in whole seconds */
export function upText(uptime: number): string {
  return uptime === 0 ? 'less than 1 s' : spanText(uptime * 1000);
}

export function systemText({ node, pid, uptime, memory, guard, unkept }: SystemView): string[] {
  const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  return [
    `Node ${node}, process ${pid}, up ${upText(uptime)}`,
    `${mb(memory.resident)} in memory, ${mb(memory.heap)} of it JavaScript`,
    guard.kind === 'native' ? 'handlers are bounded in every turn' : unwatched(guard.why),
    ...(unkept === undefined ? [] : [`versions are not kept across restarts: ${unkept}`]),
  ];
}
