/** Frames at a rate that no neighbour sends at, from a namespace. */
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import type { NetworkNamespace } from '../netns.ts';
import type { FloodDone, FloodOrder } from './flood-program.ts';

const LOADER = new URL('../runner/typescript.mjs', import.meta.url).href;
const PROGRAM = fileURLToPath(new URL('./flood-program.ts', import.meta.url));

export class Flood {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  #complaints = '';

  /** From that interface of the host. Ends with the test. */
  constructor(t: Test, host: NetworkNamespace, name: string) {
    const [link] = JSON.parse(host.ip('-j', 'link', 'show', name)) as { ifindex: number }[];
    this.#child = host.spawn([process.execPath, '--import', LOADER, PROGRAM, `${link!.ifindex}`]);
    t.teardown(() => this.#child.kill('SIGKILL'));
    this.#child.stderr!.on('data', (chunk: Buffer) => {
      this.#complaints += chunk.toString('utf8');
    });
    this.#answers = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  async send(frames: readonly Uint8Array[], about: Pick<FloodOrder, 'seconds' | 'rate'>): Promise<FloodDone> {
    const order: FloodOrder = { ...about, frames: frames.map((frame) => Buffer.from(frame).toString('hex')) };
    this.#child.stdin!.write(`${JSON.stringify(order)}\n`);
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error(`the flood has ended: ${this.#complaints}`);
    return JSON.parse(value) as FloodDone;
  }
}
