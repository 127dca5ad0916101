/** Requests and answers, and messages, between two modules. */
import { Runtime } from 'hitless/runtime';
import type { TalkJob } from '../job.ts';
import { PROBE, writeTalkers } from './bundles.ts';

export async function measureTalk(
  { kind, batches, size }: TalkJob,
  directory: string,
  write: (line: string) => void,
): Promise<void> {
  const warmup = Math.ceil(batches / 10);
  const runtime = new Runtime();
  let done: () => void = () => {};
  const end = new Promise<void>((resolve) => {
    done = resolve;
  });
  const times: number[] = [];
  let began = 0;
  Object.assign(globalThis, {
    [PROBE]: {
      now: () => performance.now(),
      batch: (from: number) => times.push(performance.now() - from),
      done: () => done(),
      /** The last message of a burst was handled; is another one wanted? */
      burst: () => {
        const time = performance.now();
        times.push(time - began);
        began = time;
        if (times.length < warmup + batches) return true;
        done();
        return false;
      },
    },
  });
  const { client, server } = writeTalkers(directory);
  for (const [module, bundle] of [
    ['SERVER', server],
    ['CLIENT', client],
  ] as const)
    await runtime.run([{ change: 'add', module, bundle }], { command: `add ${module}`, by: 'bench' });
  began = performance.now();
  runtime.send('CLIENT', kind, kind === 'ask' ? { batches: warmup + batches, size } : size);
  await end;
  const handled = await runtime.ask<number>('SERVER', 'total');
  if (handled !== (warmup + batches) * size)
    throw new Error(`${(warmup + batches) * size} sent, ${handled} handled`);
  for (const ms of times.slice(warmup)) write(`batch ${Math.round(ms * 1e6)}`);
  runtime.stop();
}
