/** A session of a router's console over its socket: lines one after the other, as one program or one person types them. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Test } from 'tap';
import type { Answer } from './router-lab.ts';

export class ConsoleSession {
  readonly #socket: Socket;
  readonly #lines: AsyncIterator<string>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  }

  static async open(t: Test, path: string): Promise<ConsoleSession> {
    const socket = connect(path);
    await once(socket, 'connect');
    socket.on('error', () => socket.destroy());
    t.teardown(() => socket.destroy());
    return new ConsoleSession(socket);
  }

  /** Carries a line out; `lines` are for a person, `data` for a program. */
  async say(command: string, { json = false } = {}): Promise<Answer> {
    this.#socket.write(`${JSON.stringify({ command, json })}\n`);
    const lines: string[] = [];
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done === true) throw new Error(`no answer to ${command}`);
      const answer = JSON.parse(value) as Answer & { line?: string };
      if (answer.line === undefined) return { ...answer, lines };
      lines.push(answer.line);
    }
  }

  /** Carries out lines that all must succeed; returns what the last of them says. */
  async all(...commands: string[]): Promise<string> {
    let text = '';
    for (const command of commands) {
      const answer = await this.say(command);
      if (!answer.ok) throw new Error(`${command}: ${answer.code}: ${answer.message}`);
      text = answer.lines.join('\n');
    }
    return text;
  }

  async data<T>(command: string): Promise<T> {
    return (await this.say(command, { json: true })).data as T;
  }

  /** The connection is lost. */
  lose(): void {
    this.#socket.destroy();
  }
}
