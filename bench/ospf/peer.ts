/** The peer as the measuring program has it: a child in another namespace. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Order, OspfJob, Told } from './job.ts';

const PATIENCE_MS = 60_000;

export class Peer {
  readonly #child: ChildProcess;
  readonly #told: Told[] = [];
  #look: () => void = () => {};

  private constructor({ far, peer, routers, lsas }: OspfJob) {
    const command = ['netns', 'exec', far, process.execPath, peer, JSON.stringify({ routers, lsas })];
    this.#child = spawn('ip', command, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child.on('message', (message: Told) => {
      this.#told.push(message);
      this.#look();
    });
    this.#child.once('exit', () => this.#look());
  }

  static async start(job: OspfJob): Promise<Peer> {
    const peer = new Peer(job);
    await peer.told('ready');
    return peer;
  }

  order(order: Order): void {
    this.#child.send(order);
  }

  /** The next message of this kind, and of this end where it is of one. */
  told<Kind extends Told['told']>(kind: Kind, end?: number): Promise<Extract<Told, { told: Kind }>> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`the peer does not tell within ${PATIENCE_MS / 1000} s: ${kind}`)),
        PATIENCE_MS,
      );
      this.#look = () => {
        const at = this.#told.findIndex(
          (each) => each.told === kind && (end === undefined || ('end' in each && each.end === end)),
        );
        const [found] = at < 0 ? [] : this.#told.splice(at, 1);
        if (found === undefined && this.#child.exitCode === null) return;
        clearTimeout(timer);
        this.#look = () => {};
        if (found === undefined) reject(new Error(`the peer ended before it could tell: ${kind}`));
        else resolve(found as Extract<Told, { told: Kind }>);
      };
      this.#look();
    });
  }

  stop(): void {
    this.#child.disconnect();
  }
}
