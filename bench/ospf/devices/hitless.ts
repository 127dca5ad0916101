/** The router itself, with the newest release of IP, and OSPF as `versions.ts` has it. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { OWN_PROTOCOL } from '../../../drivers/kernel-tables/datum.ts';
import { RouteDaemon } from '../../routes/ways/daemon.ts';
import { type OspfJob, VERSIONS } from '../job.ts';
import { DEAD_S, HELLO_S } from '../peer/session.ts';
import { DEVICE, ENDS } from '../topology.ts';
import type { OpenRouter } from './device.ts';

/** The transaction's report, as far as it counts here. */
interface Replaced {
  outcome: string;
  window: number;
  stall: { longest: number };
}

export const openHitless: OpenRouter = async (job, directory) => {
  const file = (name: string) => join(directory, name);
  const console = file('console.sock');
  const loop = file('loop.sock');
  writeFileSync(file('router.yaml'), configOf(job, directory));
  const daemon = new RouteDaemon(
    'hitless',
    [process.execPath, '--import', job.inside, job.router, 'run', '--config', file('router.yaml')],
    { HITLESS_CONSOLE: console, HITLESS_BENCH_SOCKET: loop },
  );
  await daemon.until(() =>
    execute(console, 'show modules').then(
      () => true,
      () => false,
    ),
  );
  return {
    pids: [daemon.pid],
    protocol: OWN_PROTOCOL,
    async calculation() {
      const rows = (await execute(console, 'show ip ospf spf log')) as { took: number }[];
      const took = rows[0]?.took;
      if (took === undefined) throw new Error('hitless has computed no tree yet');
      return took;
    },
    inside: {
      collect: async () => void (await ask(loop, 'collect')),
      watch: async () => void (await ask(loop, 'watch')),
      longest: async () => Number(await ask(loop, 'longest')),
      async swap(version) {
        const { outcome, window, stall } = (await execute(
          console,
          `replace OSPF ospf@${version}`,
        )) as Replaced;
        if (outcome !== 'committed') throw new Error(`OSPF ${version} was not put in place: ${outcome}`);
        return { window, stall: stall.longest };
      },
    },
    stop: () => daemon.stop(),
  };
};

function configOf({ bundles }: OspfJob, directory: string): string {
  const interfaces = ENDS.map(
    ({ near, cost }) =>
      `    ${near}: { type: point-to-point, hello-interval: ${HELLO_S}s, dead-interval: ${DEAD_S}s, cost: ${cost} }\n`,
  );
  return `router:
  id: ${DEVICE}
  state: ${JSON.stringify(join(directory, 'state'))}
  bundles: ${JSON.stringify(bundles)}
  modules: { OSPF: ospf@${VERSIONS.first} }
ip: { interfaces: { net0: {}, net1: {} } }
ospf:
  interfaces:
${interfaces.join('')}`;
}

/** @returns the answer's data @throws an Error with the answer's message */
async function execute(path: string, command: string): Promise<unknown> {
  const socket = connect(path);
  await once(socket, 'connect');
  socket.on('error', () => socket.destroy());
  socket.write(`${JSON.stringify({ command, json: true })}\n`);
  for await (const line of createInterface({ input: socket })) {
    const answer = JSON.parse(line) as { line?: string; ok?: boolean; message?: string; data?: unknown };
    if (answer.line !== undefined) continue;
    socket.destroy();
    if (answer.ok !== true) throw new Error(`${command}: ${answer.message}`);
    return answer.data;
  }
  throw new Error(`no answer to ${command}`);
}

async function ask(path: string, command: string): Promise<string> {
  const socket = connect(path);
  await once(socket, 'connect');
  socket.write(`${command}\n`);
  let text = '';
  for await (const part of socket) text += String(part);
  return text;
}
