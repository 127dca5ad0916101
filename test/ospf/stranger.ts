/** A host on a LAN that sends whatever it likes, and hears what is said there. */
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { NetworkNamespace } from '../netns.ts';
import type { StrangerOrder } from './stranger-program.ts';

const LOADER = new URL('../runner/typescript.mjs', import.meta.url).href;
const PROGRAM = fileURLToPath(new URL('./stranger-program.ts', import.meta.url));

export interface Overheard {
  from: string;
  payload: string;
}

export class Stranger {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  #complaints = '';

  /** @param own its address on that interface */
  constructor(host: NetworkNamespace, name: string, own: string) {
    this.#child = host.spawn([process.execPath, '--import', LOADER, PROGRAM, name, own]);
    this.#child.stderr!.on('data', (chunk: Buffer) => {
      this.#complaints += chunk.toString('utf8');
    });
    this.#answers = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  /** Sends them all. */
  async send(order: StrangerOrder): Promise<void> {
    await this.#ask(JSON.stringify(order));
  }

  /** Packets that it has heard lately. */
  async heard(): Promise<Overheard[]> {
    return (await this.#ask('heard')) as Overheard[];
  }

  async #ask(line: string): Promise<unknown> {
    this.#child.stdin!.write(`${line}\n`);
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error(`the stranger has ended: ${this.#complaints}`);
    return JSON.parse(value);
  }
}
