/**
 * Removes the lab's files also when the lab was killed in a way that leaves it no time: a shell outside of the
 * lab's process group waits at the end of a pipe that only the lab's outer process holds.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { rmdirSync, rmSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';

export interface Belongings {
  /** Removed with all that is in it. */
  directory: string;
  /** The console's socket. */
  socket: string;
  /** Removed when it is empty: one that the lab is going to make. */
  socketDirectory?: string;
}

/**
 * It says when it is there. A line means that all is done; the end of the pipe without one means that the lab was
 * killed. The lab's last processes may still be ending then, and make a file again.
 */
const SCRIPT = `
echo here
read -r done && exit 0
for again in 1 2 3; do
  rm -rf -- "$1" "$2"
  sleep 0.3
done
if [ -n "$3" ]; then rmdir -- "$3" 2>/dev/null; fi
`;

export class Caretaker {
  readonly #belongings: Belongings;
  readonly #shell: ChildProcessByStdio<Writable, Readable, null>;

  /** Resolves when it is on guard: what is made from then on does not stay, however the lab ends. */
  static async begin(belongings: Belongings): Promise<Caretaker> {
    const caretaker = new Caretaker(belongings);
    const shell = caretaker.#shell;
    await new Promise((resolve) => {
      shell.stdout.once('data', resolve).once('close', resolve);
      // Without a caretaker the lab still removes its files at an orderly end.
      shell.once('error', resolve);
    });
    shell.stdout.destroy();
    return caretaker;
  }

  private constructor(belongings: Belongings) {
    const { directory, socket, socketDirectory = '' } = belongings;
    this.#belongings = belongings;
    this.#shell = spawn('sh', ['-c', SCRIPT, 'hitless-lab', directory, socket, socketDirectory], {
      cwd: '/',
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#shell.stdin.on('error', () => {});
    this.#shell.unref();
  }

  /** Removes the files now, and sends the shell away. */
  finish(): void {
    const { directory, socket, socketDirectory } = this.#belongings;
    rmSync(directory, { recursive: true, force: true });
    try {
      rmSync(socket, { force: true });
      if (socketDirectory !== undefined) rmdirSync(socketDirectory);
    } catch {
      // Somebody else uses the directory by now, or it is not this user's.
    }
    this.#shell.stdin.end('done\n');
  }
}
