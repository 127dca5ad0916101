/** The measuring program, inside of a namespace: a router, the peer that feeds it, and the witness of its routes. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { Netlink } from '../../drivers/netlink/netlink.ts';
import { ROUTES } from '../../drivers/netlink/route.ts';
import { Witness } from '../routes/witnessed.ts';
import { openBird } from './devices/bird.ts';
import type { OpenRouter } from './devices/device.ts';
import { openFrr } from './devices/frr.ts';
import { openHitless } from './devices/hitless.ts';
import { now, type OspfJob, type OspfRecord, type OspfSide, sleep, VERSIONS } from './job.ts';
import { Peer } from './peer.ts';
import { ENDS, externalsOf } from './topology.ts';

const OPEN: Readonly<Record<OspfSide, OpenRouter>> = { hitless: openHitless, frr: openFrr, bird: openBird };

/** ms: longer than MinLSInterval, and than any wait between two calculations. */
const QUIET = 5_500;
/** The same between two instances of one LSA (MinLSArrival). */
const BETWEEN = 1_200;
/** ms until a router has said how long its calculation took. */
const SAID = 300;
const MOST_FLOODED = 2_000;

const [order = '', output = '', directory = ''] = process.argv.slice(2);
const job = JSON.parse(order) as OspfJob;
const record: OspfRecord = {};
const netlink = new Netlink();
const device = await OPEN[job.side](job, directory);
const { inside } = device;
const witness = new Witness(job.witness);
const peer = await Peer.start(job);

function put(metric: string, ...values: number[]): void {
  (record[metric] ??= []).push(...values);
}

/** MB of the router that are in memory. */
function resident(): number {
  const sizes = device.pids.map(
    (pid) => /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1],
  );
  return sizes.reduce((sum, kilobytes) => sum + Number(kilobytes), 0) / 1024;
}

/** Does something while the router's loop is watched. */
async function watched(metric: string, work: () => Promise<unknown>): Promise<void> {
  await inside?.watch();
  await work();
  if (inside !== undefined) put(metric, await inside.longest());
}

/** @throws an Error when the kernel has other routes, or by another way */
async function check(gateway: string): Promise<void> {
  const rows = await netlink.dump(ROUTES, { family: 4, protocol: device.protocol });
  const right = rows.filter(({ hops }) => hops.map((hop) => hop.gateway).join() === gateway);
  if (right.length !== job.lsas || rows.length !== job.lsas)
    throw new Error(
      `the kernel has ${rows.length} routes, ${right.length} by ${gateway}, and not ${job.lsas}`,
    );
}

async function swapBeside(what: string): Promise<void> {
  if (inside === undefined) return;
  for (let i = 0; i < job.swaps; i++)
    for (const version of [VERSIONS.next, VERSIONS.first]) {
      const { window, stall } = await inside.swap(version);
      put(`swap ${what}: window`, window);
      put(`swap ${what}: stall`, stall);
    }
}

async function load(): Promise<void> {
  await inside?.collect();
  const before = resident();
  const { all } = await witness.expect({ protocol: device.protocol, gone: false, count: job.lsas });
  await watched('load: hold', async () => {
    peer.order({ do: 'speak', end: 0 });
    const { at: began } = await peer.told('described', 0);
    const { at: full } = await peer.told('full', 0);
    const { last } = await all;
    put('Full', full - began);
    put('routes', last - began);
  });
  await check(ENDS[0].peer);
  await inside?.collect();
  put('memory', ((resident() - before) * 1024 * 1024) / job.lsas);
}

async function change(): Promise<void> {
  for (let i = 0; i < job.changes; i++)
    for (const present of [true, false]) {
      const { all } = await witness.expect({ protocol: device.protocol, gone: !present, count: 1 });
      peer.order({ do: 'network', present });
      const { at } = await peer.told('sent');
      put('change', (await all).last - at);
      await sleep(SAID);
      if (device.calculation !== undefined) put('calculation', await device.calculation());
      await sleep(BETWEEN - SAID);
    }
}

async function flood(): Promise<void> {
  peer.order({ do: 'flood', count: Math.min(MOST_FLOODED, externalsOf(job)) });
  put('flooding', (await peer.told('flooded')).rate);
}

function setEnd(end: 0 | 1, how: 'up' | 'down'): void {
  execFileSync('ip', ['-n', job.far, 'link', 'set', ENDS[end].far, how]);
}

async function endLink(): Promise<void> {
  peer.order({ do: 'speak', end: 1 });
  await peer.told('full', 1);
  await sleep(QUIET);
  const { all } = await witness.expect({ protocol: device.protocol, gone: false, count: job.lsas });
  await watched('link: hold', async () => {
    const began = now();
    setEnd(0, 'down');
    const { first, last } = await all;
    put('link: first route', first - began);
    put('link: last route', last - began);
  });
  await check(ENDS[1].peer);
}

await sleep(QUIET / 2);
await swapBeside('empty');
await sleep(QUIET / 2);
await load();
// Only now, for a router-LSA that was made for this link would have the one wait that tells of the neighbour.
setEnd(1, 'up');
await sleep(BETWEEN);
await watched('change: hold', change);
await watched('flooding: hold', flood);
await endLink();
await watched('hold at rest', () => sleep(BETWEEN));
await swapBeside('full');
if (inside !== undefined) {
  const { window, stall } = await inside.swap(VERSIONS.migrated);
  put('migrated: window', window);
  put('migrated: stall', stall);
}
peer.stop();
witness.stop();
await device.stop();
writeFileSync(output, JSON.stringify(record));
process.exit();
