/** By the port on the kernel's tables, as a module has it: requests of 256 changes, a few under way at a time. */
import {
  type KernelChange,
  type KernelIn,
  KernelTables,
  MOST_CHANGES,
} from '../../../drivers/kernel-tables.ts';
import { FIRST, routesOf } from '../job.ts';
import type { OpenWay } from './way.ts';

/** Requests under way of routes: those of IP. */
const MOST_UNDER_WAY = 4;

export const openPort: OpenWay = async (job, index) => {
  const tables = new KernelTables();
  let take: (datum: KernelIn) => void = () => {};
  const listed = new Promise<void>((resolve) => {
    take = (datum) => {
      if (datum.of === 'list' && datum.at === 'end') resolve();
    };
  });
  tables.open((datum) => {
    tables.send({ do: 'taken', number: datum.number });
    take(datum);
  });
  await listed;
  let request = 0;

  /** Hands the requests over, one more for each that is done. */
  function carryOut(requests: readonly KernelChange[][]): Promise<void> {
    return new Promise((resolve, reject) => {
      let sent = 0;
      let done = 0;
      const send = () => {
        const changes = requests[sent];
        if (changes === undefined) return;
        sent++;
        if (tables.send({ do: 'change', request: ++request, changes }) !== 'sent')
          reject(new Error(tables.failure));
      };
      take = (datum) => {
        if (datum.of !== 'done') return;
        const [refusal] = datum.refusals;
        if (refusal !== undefined) reject(new Error(refusal.message));
        if (++done === requests.length) resolve();
        else send();
      };
      for (let i = 0; i < MOST_UNDER_WAY; i++) send();
    });
  }

  return {
    prepare(phase) {
      const verb = phase === 'withdraw' ? 'remove' : 'replace';
      const first = phase === 'install' ? FIRST.install : FIRST.replace;
      const wanted = routesOf(job, first, index);
      const requests: KernelChange[][] = [];
      for (let at = 0; at < wanted.length; at += MOST_CHANGES)
        requests.push(
          wanted.slice(at, at + MOST_CHANGES).map((one) => ({ verb, kind: 'route', wanted: one })),
        );
      return () => carryOut(requests);
    },
    async stop() {
      tables.close();
      await tables.finished;
    },
  };
};
