/** The measuring program of all that runs in Node. */
import { EventEmitter, once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { measureTalk } from '../swap/hitless/talk.ts';
import type { TalkJob } from '../swap/job.ts';
import { type MailboxJob, type MailboxRecord, warmupOf } from './job.ts';
import { startServer, startSubscribers } from './modules.ts';

/** Takes messages until all of a burst are there. */
class Counter {
  handled = 0;
  #until = 0;
  #wake: () => void = () => {};

  readonly take = (): void => {
    if (++this.handled === this.#until) this.#wake();
  };

  /** Resolves when so many were handled in all. */
  reached(count: number): Promise<void> {
    if (this.handled >= count) return Promise.resolve();
    this.#until = count;
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** Bursts of messages by `send`; each one's time is until its last message is handled. */
async function inBursts(
  job: MailboxJob,
  counter: Counter,
  receivers: number,
  burst: (from: number) => void,
): Promise<MailboxRecord> {
  const times: number[] = [];
  const { size, batches } = job;
  for (let i = 0; i < warmupOf(job) + batches; i++) {
    const began = process.hrtime.bigint();
    burst(i * size);
    await counter.reached((i + 1) * size * receivers);
    times.push(Number(process.hrtime.bigint() - began));
  }
  const bursts = times.length;
  return {
    times: times.slice(warmupOf(job)),
    sent: bursts * size * receivers,
    handled: counter.handled,
  };
}

/** One message at a time: when it was sent is its body. */
async function oneByOne(
  job: MailboxJob,
  listen: (handled: (sentAt: unknown) => void) => Promise<(sentAt: bigint) => void>,
): Promise<MailboxRecord> {
  const times: number[] = [];
  let next: () => void = () => {};
  const send = await listen((sentAt) => {
    times.push(Number(process.hrtime.bigint() - (sentAt as bigint)));
    next();
  });
  const count = (warmupOf(job) + job.batches) * job.size;
  for (let i = 0; i < count; i++) {
    const handled = new Promise<void>((resolve) => {
      next = resolve;
    });
    send(process.hrtime.bigint());
    await handled;
    // As messages come in life: each in a turn of the event loop of its own.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { times: times.slice(warmupOf(job) * job.size), sent: count, handled: times.length };
}

/** As in the bench of swaps: between two modules, in the same program. */
async function betweenModules(job: MailboxJob, directory: string): Promise<MailboxRecord> {
  const work = join(directory, 'talk');
  mkdirSync(work);
  const talk: TalkJob = {
    kind: job.what === 'ask' ? 'ask' : 'send',
    batches: job.batches,
    size: job.size,
  };
  const times: number[] = [];
  // It throws when the server has not counted every message.
  await measureTalk(talk, work, (line) => times.push(Number(line.split(' ')[1])));
  const sent = times.length * job.size;
  return { times, sent, handled: sent };
}

async function byHost(job: MailboxJob, directory: string): Promise<MailboxRecord> {
  if (job.what === 'latency')
    return oneByOne(job, async (handled) => {
      const runtime = await startServer(directory, handled);
      return (sentAt) => runtime.send('SERVER', 'cast', sentAt);
    });
  const counter = new Counter();
  const runtime = await startServer(directory, counter.take);
  if (job.what === 'cast')
    return inBursts(job, counter, 1, () => {
      for (let i = 0; i < job.size; i++) runtime.send('SERVER', 'cast', i);
    });
  return inTurn(job, (i) => runtime.ask<number>('SERVER', 'get', i));
}

async function inTurn(job: MailboxJob, ask: (i: number) => Promise<number>): Promise<MailboxRecord> {
  const times: number[] = [];
  let answered = 0;
  for (let batch = 0; batch < warmupOf(job) + job.batches; batch++) {
    const began = process.hrtime.bigint();
    for (let i = 0; i < job.size; i++) if ((await ask(i)) === i + 1) answered++;
    times.push(Number(process.hrtime.bigint() - began));
  }
  const sent = times.length * job.size;
  return { times: times.slice(warmupOf(job)), sent, handled: answered };
}

async function publishing(job: MailboxJob, directory: string): Promise<MailboxRecord> {
  const counter = new Counter();
  const { size, subscribers } = job;
  if (job.by === 'EventEmitter') {
    const emitter = new EventEmitter();
    emitter.setMaxListeners(0);
    for (let i = 0; i < subscribers; i++) emitter.on('news', () => counter.take());
    return inBursts(job, counter, subscribers, (from) => {
      for (let i = 0; i < size; i++) emitter.emit('news', from + i);
    });
  }
  const runtime = await startSubscribers(directory, subscribers, counter.take);
  return inBursts(job, counter, subscribers, (from) => runtime.send('PUBLISHER', 'burst', { from, size }));
}

async function byEmitter(job: MailboxJob): Promise<MailboxRecord> {
  const emitter = new EventEmitter();
  if (job.what === 'latency')
    return oneByOne(job, async (handled) => {
      emitter.on('cast', handled);
      return (sentAt) => emitter.emit('cast', sentAt);
    });
  const counter = new Counter();
  emitter.on('cast', counter.take);
  return inBursts(job, counter, 1, () => {
    for (let i = 0; i < job.size; i++) emitter.emit('cast', i);
  });
}

async function byCall(job: MailboxJob): Promise<MailboxRecord> {
  const counter = new Counter();
  const server = { onCast: (_: number) => counter.take() };
  return inBursts(job, counter, 1, () => {
    for (let i = 0; i < job.size; i++) server.onCast(i);
  });
}

async function byChannel(job: MailboxJob): Promise<MailboxRecord> {
  const { port1, port2 } = new MessageChannel();
  try {
    if (job.what === 'latency')
      return await oneByOne(job, async (handled) => {
        port2.on('message', handled);
        return (sentAt) => port1.postMessage(sentAt);
      });
    if (job.what === 'cast') {
      const counter = new Counter();
      port2.on('message', counter.take);
      return await inBursts(job, counter, 1, () => {
        for (let i = 0; i < job.size; i++) port1.postMessage(i);
      });
    }
    port2.on('message', (i: number) => port2.postMessage(i + 1));
    return await inTurn(job, async (i) => {
      port1.postMessage(i);
      const [answer] = (await once(port1, 'message')) as [number];
      return answer;
    });
  } finally {
    port1.close();
  }
}

function measure(job: MailboxJob, directory: string): Promise<MailboxRecord> {
  if (job.what === 'publish') return publishing(job, directory);
  if (job.by === 'module') return betweenModules(job, directory);
  if (job.by === 'host') return byHost(job, directory);
  if (job.by === 'EventEmitter') return byEmitter(job);
  if (job.by === 'call') return byCall(job);
  return byChannel(job);
}

const [order = '', output = '', directory = ''] = process.argv.slice(2);
writeFileSync(output, JSON.stringify(await measure(JSON.parse(order) as MailboxJob, directory)));
process.exit(0);
