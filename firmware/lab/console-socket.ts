/** Where the lab's router listens for `hitless exec` and `hitless console`: visible outside of the lab's namespaces. */
import { existsSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, resolve } from 'node:path';
import { consolePath } from '../console/socket-path.ts';
import { FirmwareError } from '../errors.ts';

export interface SocketPlace {
  path: string;
  /** By the user, who wants no other. */
  named: boolean;
  /** Its directory, where that has to be made for it. */
  directory?: string;
}

/**
 * The place where the console's clients look by default; undefined while another router has that.
 * @param wished The place that the user named, if any.
 * @throws FirmwareError `LAB_CONSOLE_IN_USE` or `LAB_OPTIONS` when the place that was named cannot be used.
 */
export async function findSocketPlace(wished: string | undefined): Promise<SocketPlace | undefined> {
  const given = wished ?? process.env.HITLESS_CONSOLE;
  const path = resolve(given || consolePath());
  const named = Boolean(given);
  if (await answers(path)) {
    if (!named) return undefined;
    throw new FirmwareError(
      'LAB_CONSOLE_IN_USE',
      `another router answers on ${path}. End it, or name another socket.`,
    );
  }
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there !== undefined && !there.isSocket()) {
    throw new FirmwareError(
      'LAB_OPTIONS',
      `${path} is there and is no socket. Remove it, or name another place.`,
    );
  }
  return { path, named, ...(existsSync(dirname(path)) ? {} : { directory: dirname(path) }) };
}

/**
 * Makes room for the socket, which nobody answers on: one that is there was left by a router that was killed.
 * @returns whether a socket can be there
 * @throws FirmwareError `LAB_OPTIONS` where it cannot and the user named the place.
 */
export function makeSocketPlace({ path, named }: SocketPlace): boolean {
  try {
    rmSync(path, { force: true });
    mkdirSync(dirname(path), { recursive: true });
    return true;
  } catch (error) {
    if (!named) return false;
    throw new FirmwareError('LAB_OPTIONS', `no socket can be at ${path}: ${(error as Error).message}`);
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
