/** Takes down what a module puts out, and stands for the modules and the ports that it talks to. */

import type { LogRecord, Message, Port, PortKind, PortResult, SendResult } from '../index.ts';
import { HitlessError } from '../index.ts';
import type { Backstage } from '../inside.ts';
import type { PublishOptions } from '../services/events.ts';
import type { StandIn } from '../services/stand-in.ts';
import type { Asked, Output } from './output.ts';

/** A request that waits for its answer. */
interface Open {
  readonly id: number;
  readonly asked: Asked;
}

export class Recorder implements StandIn {
  readonly outputs: Output[] = [];
  /** Name of the module whose outputs count; empty until it is added. */
  module = '';
  readonly #backstage: Backstage;
  readonly #open: Open[] = [];
  /** By module: what becomes of messages to it. */
  readonly #mailboxes = new Map<string, SendResult>();
  /** By port and key: what becomes of data, and where what comes in goes. */
  readonly #links = new Map<string, Link>();

  constructor(backstage: Backstage) {
    this.#backstage = backstage;
  }

  /** While it is added, nobody else is there. */
  #isIts(name: string): boolean {
    return this.module === '' ? name !== '' && name !== 'host' : name === this.module;
  }

  // --- messages

  takes(to: string): SendResult {
    return this.#mailboxes.get(to) ?? 'queued';
  }

  sent(to: string, { kind, id, from, type, version, body }: Message): void {
    if (!this.#isIts(from)) return;
    const what = { to, type, version, body: this.#valueOf(body) };
    if (kind !== 'request') {
      this.outputs.push({ kind: 'sent', ...what });
      return;
    }
    const asked: Asked = { kind: 'asked', ...what };
    this.outputs.push(asked);
    this.#open.push({ id, asked });
  }

  published({ from, type: event, version, body }: Message, options: PublishOptions | undefined): void {
    if (!this.#isIts(from)) return;
    this.outputs.push({ kind: 'published', event, version, body: this.#valueOf(body), ...options });
  }

  /** From now on messages to this module have this result. */
  mailbox(to: string, result: SendResult): void {
    this.#mailboxes.set(to, result);
  }

  /**
   * Ends the oldest request of this type that is open.
   * @throws HitlessError `ARGUMENT_INVALID` when there is none
   */
  answer(type: string, answer: { value: unknown } | { error: HitlessError }): void {
    const place = this.#open.findIndex(({ asked }) => asked.type === type);
    const [open] = place === -1 ? [] : this.#open.splice(place, 1);
    if (open === undefined) {
      const types = this.#open.map(({ asked }) => `"${asked.type}" of ${asked.to}`).join(', ');
      throw new HitlessError(
        'ARGUMENT_INVALID',
        `${this.module} asks no "${type}" that is not answered; it asks ${types || 'nothing'}`,
      );
    }
    this.#backstage.answer(open.id, answer);
  }

  // --- ports

  port(port: string, key: string): Port {
    const link = this.#link(port, key);
    return {
      open: (receive) => {
        link.receive = receive;
      },
      send: (datum) => {
        if (link.result === 'sent')
          this.outputs.push({ kind: 'transmitted', port, key, datum: this.#valueOf(datum) });
        return link.result;
      },
      close: () => {
        link.receive = undefined;
      },
    };
  }

  /** Every kind of port is known in a test. */
  readonly portKind: PortKind = {
    make: ({ port, key, settings }) => {
      const { open, send, close } = this.port(port, key);
      return {
        open: (receive) => {
          this.outputs.push({ kind: 'opened', port, key, settings });
          open(receive);
        },
        change: (changed) => {
          this.outputs.push({ kind: 'changed', port, key, settings: changed });
        },
        send,
        close: () => {
          this.outputs.push({ kind: 'closed', port, key });
          close();
        },
      };
    },
  };

  /** From now on data for this port have this result. */
  link(port: string, key: string, result: PortResult): void {
    this.#link(port, key).result = result;
  }

  /** @throws HitlessError `ARGUMENT_INVALID` when no such port is open */
  receive(port: string, key: string, datum: unknown): void {
    const { receive } = this.#link(port, key);
    if (receive === undefined) {
      throw new HitlessError(
        'ARGUMENT_INVALID',
        `${this.module} has no port ${port} ${key}; open it with testModule(…, { ports: { ${port}: ['${key}'] } }), or let the module open it`,
      );
    }
    receive(datum);
  }

  #link(port: string, key: string): Link {
    const name = `${port}\0${key}`;
    const link = this.#links.get(name) ?? { result: 'sent', receive: undefined };
    this.#links.set(name, link);
    return link;
  }

  /** As it is now, for the module may write it later; itself where it is no plain data. */
  #valueOf<T>(value: T): T {
    try {
      return this.#backstage.copy(value);
    } catch {
      return value;
    }
  }

  // --- the log

  /** Lines of a transaction are the runtime's. */
  readonly logged = ({ module, level, text, transaction }: LogRecord): void => {
    if (transaction === undefined && this.#isIts(module)) this.outputs.push({ kind: 'logged', level, text });
  };
}

interface Link {
  result: PortResult;
  receive: ((datum: unknown) => void) | undefined;
}
