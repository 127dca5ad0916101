/**
 * Addresses to which this host takes no packets: aspects of a link as its addresses are, and others may want them. Whether they
 * are closed the kernel's rows do not tell, its answers alone do.
 */
import type { Aspect, Owned, SettingsState } from './interface-record.ts';

const CLOSED = 'closed ';

export function isClosed(aspect: Aspect): boolean {
  return aspect.startsWith(CLOSED);
}

/** A list of the kernel's tables came, as it does where all may be open: they are closed again. */
export function doubt({ kept }: Owned): void {
  for (const [aspect, value] of kept) if (isClosed(aspect) && 'now' in value) value.unsure = true;
}

/** Nothing is wrong with those that are not to be closed any more. @param addresses that are */
export function forgetRefusals({ refusals }: Owned, addresses: readonly string[]): void {
  for (const aspect of refusals.keys())
    if (isClosed(aspect) && !addresses.includes(aspect.slice(CLOSED.length))) refusals.delete(aspect);
}

/** All reasons why some are not closed, of all links. */
export function refusalsOf({ ours }: Pick<SettingsState, 'ours'>): string[] {
  return [...ours.values()].flatMap(({ refusals }) =>
    [...refusals].flatMap(([aspect, { message }]) => (isClosed(aspect) ? [message] : [])),
  );
}

/** Whether all of these are closed for the link with this index; undefined while the kernel has not answered. */
export function areClosed(
  { ours, underWay }: Pick<SettingsState, 'ours' | 'underWay'>,
  index: number,
  addresses: readonly string[],
): boolean | undefined {
  const aspects = addresses.map((address): Aspect => `${CLOSED}${address}`);
  const values = aspects.map((aspect) => ours.get(index)?.kept.get(aspect));
  if (values.includes(undefined)) return false;
  if (values.some((value) => 'now' in value! && value.unsure === true)) return undefined;
  for (const about of underWay.values()) {
    if (!('index' in about) || about.index !== index) continue;
    if (about.asked.some(({ aspect }) => aspects.includes(aspect))) return undefined;
  }
  return true;
}
