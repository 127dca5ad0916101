/**
 * Waiting for a board that tries a slot. On a serial line nothing is sent while it boots, because a boot loader takes
 * any byte for a person who wants its prompt: the router's greeting is listened for.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Slot } from '../../drivers/slots.ts';
import { isSerial, openBytes, openChannel, type Way } from '../console/channel.ts';
import { Conversation } from '../console/conversation.ts';
import type { SlotsView } from '../console/host.ts';
import { WORK_MS } from '../console/patience.ts';
import { SERIAL_GREETING } from '../console/serial.ts';
import { consolePath } from '../console/socket-path.ts';
import { FirmwareError } from '../errors.ts';

/** Until nobody is waited for any more, in ms: the boot of the slot, its trial, and the boot of the slot before. */
const PATIENCE_MS = 420_000;
/** Between two questions, in ms: a slot is confirmed some 10 s after its router has begun. */
const ASK_MS = 3000;
const SERIAL_ASK_MS = 12_000;
/** On a serial line nothing is asked any more when a slot is on trial for so long, in ms: the board may boot again. */
const TRIAL_MS = 45_000;

export interface TrialOptions {
  say(text: string): void;
  /** The router has said that it is tried. */
  sure: boolean;
  /** In ms; some minutes when undefined. */
  patience?: number | undefined;
}

/**
 * @param slot that the board is about to boot, on trial
 * @throws FirmwareError `IMAGE_FELL_BACK`, `IMAGE_UNPROVEN`, `IMAGE_SILENT`
 */
export async function awaitTrial(way: Way, slot: Slot, options: TrialOptions): Promise<void> {
  const { say, sure, patience = PATIENCE_MS } = options;
  const end = performance.now() + patience;
  const serial = isSerial(way.path ?? consolePath());
  let view: SlotsView | undefined;
  let since: number | undefined;
  while (performance.now() < end) {
    const onTrial = since !== undefined && performance.now() - since < TRIAL_MS;
    if (serial && !onTrial) await greeting(way, end);
    else await sleep(serial ? SERIAL_ASK_MS : Math.min(ASK_MS, end - performance.now()));
    const now = await slotsNow(way);
    // It was there and is gone: it boots again.
    if (now === undefined) since = undefined;
    view = now ?? view;
    if (now === undefined || now.trying !== null) continue;
    const { running, confirmed } = now;
    if (running === slot && confirmed) return;
    if (running === slot) {
      if (since === undefined) say(`slot ${slot} runs, and has to prove healthy`);
      since ??= performance.now();
    } else {
      throw new FirmwareError(
        'IMAGE_FELL_BACK',
        `slot ${slot} ${sure ? 'was tried and did' : 'was not tried, or did'} not prove healthy: the board runs slot ${running}, as before`,
      );
    }
  }
  const seconds = patience / 1000;
  if (view?.running === slot)
    throw new FirmwareError(
      'IMAGE_UNPROVEN',
      `slot ${slot} runs but was not confirmed within ${seconds} s; "show slots" tells`,
    );
  throw new FirmwareError(
    'IMAGE_SILENT',
    `slot ${slot} was to be tried, and the board did not come back from its reboot within ${seconds} s; look at its serial line`,
  );
}

/** Undefined where nobody answers just now. */
async function slotsNow(way: Way): Promise<SlotsView | undefined> {
  try {
    const channel = await openChannel(way);
    try {
      const answer = await new Conversation(channel).ask({ command: 'show slots', json: true }, WORK_MS);
      return answer.ok ? (answer.data as SlotsView) : undefined;
    } finally {
      await channel.close();
    }
  } catch {
    return undefined;
  }
}

/** Listens until a router greets on the line, or the time is up. A line that is unplugged is opened again. */
async function greeting(way: Way, end: number): Promise<void> {
  let said = '';
  while (performance.now() < end && !said.includes(SERIAL_GREETING)) {
    try {
      const { stream } = await openBytes(way);
      stream.on('data', (bytes: Buffer) => {
        said = (said + bytes.toString('latin1')).slice(-4096);
      });
      while (performance.now() < end && !said.includes(SERIAL_GREETING) && !stream.destroyed)
        await sleep(100);
      const closed = new Promise((resolve) => stream.once('close', resolve));
      if (!stream.closed) {
        stream.destroy();
        await closed;
      }
    } catch {
      await sleep(1000);
    }
  }
}
