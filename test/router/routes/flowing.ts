/** A stream of 5,000 packets a second from one agent to another, and what became of it. */
import type { Remote } from '../../drivers/fixtures/remote.ts';
import { eventuallyAsync } from '../router-lab.ts';
import type { AgentOrder } from './agent.ts';
import type { StreamReceived, StreamSent } from './stream.ts';

const PATIENCE = 30_000;
const RATE = 5_000;

export interface Flow {
  sent: StreamSent;
  received: StreamReceived;
  /** Packets that were sent and did not come, but for those that the receiver had no room for. */
  lost: number;
}

export class Flowing {
  readonly #from: Remote<AgentOrder>;
  readonly #to: Remote<AgentOrder>;

  constructor(from: Remote<AgentOrder>, to: Remote<AgentOrder>) {
    this.#from = from;
    this.#to = to;
  }

  /** @param to addresses of the receiver, each in turn */
  async start(to: readonly string[]): Promise<void> {
    await this.#to.order({ op: 'receive' });
    await this.#from.order({ op: 'send', to: [...to], rate: RATE });
    await eventuallyAsync('the stream comes', PATIENCE, async () => (await this.received()).received > 0);
  }

  received(): Promise<StreamReceived> {
    return this.#to.order({ op: 'received' }) as Promise<StreamReceived>;
  }

  sent(): Promise<StreamSent> {
    return this.#from.order({ op: 'sent' }) as Promise<StreamSent>;
  }

  /** Waits until so many packets more were sent. */
  async goesOn(packets: number): Promise<void> {
    const { sent } = await this.sent();
    await eventuallyAsync(`${packets} packets more`, 60_000 + packets, async () => {
      return (await this.sent()).sent >= sent + packets || undefined;
    });
  }

  /** Ends it. What is under way has time to come. */
  async end(): Promise<Flow> {
    const sent = (await this.#from.order({ op: 'stop' })) as StreamSent;
    let received = await this.received();
    for (let quiet = 0; quiet < 10 && received.received + received.noRoom < sent.sent; quiet++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      const before = received.received;
      received = await this.received();
      if (received.received !== before) quiet = 0;
    }
    return { sent, received, lost: sent.sent - received.received - received.noRoom };
  }
}
