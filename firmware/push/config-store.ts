/**
 * Takes in configurations that are pushed. What has not arrived whole is kept in memory, under its SHA-256: a push whose line
 * was cut goes on with it. Nothing of the router changes before the whole text is there and its hash is right.
 */
import { createHash } from 'node:crypto';
import { MOST_CONFIG_BYTES } from '../config/file.ts';
import { FirmwareError } from '../errors.ts';
import {
  type Apply,
  bytesOf,
  type ConfigIntake,
  type ConfigStep,
  type FileOffer,
  type FileText,
  type Progress,
  type TakenConfig,
} from './steps.ts';

/** Configurations that may be half there; the one that was offered first goes when another comes. */
const MOST_ARRIVING = 4;

/** A configuration that was sent. */
export interface SentConfig {
  /** Of the sender's file; errors name it. */
  name: string;
  text: string;
}

/** How it is taken. */
export interface Taking {
  by: string;
  /** Says what would happen, and changes nothing. */
  dry: boolean;
  /** It goes back unless it is confirmed within so many ms. */
  confirm?: number;
}

/** Makes a configuration what runs. @throws ConfigError; and what a transaction throws */
export type TakeConfig = (sent: SentConfig, how: Taking) => Promise<TakenConfig>;

interface Arriving {
  name: string;
  bytes: number;
  text: Buffer;
}

export class ConfigStore implements ConfigIntake {
  readonly #take: TakeConfig;
  /** By SHA-256, in the order of their offers. */
  readonly #arriving = new Map<string, Arriving>();

  constructor(take: TakeConfig) {
    this.#take = take;
  }

  async take(step: ConfigStep, by: string): Promise<Progress | TakenConfig> {
    switch (step.step) {
      case 'file':
        return this.#offer(step);
      case 'text':
        return this.#text(step);
      case 'apply':
        return this.#apply(step, by);
    }
  }

  #offer({ name, bytes, sha256 }: FileOffer): Progress {
    if (bytes > MOST_CONFIG_BYTES) {
      throw new FirmwareError(
        'PUSH_FILE',
        `${name} has ${bytes} bytes; a configuration has at most ${MOST_CONFIG_BYTES}`,
      );
    }
    const known = this.#arriving.get(sha256);
    const text = known?.bytes === bytes ? known.text : Buffer.alloc(0);
    this.#arriving.delete(sha256);
    this.#arriving.set(sha256, { name, bytes, text });
    const [oldest] = this.#arriving.keys();
    if (this.#arriving.size > MOST_ARRIVING) this.#arriving.delete(oldest!);
    return { have: text.length };
  }

  #text(part: FileText): Progress {
    const { offset, sha256 } = part;
    const data = bytesOf(part);
    const arriving = this.#arrived(sha256);
    const { text, bytes } = arriving;
    // Sent twice, or ahead of what is missing: the host goes on from what is there.
    if (offset !== text.length) return { have: text.length };
    const now = Buffer.concat([text, data]);
    const isRight = now.length < bytes || (now.length === bytes && sha256Of(now) === sha256);
    if (!isRight) {
      this.#arriving.delete(sha256);
      throw new FirmwareError(
        'PUSH_DAMAGED',
        `${arriving.name}: what arrived is not what was announced; push it again`,
      );
    }
    arriving.text = now;
    return { have: now.length };
  }

  #apply({ sha256, dry, confirm }: Apply, by: string): Promise<TakenConfig> {
    const { name, bytes, text } = this.#arrived(sha256);
    if (text.length < bytes) {
      throw new FirmwareError(
        'PUSH_DAMAGED',
        `${name}: only ${text.length} of ${bytes} bytes are there; send the rest`,
      );
    }
    return this.#take(
      { name, text: decoded(name, text) },
      { by, dry, ...(confirm !== undefined && { confirm }) },
    );
  }

  /** @throws FirmwareError `PUSH_UNKNOWN` */
  #arrived(sha256: string): Arriving {
    const arriving = this.#arriving.get(sha256);
    if (arriving !== undefined) return arriving;
    throw new FirmwareError(
      'PUSH_UNKNOWN',
      `no configuration with the SHA-256 ${sha256} was offered; offer it first`,
    );
  }
}

/** @throws FirmwareError `PUSH_FILE` */
function decoded(name: string, text: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(text);
  } catch (cause) {
    throw new FirmwareError('PUSH_FILE', `${name} has bytes that are no UTF-8 text`, { cause });
  }
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
