/** The configuration that the lab gives its router: the same format as `hitless run --config` takes anywhere. */
import { join } from 'node:path';
import { ROOT } from '../host/project.ts';
import type { Timing } from './timing.ts';
import { ADDRESSES, VIRTUAL_ROUTER } from './topology.ts';

/** The lab's own module, which no other router has: it sends the relay numbers. */
const LAB_BUNDLES = join(ROOT, 'dist/lab');

export function routerConfig(timing: Timing, socket: string, state: string): string {
  const period = duration(timing.period);
  const hello = `hello-interval: ${timing.hello}s, dead-interval: ${timing.dead}s, priority: 0`;
  const { group, priority } = VIRTUAL_ROUTER;
  const advert = duration(timing.advert * 10);
  return `router:
  id: ${ADDRESSES.lan0}
  state: ${JSON.stringify(state)}
  bundles: [${JSON.stringify(LAB_BUNDLES)}]
  # The first versions, so that there is something to replace.
  modules: { TIMER: timer@1.0.0, IP: ip@1.0.0, OSPF: ospf@1.0.0, VRRP: vrrp@1.0.0, RELAY: relay@1.0.0 }
timer: { period: ${period} }
ip:
  lifetime: 30m
  interfaces:
    lan0: { interval: ${period} }
    lan1: { interval: ${period} }
ospf:
  area: 0.0.0.0
  interfaces:
    lan0: { ${hello} }
    lan1: { ${hello} }
vrrp:
  - { interface: lan0, group: ${group}, priority: ${priority}, interval: ${advert}, addresses: [${ADDRESSES.virtual}] }
# The paper's figures show the relay numbers, which are of this level.
log: { level: debug }
console:
  socket: ${JSON.stringify(socket)}
`;
}

function duration(ms: number): string {
  return ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`;
}
