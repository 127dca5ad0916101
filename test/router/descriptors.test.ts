/** A router whose file descriptors are all taken goes on, and takes up what it could not do when some are free. */

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import t from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { CONFIG, running, stage } from './host.ts';
import { eventuallyAsync, execAt } from './router-lab.ts';

const PATIENCE = 60_000;

t.test(
  'without descriptors it answers, swaps or refuses, and later takes the interface that came meanwhile',
  { skip: NetworkNamespace.unavailable },
  async (t) => {
    const place = stage(t);
    const config = CONFIG.replace(
      'wan0: { interval: 100ms } } }',
      'wan0: { interval: 100ms }, lan0: { interval: 100ms } } }',
    );
    const { child, output } = await running(t, place, config);
    const pid = child.pid!;
    const open = () => readdirSync(`/proc/${pid}/fd`).map(Number);
    const asking = await Asking.open(place.socket);
    t.teardown(() => asking.socket.destroy());
    t.match(await asking.ask('show modules'), { ok: true });

    // Few enough that clients who say nothing can take them all.
    const limit = open().length + 5;
    const free = () =>
      Array.from({ length: limit }, (_, number) => number).filter((number) => !open().includes(number));
    const lowered = spawnSync('prlimit', ['--pid', String(pid), `--nofile=${limit}:4096`], {
      encoding: 'utf8',
    });
    t.equal(lowered.status, 0, lowered.stderr);
    const takers: Socket[] = [];
    t.teardown(() => {
      for (const taker of takers) taker.destroy();
    });
    await eventuallyAsync('all are taken', PATIENCE, async () => {
      if (free().length === 0) return true;
      takers.push(connect(place.socket).on('error', () => {}));
      return undefined;
    });
    NetworkNamespace.join([place.router, 'lan0', '10.8.0.1/24'], [place.peer, 'eth1', '10.8.0.2/24']);
    for (const command of [
      'show versions',
      'load ospf@1.0.0',
      'check replace OSPF ospf@1.1.0',
      'show system',
    ]) {
      const { ok, code } = await asking.ask(command);
      t.ok(ok || typeof code === 'string', `${command}: ${ok ? 'ok' : code}`);
    }
    t.match(await asking.ask('replace OSPF ospf@1.1.0'), { ok: Boolean });
    t.match(await asking.ask('add VRRP vrrp@2.0.0'), { ok: false });
    t.equal(child.exitCode, null, output());
    /** The port on the interface that came: its socket needs a descriptor. */
    const port = async () => {
      const { data } = (await asking.ask('show ports')) as { data?: PortRow[] };
      return data?.find(({ key }) => key === 'lan0')?.counters;
    };
    await eventuallyAsync('there is no descriptor to send there with', PATIENCE, async () =>
      ((await port())?.errors ?? 0) > 0 ? true : undefined,
    );
    t.match(await port(), { sent: 0 });
    t.match(output(), /interface lan0 is there/, 'to see it none is needed');

    for (const taker of takers) taker.destroy();
    spawnSync('prlimit', ['--pid', String(pid), '--nofile=4096:4096']);
    await eventuallyAsync('lan0 is served', PATIENCE, async () =>
      ((await port())?.sent ?? 0) > 0 ? true : undefined,
    );
    t.match(await execAt(place.socket, 'replace OSPF ospf@2.0.0'), { ok: true });
    t.notMatch(output(), /INTERNAL|^\s+at /m, 'nothing was thrown');
    child.kill('SIGTERM');
    t.equal(await new Promise((resolve) => child.once('exit', resolve)), 0);
  },
);

interface PortRow {
  key: string;
  counters: { sent: number; errors: number };
}

/** One connection for requests of a program, one after the other. */
class Asking {
  readonly socket: Socket;
  #text = '';
  #wake = () => {};

  private constructor(socket: Socket) {
    this.socket = socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      this.#text += text;
      this.#wake();
    });
  }

  static async open(path: string): Promise<Asking> {
    const socket = connect(path);
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new Asking(socket);
  }

  async ask(command: string): Promise<{ ok: boolean; code?: string; data?: unknown }> {
    this.socket.write(`${JSON.stringify({ command, json: true })}\n`);
    for (;;) {
      const end = this.#text.indexOf('\n');
      if (end >= 0) {
        const answer = JSON.parse(this.#text.slice(0, end));
        this.#text = this.#text.slice(end + 1);
        return answer;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
