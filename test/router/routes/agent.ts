/**
 * A program for the inside of a namespace: sends and receives streams, lists the kernel's tables and counts their changes.
 * It does what it is told on standard input, and tells on standard output what came of it, one JSON object per line each way.
 */
import { createInterface } from 'node:readline';
import { Netlink } from '../../../drivers/netlink/netlink.ts';
import { listTables } from './listing.ts';
import { ProbeReceiver, probe } from './probe.ts';
import { RouteMonitor } from './route-monitor.ts';
import { StreamReceiver, StreamSender } from './stream.ts';

export interface AgentOrder {
  op:
    | 'tables'
    | 'watch'
    | 'tally'
    | 'hear'
    | 'heard'
    | 'probe'
    | 'receive'
    | 'received'
    | 'send'
    | 'sent'
    | 'stop';
  /** Whose routes are counted. */
  protocol?: number;
  to?: string[];
  rate?: number;
  text?: string;
  /** In ms. */
  patience?: number;
}

const netlink = new Netlink();
let monitor: RouteMonitor | undefined;
let receiver: StreamReceiver | undefined;
let probes: ProbeReceiver | undefined;
let sender: StreamSender | undefined;

function obey({ op, protocol = 0, to = [], rate = 0, text = '', patience = 0 }: AgentOrder): unknown {
  switch (op) {
    case 'tables':
      return listTables(netlink);
    case 'watch':
      monitor?.stop();
      monitor = new RouteMonitor(protocol);
      return undefined;
    case 'tally':
      return monitor?.take();
    case 'hear':
      probes = new ProbeReceiver();
      return undefined;
    case 'heard':
      return probes?.heard;
    case 'probe':
      return probe(to[0]!, text, patience);
    case 'receive':
      receiver?.close();
      receiver = new StreamReceiver();
      return undefined;
    case 'received':
      return receiver?.report;
    case 'send':
      sender = new StreamSender(to, rate);
      return undefined;
    case 'sent':
      return sender?.report;
    case 'stop':
      return sender?.stop();
  }
}

async function answer(line: string): Promise<void> {
  try {
    process.stdout.write(`${JSON.stringify({ answer: (await obey(JSON.parse(line))) ?? null })}\n`);
  } catch (thrown) {
    const { code, message } = thrown as NodeJS.ErrnoException;
    process.stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
  }
}

/** Answers come in the order of the orders. */
let last = Promise.resolve();
const input = createInterface({ input: process.stdin });
input.on('line', (line) => {
  last = last.then(() => answer(line));
});
input.on('close', () => process.exit());
