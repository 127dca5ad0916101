/** By the IP module in a runtime, as the router has it, and a stand-in for a protocol, which sends the message `routes`. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Runtime } from 'hitless/runtime';
import { KernelTables } from '../../../drivers/kernel-tables.ts';
import * as ip from '../../../firmware/modules/ip/module.ts';
import {
  MOST_ROUTE_CHANGES,
  type RouteChange,
  type Routes,
} from '../../../firmware/modules/messages/routes.ts';
import { KernelPorts } from '../../../firmware/router/kernel-kind.ts';
import { LinkedPorts } from '../../../firmware/router/linked-ports.ts';
import { portKinds } from '../../../firmware/router/port-kinds.ts';
import { ProgramPorts } from '../../../firmware/router/program-kind.ts';
import { destinations, FIRST, gateways, INTERFACE } from '../job.ts';
import type { OpenWay } from './way.ts';

const LOOK_EVERY_MS = 20;

export const openModule: OpenWay = async (job) => {
  let tables = new KernelTables();
  const kernel = new KernelPorts((options) => {
    tables = new KernelTables(options);
    return tables;
  });
  const runtime = new Runtime({
    portKinds: portKinds(new LinkedPorts(), kernel, new ProgramPorts(() => {})),
  });
  const { outcome, reason } = await runtime.add(ip, {});
  if (outcome !== 'committed') throw new Error(`IP was not added: ${reason}`);
  // A protocol's routes come when IP knows the links.
  while ((tables.counters.lists ?? 0) === 0 || (tables.counters.unacknowledged ?? 0) > 0)
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  let number = 0;

  async function send(messages: readonly Omit<Routes, 'number'>[]): Promise<void> {
    for (const message of messages) {
      let result = runtime.send('IP', 'routes', { ...message, number });
      while (result === 'full') {
        await nextTurn();
        result = runtime.send('IP', 'routes', { ...message, number });
      }
      if (result !== 'queued') throw new Error(`IP takes no routes: ${result}`);
      number++;
    }
  }

  return {
    prepare(phase) {
      const by = gateways(job.hops, phase === 'install' ? FIRST.install : FIRST.replace);
      const hops = by.map((gateway) => ({ gateway, interface: INTERFACE }));
      const changes = destinations(job.routes).map(
        (network): RouteChange =>
          phase === 'withdraw'
            ? { prefix: `${network}/24`, remove: true }
            : { prefix: `${network}/24`, hops },
      );
      const messages: Omit<Routes, 'number'>[] = [];
      for (let at = 0; at < changes.length; at += MOST_ROUTE_CHANGES) {
        const first = { ...(phase === 'install' && at === 0 && { whole: 'begin' as const }) };
        const some = changes.slice(at, at + MOST_ROUTE_CHANGES);
        messages.push({ source: 'bench', session: '1', ...first, changes: some });
      }
      if (phase === 'install') messages.push({ source: 'bench', session: '1', whole: 'end', changes: [] });
      return () => send(messages);
    },
    async stop() {
      await runtime.stop();
      await kernel.settled(2_000);
    },
  };
};
