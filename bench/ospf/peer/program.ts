/** The peer as a process of its own: raw sockets on both links, orders of the measuring program by messages. */

import { LinkMonitor } from '../../../drivers/links.ts';
import { RawIpPort } from '../../../drivers/raw-ip.ts';
import { decodeLsa } from '../../../firmware/modules/ospf/packet/lsa.ts';
import { decodeLsaHeader } from '../../../firmware/modules/ospf/packet/lsa-header.ts';
import { now, type Order, sleep, type Told } from '../job.ts';
import {
  type AreaSize,
  DEVICE_ID,
  databaseOf,
  ENDS,
  externalLsa,
  NETWORK_ROUTER,
  routerId,
  routerLsa,
} from '../topology.ts';
import { HELLO_S, nameOf, Session } from './session.ts';

const OSPF = 89;
const ALL_ROUTERS = '224.0.0.5';
/** LSAs on their way at a time: more than a router collects before it acknowledges, less than a socket has room for. */
const WINDOW = 600;
/** The last ones are acknowledged by and by. */
const REST = 200;
const AGAIN_MS = 1_000;

const size = JSON.parse(process.argv[2] ?? '') as AreaSize;
const lsas = new Map(databaseOf(size).map((lsa) => [nameOf(decodeLsaHeader(lsa)), lsa]));
let sequence = 0;

function tell(message: Told): void {
  process.send?.(message);
}

function keep(lsa: Uint8Array): Uint8Array {
  lsas.set(nameOf(decodeLsaHeader(lsa)), lsa);
  return lsa;
}

const ports = ENDS.map(({ far }) => new RawIpPort({ interface: far, protocol: OSPF, groups: [ALL_ROUTERS] }));
const sessions = ENDS.map((_, end) => {
  const session = new Session(routerId(end), lsas, (payload) =>
    ports[end]!.send({ to: ALL_ROUTERS, payload }),
  );
  let full = false;
  session.onDescribed = () => tell({ told: 'described', end, at: now() });
  session.onLsa = (lsa) => {
    if (full || !linksTo(lsa, routerId(end))) return;
    full = true;
    tell({ told: 'full', end, at: now() });
  };
  return session;
});
const monitor = new LinkMonitor();
for (const link of monitor.snapshot()) relink(link);
monitor.start(relink);
for (const [end, port] of ports.entries()) port.open(({ payload }) => sessions[end]!.receive(payload));

function relink(link: Parameters<RawIpPort['relink']>[0]): void {
  for (const [end, { far }] of ENDS.entries()) if (far === link.name) ports[end]!.relink(link);
}

/** Whether it is the router-LSA of who is measured, with a link to this router. */
function linksTo(lsa: Uint8Array, peer: number): boolean {
  const { type, router } = decodeLsaHeader(lsa);
  if (type !== 1 || router !== DEVICE_ID) return false;
  const body = decodeLsa(lsa);
  return (
    'kind' in body && body.kind === 'router' && body.links.some((link) => link.type === 1 && link.id === peer)
  );
}

/** Sends LSAs of which only so many are on their way at a time. @returns how many were acknowledged a second */
async function flood(count: number): Promise<number> {
  sequence++;
  const all = Array.from({ length: count }, (_, i) => keep(externalLsa(i, size, sequence)));
  const [session] = sessions;
  const waiting = new Map<string, Uint8Array>();
  const began = now();
  let sent = 0;
  return new Promise((resolve) => {
    const again = setInterval(() => session!.flood([...waiting.values()]), AGAIN_MS);
    const go = () => {
      while (sent < count && waiting.size < WINDOW) {
        const some = all.slice(sent, sent + 30);
        for (const lsa of some) waiting.set(nameOf(decodeLsaHeader(lsa)), lsa);
        sent += some.length;
        session!.flood(some);
      }
    };
    const enough = Math.min(REST, count / 2);
    session!.onAcknowledged = (name) => {
      waiting.delete(name);
      if (sent < count) go();
      else if (waiting.size <= enough) {
        session!.onAcknowledged = () => {};
        clearInterval(again);
        resolve(((count - waiting.size) / (now() - began)) * 1000);
      }
    };
    go();
  });
}

process.on('message', (order: Order) => {
  if (order.do === 'speak') {
    const session = sessions[order.end]!;
    session.hello();
    setInterval(() => session.hello(), HELLO_S * 1000);
  } else if (order.do === 'network') {
    sequence++;
    const lsa = keep(routerLsa(NETWORK_ROUTER, size, sequence, order.present));
    const at = now();
    sessions[0]!.flood([lsa]);
    tell({ told: 'sent', at });
  } else void flood(order.count).then((rate) => tell({ told: 'flooded', rate }));
});
process.once('disconnect', () => process.exit());
await sleep(0);
tell({ told: 'ready' });
