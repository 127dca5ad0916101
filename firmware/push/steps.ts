/**
 * The steps of sending to a router. A bundle's way to the router, as lines of JSON beside the commands (`console/requests.ts`):
 *
 *     { "push": { "step": "offer", "name", "bytes", "sha256" } }                  → { "have": bytes }
 *     { "push": { "step": "part", "sha256", "offset", "data", "check" } } …       → { "have": bytes }
 *     { "push": { "step": "finish", "sha256" } }                                  → the bundle as `show versions` has it
 *
 * An offer is answered with how much of these contents is there already, from whatever attempt: after a cut the host
 * goes on from there. `data` is base64, `check` the first 16 hexadecimal digits of its SHA-256.
 *
 * An image's way into the other slot of a board; `sha256` is that of its contents.txt, which is sent before its parts:
 *
 *     { "push": { "step": "image", "bytes", "sha256" } }                          → { "have": bytes } or { "runs": slot }
 *     { "push": { "step": "piece", "sha256", "part", "offset", "data", "check" } } … → { "have": bytes }
 *     { "push": { "step": "prepare", "sha256" } } …           → { "doing", "done", "bytes" } or { "slot", "parts" }
 *     { "push": { "step": "install", "sha256", "try" } } …    → { "doing", "done", "bytes" } or { "slot", "tried", … }
 *
 * `prepare` and `install` take their time: they are asked again until they answer with what came of it.
 *
 * A configuration's way to what runs, which is one transaction, and to the router's file:
 *
 *     { "push": { "step": "file", "name", "bytes", "sha256" } }                   → { "have": bytes }
 *     { "push": { "step": "text", "sha256", "offset", "data", "check" } } …       → { "have": bytes }
 *     { "push": { "step": "apply", "sha256", "dry", "confirm"? } }                → what came of it
 */
import { createHash } from 'node:crypto';
import type { Slot } from '../../drivers/slots.ts';
import type { CheckReport, TransactionReport } from '../../runtime/index.ts';
import { FirmwareError } from '../errors.ts';

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

export type BundleStep = Offer | Part | Finish;

export interface ImageOffer {
  step: 'image';
  /** Of contents.txt. */
  bytes: number;
  sha256: string;
}

export interface Piece {
  step: 'piece';
  sha256: string;
  /** A part's name, or contents.txt. */
  part: string;
  offset: number;
  data: string;
  check: string;
}

export interface Prepare {
  step: 'prepare';
  sha256: string;
}

export interface Install {
  step: 'install';
  sha256: string;
  /** Boot it at once, on trial. */
  try: boolean;
}

export type ImageStep = ImageOffer | Piece | Prepare | Install;

export interface FileOffer {
  step: 'file';
  /** Of the file, without directories. */
  name: string;
  bytes: number;
  sha256: string;
}

export interface FileText {
  step: 'text';
  sha256: string;
  offset: number;
  data: string;
  check: string;
}

export interface Apply {
  step: 'apply';
  sha256: string;
  /** Says what would happen, and changes nothing. */
  dry: boolean;
  /** It goes back unless it is confirmed within so many ms. */
  confirm?: number;
}

export type ConfigStep = FileOffer | FileText | Apply;
export type PushStep = BundleStep | ImageStep | ConfigStep;

/** The part of the contents that the router has, in bytes from the beginning. */
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

/** The running slot has this image. */
export interface Runs {
  runs: Slot;
  confirmed: boolean;
}

/** The router's present work; ask again. */
export interface Working {
  doing: string;
  done: number;
  /** Of the whole work. */
  bytes: number;
}

/** The missing parts of an image, and how much of each is there. */
export interface Prepared {
  slot: Slot;
  parts: { name: string; size: number; have: number }[];
}

/** An image that is whole in a slot. */
export interface Installed {
  slot: Slot;
  board: string;
  hitless: string;
  linux: string;
  node: string;
  /** The board boots it now, on trial. */
  tried: boolean;
}

/** The fate of a configuration that was sent. */
export interface TakenConfig {
  /** The router's configuration file. */
  file: string;
  /** Nothing, where no module is concerned. */
  changes: readonly { change: string; module: string }[];
  /** Of the transaction; absent where there was none. */
  report?: TransactionReport;
  /** Of the dry run; absent where there was none. */
  check?: CheckReport;
  /** Keys of the firmware's own part that wait for the next start. */
  waiting: readonly string[];
  /** `when it stays`: as soon as its probation is over. */
  saved: 'now' | 'when it stays' | 'no';
}

/** The router's intake of bundles. */
export interface BundleIntake {
  /** @throws FirmwareError `PUSH_…`, or HitlessError `BUNDLE_…` and the like for a bundle that is refused */
  take(step: BundleStep): Promise<Progress | Pushed>;
}

