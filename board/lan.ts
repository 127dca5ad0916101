/** A LAN between an emulated board and this machine: a tap device, which is the board's network card at its other end. */
import { existsSync } from 'node:fs';
import { BoardError } from './errors.ts';
import { run } from './tool.ts';

export interface Lan {
  /** Of the tap device. */
  readonly name: string;
  /** This machine's own address on it, with the length of the prefix. */
  readonly address?: string;
}

const FORM = /^([^\s/:=]{1,15})(?:=(\d{1,3}(?:\.\d{1,3}){3}\/\d{1,2}))?$/;

/** @throws BoardError `USAGE` */
export function parseLan(text: string): Lan {
  const [, name, address] = FORM.exec(text) ?? [];
  if (name === undefined)
    throw new BoardError(
      'USAGE',
      `--lan ${text}: give a name, and an address of this machine on it if it needs one, such as lan0=10.0.1.2/24`,
    );
  return { name, ...(address !== undefined && { address }) };
}

/**
 * Makes the tap device where it is not there, which only root can; one that is there is used as it is.
 * @returns removes what was made
 * @throws BoardError `LAN_UNUSABLE`
 */
export function openLan({ name, address }: Lan): () => void {
  const device = `/sys/class/net/${name}`;
  if (existsSync(device)) {
    if (existsSync(`${device}/tun_flags`)) return () => {};
    throw new BoardError(
      'LAN_UNUSABLE',
      `--lan ${name}: this is an interface of this machine, and no tap device; give another name, it is made`,
    );
  }
  const remove = () => void run('ip', ['link', 'delete', name]);
  const ip = (...args: string[]) => {
    try {
      run('ip', args);
    } catch (thrown) {
      if (existsSync(device)) remove();
      throw new BoardError(
        'LAN_UNUSABLE',
        `--lan ${name}: ${(thrown as Error).message}; only root makes a tap device`,
      );
    }
  };
  ip('tuntap', 'add', 'dev', name, 'mode', 'tap');
  if (address !== undefined) ip('address', 'add', address, 'dev', name);
  ip('link', 'set', name, 'up');
  return remove;
}
