/** The measuring program, inside of a namespace: routes come, change and go, or changes of an address are waited for. */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { LinkMonitor } from '../../drivers/links.ts';
import { ADDRESSES } from '../../drivers/netlink/address.ts';
import { LINKS } from '../../drivers/netlink/link.ts';
import { add, isRefusal, Netlink, remove, replace } from '../../drivers/netlink/netlink.ts';
import { ROUTES } from '../../drivers/netlink/route.ts';
import { FIRST, INTERFACE, lineOf, PROTOCOL, type RoutesJob, type RoutesRecord, routesOf } from './job.ts';

const [order = '', output = ''] = process.argv.slice(2);
const job = JSON.parse(order) as RoutesJob;
const netlink = new Netlink();
const index = await indexOf(INTERFACE);
const record: RoutesRecord = { install: 0, replace: 0, withdraw: 0, hold: 0, latencies: [] };

/** ms of the event-loop monitor between two looks. */
const RESOLUTION = 1;
/** ms between two changes of an address: all that the one set off is over. */
const PAUSE = 25;

async function indexOf(name: string): Promise<number> {
  const [link] = await netlink.read(LINKS, [{ name }]);
  if (link === undefined || isRefusal(link)) throw new Error(`there is no ${name}`);
  return link.index;
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** @throws an Error when the kernel has other routes than these, or by other gateways */
async function check(count: number, gateway: string): Promise<void> {
  const rows = await netlink.dump(ROUTES, { family: 4, protocol: PROTOCOL });
  const right = rows.filter(({ hops }) => hops.length === job.hops && hops[0]?.gateway === gateway);
  if (rows.length !== count || right.length !== count)
    throw new Error(
      `the kernel has ${right.length} of ${count} routes by ${gateway}, and ${rows.length} in all`,
    );
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`ip ended with ${code}`))));
  });
}

function batch(text: string): Promise<void> {
  const child = spawn('ip', ['-force', '-batch', '-'], { stdio: ['pipe', 'ignore', 'inherit'] });
  child.stdin.end(text);
  return ended(child);
}

/** The work, ready to be done: the text or the changes were made before. */
function prepared(verb: 'replace' | 'delete', first: number): () => Promise<void> {
  const routes = routesOf(job, first, index);
  if (job.side === 'ip') {
    const text = routes.map((route) => lineOf(verb, route)).join('');
    return () => batch(text);
  }
  const change = verb === 'replace' ? replace : remove;
  const changes = routes.map((route) => change(ROUTES, route));
  return async () => {
    const [refusal] = await netlink.change(changes);
    if (refusal !== undefined) throw new Error(refusal.message);
  };
}

async function measureRoutes(): Promise<void> {
  const [install, other, withdraw] = [
    prepared('replace', FIRST.install),
    prepared('replace', FIRST.replace),
    prepared('delete', FIRST.replace),
  ];
  const measure = async (work: () => Promise<void>) => {
    // Preparing and checking held the loop: that is over by then.
    await new Promise((resolve) => setTimeout(resolve, 10 * RESOLUTION));
    // One each: a monitor that is enabled again takes the time between for a delay.
    const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
    delay.enable();
    const took = await timed(work);
    delay.disable();
    record.hold = Math.max(record.hold, delay.max / 1e6 - RESOLUTION);
    return took;
  };
  record.install = await measure(install);
  await check(job.routes, `10.0.0.${FIRST.install}`);
  record.replace = await measure(other);
  await check(job.routes, `10.0.0.${FIRST.replace}`);
  record.withdraw = await measure(withdraw);
  await check(0, '');
}

/** Calls back with what tells that an address came or went; returns how to end it. */
async function listen(known: () => void): Promise<() => void> {
  if (job.side === 'hitless') {
    const links = new LinkMonitor();
    links.snapshot();
    links.start(known);
    return () => links.stop();
  }
  const child = spawn('ip', ['-o', 'monitor', 'address'], { stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.on('data', known);
  return () => child.kill();
}

async function measureEvents(): Promise<void> {
  let known = () => {};
  const stop = await listen(() => known());
  // The child says nothing when it has begun to listen.
  await new Promise((resolve) => setTimeout(resolve, 500));
  const one = { index, address: '10.0.0.99', prefixLength: 32 };
  for (let i = 0; i < job.events; i++) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    const told = new Promise<void>((resolve) => {
      known = resolve;
    });
    const began = performance.now();
    const [refusal] = await netlink.change([i % 2 === 0 ? add(ADDRESSES, one) : remove(ADDRESSES, one)]);
    if (refusal !== undefined) throw new Error(refusal.message);
    await told;
    record.latencies.push(performance.now() - began);
  }
  stop();
}

await (job.routes > 0 ? measureRoutes() : measureEvents());
netlink.close();
writeFileSync(output, JSON.stringify(record));
