/** Where the lab's router listens for `hitless exec` and `hitless console`: visible outside of the lab's namespaces. */
import { lstatSync, mkdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, resolve } from 'node:path';
import { consolePath } from '../console/socket-path.ts';
import { LabError } from './errors.ts';

export interface SocketPlace {
  path: string;
  /** Its directory was made for it. */
  made: boolean;
}

/**
 * The place where the console's clients look by default; undefined while another router has that, or when
 * nothing can be made there.
 * @param wished The place that the user named, if any.
 * @throws LabError `LAB_CONSOLE_IN_USE` or `LAB_OPTIONS` when the place that was named cannot be used.
 */
export async function makeSocketPlace(wished: string | undefined): Promise<SocketPlace | undefined> {
  const named = wished ?? process.env.HITLESS_CONSOLE;
  const path = resolve(named || consolePath());
  if (await answers(path)) {
    if (!named) return undefined;
    throw new LabError(
      'LAB_CONSOLE_IN_USE',
      `another router answers on ${path}. End it, or name another socket.`,
    );
  }
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there !== undefined && !there.isSocket()) {
    throw new LabError('LAB_OPTIONS', `${path} is there and is no socket. Remove it, or name another place.`);
  }
  try {
    // Nobody answers on it: it was left by a router that was killed.
    if (there !== undefined) rmSync(path);
    return { path, made: mkdirSync(dirname(path), { recursive: true }) !== undefined };
  } catch (error) {
    if (!named) return undefined;
    throw new LabError('LAB_OPTIONS', `no socket can be at ${path}: ${(error as Error).message}`);
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((decide) => {
    const socket = connect(path);
    const done = (answer: boolean) => {
      socket.destroy();
      decide(answer);
    };
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
}
