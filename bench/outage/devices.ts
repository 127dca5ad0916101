/** What is upgraded or restarted: hitless, FRR in three ways, keepalived. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { FRR_NEEDS, KEEPALIVED_NEEDS, LAB_NEEDS, type Need } from '../../firmware/host/needs.ts';
import { newestRelease, releasesOf } from '../../test/newest-release.ts';
import { BenchError } from '../errors.ts';
import { Daemon } from './daemon.ts';
import { Frr } from './frr.ts';
import { Keepalived } from './keepalived.ts';
import {
  ADVERT_S,
  DEAD_S,
  GROUP,
  HELLO_S,
  PRIORITY,
  type Protocol,
  ROUTER,
  type Site,
  VIRTUAL,
} from './site.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const READY_MS = 15_000;
/** From one to the other, and back. */
export const VERSIONS = { OSPF: releasesAround('ospf'), VRRP: releasesAround('vrrp') } as const;

/** A running router in the site's namespace. */
export interface Device {
  /** Changes its code, as one does it with this program. Resolves when that is done. */
  change(): Promise<void>;
}

export interface DeviceKind {
  side: string;
  protocols: readonly Protocol[];
  needs: readonly Need[];
  start(site: Site, directory: string, program: string): Promise<Device>;
}

/** The neighbours too are FRR and keepalived. */
const BOTH = [...LAB_NEEDS, ...FRR_NEEDS, ...KEEPALIVED_NEEDS];
const FRR = [...LAB_NEEDS, ...FRR_NEEDS];

export const HITLESS: DeviceKind = {
  side: 'hitless',
  protocols: ['OSPF', 'VRRP'],
  needs: BOTH,
  async start(site, directory, program) {
    const socket = join(directory, 'console.sock');
    const config = join(directory, 'router.yaml');
    writeFileSync(config, configOf(socket, directory));
    const router = new Daemon(
      'hitless',
      site.router,
      [process.execPath, program, 'run', '--config', config],
      { NODE_PATH: join(root, 'node_modules') },
    );
    await router.until('answers', READY_MS, () =>
      execute(socket, 'show modules').then(
        (ok) => ok,
        () => false,
      ),
    );
    let next: 'before' | 'newest' = 'newest';
    return {
      async change() {
        for (const module of ['OSPF', 'VRRP'] as const)
          if (!(await execute(socket, `replace ${module} ${VERSIONS[module][next]}`)))
            throw new BenchError(
              'SIDE_FAILED',
              `hitless did not replace ${module}:\n${router.text.slice(-3_000)}`,
            );
        next = next === 'newest' ? 'before' : 'newest';
      },
    };
  },
};

export const FRR_DEFAULT: DeviceKind = {
  side: 'FRR restart',
  protocols: ['OSPF'],
  needs: FRR,
  async start(site, directory) {
    const frr = frrAt(site, directory, []);
    await frr.start();
    return {
      async change() {
        await frr.stopOspfd();
        await frr.stopZebra();
        await frr.start();
      },
    };
  },
};

const QUICK_TIMERS = [
  'timers throttle spf 0 50 5000',
  'timers throttle lsa all 0',
  'timers lsa min-arrival 0',
];

export const FRR_TUNED: DeviceKind = {
  side: 'FRR restart, tuned',
  protocols: ['OSPF'],
  needs: FRR,
  async start(site, directory) {
    const frr = frrAt(site, directory, QUICK_TIMERS);
    await frr.start();
    return {
      async change() {
        await frr.stopOspfd();
        await frr.startOspfd();
      },
    };
  },
};

export const FRR_GRACEFUL: DeviceKind = {
  side: 'FRR restart, graceful',
  protocols: ['OSPF'],
  needs: FRR,
  async start(site, directory) {
    const frr = frrAt(site, directory, [
      ...QUICK_TIMERS,
      'capability opaque',
      'graceful-restart grace-period 120',
    ]);
    await frr.start();
    return {
      async change() {
        frr.show('graceful-restart prepare ip ospf');
        await frr.stopOspfd();
        await frr.startOspfd();
      },
    };
  },
};

export const KEEPALIVED: DeviceKind = {
  side: 'keepalived restart',
  protocols: ['VRRP'],
  needs: [...LAB_NEEDS, ...KEEPALIVED_NEEDS],
  async start(site, directory) {
    const keepalived = new Keepalived({
      namespace: site.router,
      directory,
      interface: 'lan0',
      groups: [{ group: GROUP, priority: PRIORITY, interval: ADVERT_S, address: VIRTUAL }],
    });
    await keepalived.start();
    return {
      async change() {
        await keepalived.stop();
        await keepalived.start();
      },
    };
  },
};

function frrAt(site: Site, directory: string, lines: readonly string[]): Frr {
  return new Frr({
    namespace: site.router,
    directory,
    interface: 'lan1',
    routerId: ROUTER.OSPF,
    hello: HELLO_S,
    dead: DEAD_S,
    lines,
  });
}

function configOf(socket: string, directory: string): string {
  return `router:
  id: ${ROUTER.OSPF}
  state: ${JSON.stringify(join(directory, 'state'))}
  bundles: [${JSON.stringify(join(root, 'firmware/releases'))}]
  modules: { TIMER: timer@${newestRelease('timer')}, IP: ip@${newestRelease('ip')}, OSPF: ${VERSIONS.OSPF.before}, VRRP: ${VERSIONS.VRRP.before} }
timer: { period: 100ms }
ospf:
  interfaces:
    lan1: { type: point-to-point, hello-interval: ${HELLO_S}s, dead-interval: ${DEAD_S}s }
vrrp:
  - { interface: lan0, group: ${GROUP}, priority: ${PRIORITY}, interval: ${ADVERT_S}s, addresses: [${VIRTUAL}] }
console:
  socket: ${JSON.stringify(socket)}
`;
}

/** A module's newest release, and the last one of the major before: other code, and another state. */
function releasesAround(module: string): Record<'before' | 'newest', string> {
  const major = (version: string) => Number.parseInt(version, 10);
  const newest = newestRelease(module);
  const before = releasesOf(module).findLast((version) => major(version) < major(newest));
  return { before: `${module}@${before}`, newest: `${module}@${newest}` };
}

/** Sends one command to the console; says whether it was carried out. */
async function execute(socket: string, command: string): Promise<boolean> {
  const connection = connect(socket);
  await once(connection, 'connect');
  connection.on('error', () => connection.destroy());
  connection.write(`${JSON.stringify({ command, json: true })}\n`);
  for await (const line of createInterface({ input: connection })) {
    const answer = JSON.parse(line) as { ok?: boolean };
    if (answer.ok === undefined) continue;
    connection.destroy();
    return answer.ok;
  }
  return false;
}
