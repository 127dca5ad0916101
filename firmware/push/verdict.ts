/**
 * What became of an image that is tried, as the host sees it: the board reboots, and the router comes back on the same
 * console, from one slot or the other.
 */
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { otherThan, type Slot } from '../../drivers/slots.ts';
import { isSerial, openBytes, openChannel, type Way } from '../console/channel.ts';
import { Conversation } from '../console/conversation.ts';
import { ConsoleError } from '../console/errors.ts';
import type { SlotsView } from '../console/host.ts';
import { WELCOME } from '../console/serial.ts';
import { consolePath } from '../console/socket-path.ts';

/** The board may take so long for all of it, in ms: to boot, be given up after 90 s, and boot the other slot. */
const WAIT_MS = 300_000;
const AGAIN_MS = 1000;
/**
 * The router says on the line when it confirms its slot. If that was not understood, it is asked after so long, in ms;
 * but not when it has been on trial for so long that the board may be rebooting.
 */
const CONFIRMED_MS = 15_000;
const TRIAL_MS = 50_000;
const CONFIRMED = /slot [ab] is confirmed/;
/** Characters that are kept of what is heard. */
const HEARD = 1000;

/**
 * Waits until the board runs the slot, confirmed.
 * @param options `wait` in ms, some minutes when absent; `sure` when the router has said that it is tried
 * @throws ConsoleError `IMAGE_FELL_BACK`, `IMAGE_UNPROVEN`, `IMAGE_SILENT`
 */
export async function awaitVerdict(
  way: Way,
  slot: Slot,
  { errors, wait = WAIT_MS, sure }: { errors: Writable; wait?: number; sure: boolean },
): Promise<void> {
  const { path: where = consolePath() } = way;
  const until = performance.now() + wait;
  errors.write(`the board reboots and tries slot ${slot}; waiting for the router at ${where}\n`);
  let last: SlotsView | undefined;
  let trialSince: number | undefined;
  while (performance.now() < until) {
    const asks = trialSince !== undefined && performance.now() - trialSince < TRIAL_MS;
    await sign(way, asks ? Math.min(until, performance.now() + CONFIRMED_MS) : until);
    last = (await ask(way)) ?? last;
    if (last === undefined || last.trying !== null) continue;
    if (last.running !== slot) {
      throw new ConsoleError(
        'IMAGE_FELL_BACK',
        `slot ${slot} ${sure ? 'was tried and did not prove itself' : 'was not tried, or did not prove itself'}; the board runs slot ${last.running} again, as before. Its messages on the serial line say why`,
      );
    }
    if (last.confirmed) return;
    if (trialSince === undefined) errors.write(`slot ${slot} runs, on trial\n`);
    trialSince ??= performance.now();
  }
  const time = `${Math.round(wait / 1000)} s`;
  if (last?.running === slot) {
    throw new ConsoleError(
      'IMAGE_UNPROVEN',
      `slot ${slot} runs, and was not confirmed in ${time}; "show slots"`,
    );
  }
  throw new ConsoleError(
    'IMAGE_SILENT',
    `slot ${slot} was to be tried, and no router answers at ${where} since ${time}; if it stays so, switch the board off and on: slot ${otherThan(slot)} comes back`,
  );
}

/**
 * Waits until it is time to ask. A socket can be asked at any time. On a serial line a loader may listen, which takes
 * any byte for a key that stops it: there nothing is said before the router was heard.
 * @param before when it is asked in any case
 */
async function sign(way: Way, before: number): Promise<void> {
  if (!isSerial(way.path ?? consolePath())) return sleep(AGAIN_MS);
  while (performance.now() < before) {
    const opened = await openBytes(way).catch(() => undefined);
    if (opened === undefined) {
      await sleep(AGAIN_MS);
      continue;
    }
    const line = opened.stream;
    const heard = await new Promise<boolean>((resolve) => {
      let text = '';
      const late = setTimeout(() => resolve(true), before - performance.now());
      const over = (found: boolean) => {
        clearTimeout(late);
        resolve(found);
      };
      line.on('error', () => {}); // `close` follows
      line.once('close', () => over(false));
      line.on('data', (chunk: Buffer) => {
        text = (text + chunk.toString('latin1')).slice(-HEARD);
        if (text.includes(WELCOME) || CONFIRMED.test(text)) over(true);
      });
    });
    await new Promise<void>((resolve) => {
      if (line.closed) resolve();
      else line.once('close', () => resolve()).destroy();
    });
    if (heard) return;
  }
}

/** Undefined while nobody answers. */
async function ask(way: Way): Promise<SlotsView | undefined> {
  try {
    const channel = await openChannel(way);
    try {
      const answer = await new Conversation(channel).ask({ command: 'show slots', json: true });
      return answer.ok ? (answer.data as SlotsView) : undefined;
    } finally {
      await channel.close();
    }
  } catch {
    return undefined;
  }
}