/** A board's intake of images. */
export interface ImageIntake {
  /** @throws FirmwareError `IMAGE_…` or `PUSH_…`; DriverError `SLOTS_…` */
  take(step: ImageStep): Promise<Progress | Runs | Working | Prepared | Installed>;
}

/** The router's intake of configurations. */
export interface ConfigIntake {
  /**
   * @param by the console that it came over
   * @throws FirmwareError `PUSH_…`; ConfigError; and what a transaction throws
   */
  take(step: ConfigStep, by: string): Promise<Progress | TakenConfig>;
}

/** Bytes of a bundle, as the runtime has it. */
export const LARGEST_BUNDLE = 32 * 1024 * 1024;
/** Bytes of a part. */
export const MOST_PART = 3072;
/** Bytes of a piece of an image: in base64 and with what is around it, what a line compresses at once. */
export const MOST_PIECE = 11 * 1024;

const LONGEST_CONFIRM_MS = 3_600_000;

const BUNDLE_STEPS: readonly string[] = ['offer', 'part', 'finish'] satisfies BundleStep['step'][];
const IMAGE_STEPS: readonly string[] = ['image', 'piece', 'prepare', 'install'] satisfies ImageStep['step'][];
const CONFIG_STEPS: readonly string[] = ['file', 'text', 'apply'] satisfies ConfigStep['step'][];
const STEPS = [...BUNDLE_STEPS, ...IMAGE_STEPS, ...CONFIG_STEPS];
const SHA256 = /^[0-9a-f]{64}$/;

export function checkOf(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex').slice(0, 16);
}

/** @returns a sentence about what is wrong, when it is no step */
export function parseStep(value: unknown): PushStep | string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return '"push" must be an object';
  const {
    step,
    name,
    bytes,
    sha256,
    part,
    offset,
    data,
    check,
    try: tries,
    dry,
    confirm,
    ...strange
  } = value as Record<string, unknown>;
  const unknown = Object.keys(strange)[0];
  if (unknown !== undefined) return `"push" has the unknown "${unknown.slice(0, 60)}"`;
  if (typeof sha256 !== 'string' || !SHA256.test(sha256)) return '"sha256" must be 64 hexadecimal digits';
  switch (step) {
    case 'offer':
    case 'file':
      if (typeof name !== 'string' || name.length > 255 || name.includes('/'))
        return '"name" must be a file name without directories';
      if (!isCount(bytes)) return '"bytes" must be a whole number';
      return { step, name, bytes, sha256 };
    case 'part':
    case 'text':
      if (!isCount(offset)) return '"offset" must be a whole number';
      if (typeof data !== 'string' || typeof check !== 'string') return '"data" and "check" must be text';
      return { step, sha256, offset, data, check };
    case 'finish':
      return { step, sha256 };
    case 'image':
      if (!isCount(bytes)) return '"bytes" must be a whole number';
      return { step, bytes, sha256 };
    case 'piece':
      if (typeof part !== 'string') return '"part" must be text';
      if (!isCount(offset)) return '"offset" must be a whole number';
      if (typeof data !== 'string' || typeof check !== 'string') return '"data" and "check" must be text';
      return { step, sha256, part, offset, data, check };
    case 'prepare':
      return { step, sha256 };
    case 'install':
      if (typeof tries !== 'boolean') return '"try" must be true or false';
      return { step, sha256, try: tries };
    case 'apply':
      if (typeof dry !== 'boolean') return '"dry" must be true or false';
      if (confirm === undefined) return { step, sha256, dry };
      if (!isCount(confirm) || confirm < 1 || confirm > LONGEST_CONFIRM_MS)
        return '"confirm" must be whole milliseconds, at most an hour';
      return { step, sha256, dry, confirm };
    default:
      return `"step" must be one of ${STEPS.join(', ')}`;
  }
}

/** @throws FirmwareError `PUSH_DAMAGED` */
export function bytesOf(
  { data, check, offset }: Pick<Part, 'data' | 'check' | 'offset'>,
  most = MOST_PART,
): Uint8Array {
  const bytes = Buffer.from(data, 'base64');
  if (bytes.length === 0 || bytes.length > most || checkOf(bytes) !== check) {
    throw new FirmwareError('PUSH_DAMAGED', `the part at ${offset} is not what was sent; send it again`);
  }
  return bytes;
}

export function isImageStep(step: PushStep): step is ImageStep {
  return IMAGE_STEPS.includes(step.step);
}

export function isConfigStep(step: PushStep): step is ConfigStep {
  return CONFIG_STEPS.includes(step.step);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
