/** The measuring program, inside of a namespace: routes come, change and go. */
import { readFileSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { LINKS } from '../../drivers/netlink/link.ts';
import { isRefusal, Netlink } from '../../drivers/netlink/netlink.ts';
import { ROUTES } from '../../drivers/netlink/route.ts';
import { keepYoungSpaceSmall } from '../../firmware/host/young-space.ts';
import {
  destinations,
  FIRST,
  gateways,
  INTERFACE,
  PROTOCOLS,
  type RoutesJob,
  type RoutesRecord,
  type RoutesSide,
} from './job.ts';
import { openBird } from './ways/bird.ts';
import { openDriver } from './ways/driver.ts';
import { openIpBatch } from './ways/ip-batch.ts';
import { openModule } from './ways/module.ts';
import { openPort } from './ways/port.ts';
import type { OpenWay, Phase, Way } from './ways/way.ts';
import { openZebra } from './ways/zebra.ts';
import { Witness } from './witnessed.ts';

const WAYS: Readonly<Record<RoutesSide, OpenWay>> = {
  module: openModule,
  port: openPort,
  driver: openDriver,
  iproute: openIpBatch,
  bird: openBird,
  zebra: openZebra,
};

const [order = '', output = '', directory = ''] = process.argv.slice(2);
const job = JSON.parse(order) as RoutesJob;
const protocol = PROTOCOLS[job.side];
const netlink = new Netlink();
const index = await indexOf(INTERFACE);
const record: RoutesRecord = {
  install: 0,
  replace: 0,
  withdraw: 0,
  span: 0,
  hold: 0,
  idle: 0,
  memory: 0,
};

// As in a router.
keepYoungSpaceSmall();
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** ms of the event-loop monitor between two looks. */
const RESOLUTION = 1;

async function indexOf(name: string): Promise<number> {
  const [link] = await netlink.read(LINKS, [{ name }]);
  if (link === undefined || isRefusal(link)) throw new Error(`there is no ${name}`);
  return link.index;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** @throws an Error when the kernel has other routes than these, or by other gateways */
async function check(phase: Phase): Promise<void> {
  const rows = await netlink.dump(ROUTES, { family: 4, protocol });
  const wanted = new Set(phase === 'withdraw' ? [] : destinations(job.routes));
  const by = gateways(job.hops, FIRST[phase === 'install' ? 'install' : 'replace']).join();
  const right = rows.filter(
    ({ destination, prefixLength, hops }) =>
      prefixLength === 24 && hops.map(({ gateway }) => gateway).join() === by && wanted.delete(destination),
  );
  if (rows.length !== right.length || wanted.size > 0)
    throw new Error(
      `after ${phase} the kernel has ${right.length} of the routes by ${by}, ${wanted.size} are missing, ${rows.length - right.length} are wrong`,
    );
}

/** MB of these processes that are in memory. */
function resident(pids: readonly number[] = [process.pid]): number {
  const sizes = pids.map((pid) => /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  return sizes.reduce((sum, kilobytes) => sum + Number(kilobytes), 0) / 1024;
}

/** Returns the longest time for which the loop did not come back while this is done. */
async function held(work: () => Promise<unknown>): Promise<number> {
  // Work of before may hold the loop: that is over by then.
  await sleep(10 * RESOLUTION);
  // One each: a monitor that is enabled again takes the time between for a delay.
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  delay.enable();
  await work();
  delay.disable();
  return Math.max(0, delay.max / 1e6 - RESOLUTION);
}

async function measure(phase: Phase, way: Way, witness: Witness): Promise<number> {
  const gone = phase === 'withdraw';
  const work = way.prepare(phase);
  // Garbage of preparing and checking is not to be collected in the measured time.
  collect();
  const { all } = await witness.expect({ protocol, gone, count: job.routes });
  const before = resident(way.pids);
  let took = 0;
  const hold = await held(async () => {
    const began = Number(process.hrtime.bigint()) / 1e6;
    await work();
    const { first, last } = await all;
    took = last - began;
    if (phase === 'install') record.span = last - first;
  });
  record.hold = Math.max(record.hold, hold);
  if (phase === 'install') record.memory = Math.max(0, resident(way.pids) - before);
  await check(phase);
  return took;
}

async function measureRoutes(): Promise<void> {
  const witness = new Witness(job.witness);
  const way = await WAYS[job.side](job, index, directory);
  record.install = await measure('install', way, witness);
  record.replace = await measure('replace', way, witness);
  record.withdraw = await measure('withdraw', way, witness);
  record.idle = await held(() => sleep(record.install + record.replace + record.withdraw));
  await way.stop();
  witness.stop();
}

await measureRoutes();
netlink.close();
writeFileSync(output, JSON.stringify(record));
