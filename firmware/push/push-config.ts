/** A configuration: its text is brought to the router, which makes it what runs in one transaction, and saves it. */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { MOST_CONFIG_BYTES } from '../config/file.ts';
import { type CarriedOut, type CarryOutOptions, carryOut } from './carry-out.ts';
import { type Ask, type Sender, sendPieces } from './sender.ts';
import { sentFile } from './sent-file.ts';
import { MOST_PART, type Progress } from './steps.ts';

export interface ConfigPushOptions extends CarryOutOptions {
  /** Only checks it. */
  dry: boolean;
  /** In ms. */
  confirm?: number | undefined;
}

/** @throws Refused; FirmwareError `PUSH_FILE`, `ROUTER_RESTARTED` and those of the line */
export async function pushConfig(
  file: string,
  sender: Sender,
  { dry, confirm, ...how }: ConfigPushOptions,
): Promise<CarriedOut> {
  const text = await sentFile(file, MOST_CONFIG_BYTES, 'a configuration');
  const name = basename(file);
  const sha256 = createHash('sha256').update(text).digest('hex');
  const send = async (ask: Ask) => {
    const progress = sender.follow(name);
    const show = (have: number) => progress.show(have, text.length);
    const { have } = (await ask({ step: 'file', name, bytes: text.length, sha256 })) as Progress;
    await sendPieces(ask, text, have, show, MOST_PART, (piece) => ({ step: 'text', sha256, ...piece }));
    sender.end();
  };
  const push = { step: 'apply', sha256, dry, ...(confirm !== undefined && { confirm }) };
  return carryOut(sender, { push }, send, how);
}
