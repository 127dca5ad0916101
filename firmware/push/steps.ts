/**
 * A bundle's way to the router, as lines of JSON beside the commands (`console/requests.ts`):
 *
 *     { "push": { "step": "offer", "name", "bytes", "sha256" } }                  → { "have": bytes }
 *     { "push": { "step": "part", "sha256", "offset", "data", "check" } } …       → { "have": bytes }
 *     { "push": { "step": "finish", "sha256" } }                                  → the bundle as `show versions` has it
 *
 * An offer is answered with how much of these contents is there already, from whatever attempt: after a cut the host
 * goes on from there. `data` is base64, `check` the first 16 hexadecimal digits of its SHA-256.
 */
import { createHash } from 'node:crypto';
import { ConsoleError } from '../console/errors.ts';

export interface Offer {
  step: 'offer';
  /** Of the file, without directories. */
  name: string;
  bytes: number;
  sha256: string;
}

export interface Part {
  step: 'part';
  sha256: string;
  offset: number;
  data: string;
  check: string;
}

export interface Finish {
  step: 'finish';
  sha256: string;
}

export type PushStep = Offer | Part | Finish;

/** What the router has of the contents, in bytes from the beginning. */
export interface Progress {
  have: number;
}

/** A bundle that the router has, checked, and lists. */
export interface Pushed {
  bundle: string;
  sha256: string;
  bytes: number;
  file: string;
  /** It was there already, with these contents. */
  already: boolean;
}

/** What takes bundles in, on the router. */
export interface BundleIntake {
  /** @throws ConsoleError `PUSH_…`, or HitlessError `BUNDLE_…` and the like for a bundle that is refused */
  take(step: PushStep): Promise<Progress | Pushed>;
}

/** Bytes of a bundle, as the runtime has it. */
export const LARGEST_BUNDLE = 32 * 1024 * 1024;
/** Bytes of a part. */
export const MOST_PART = 3072;

const SHA256 = /^[0-9a-f]{64}$/;

export function checkOf(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex').slice(0, 16);
}

/** @returns a sentence about what is wrong, when it is no step */
export function parseStep(value: unknown): PushStep | string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return '"push" must be an object';
  const { step, name, bytes, sha256, offset, data, check, ...strange } = value as Record<string, unknown>;
  const unknown = Object.keys(strange)[0];
  if (unknown !== undefined) return `"push" has the unknown "${unknown.slice(0, 60)}"`;
  if (typeof sha256 !== 'string' || !SHA256.test(sha256)) return '"sha256" must be 64 hexadecimal digits';
  switch (step) {
    case 'offer':
      if (typeof name !== 'string' || name.length > 255 || name.includes('/'))
        return '"name" must be a file name without directories';
      if (!isCount(bytes)) return '"bytes" must be a whole number';
      return { step, name, bytes, sha256 };
    case 'part':
      if (!isCount(offset)) return '"offset" must be a whole number';
      if (typeof data !== 'string' || typeof check !== 'string') return '"data" and "check" must be text';
      return { step, sha256, offset, data, check };
    case 'finish':
      return { step, sha256 };
    default:
      return '"step" must be offer, part or finish';
  }
}

/** @throws ConsoleError `PUSH_DAMAGED` */
export function bytesOf({ data, check, offset }: Part): Uint8Array {
  const bytes = Buffer.from(data, 'base64');
  if (bytes.length === 0 || bytes.length > MOST_PART || checkOf(bytes) !== check) {
    throw new ConsoleError('PUSH_DAMAGED', `the part at ${offset} is not what was sent; send it again`);
  }
  return bytes;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
