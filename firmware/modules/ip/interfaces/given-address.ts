/**
 * The addresses that we gave: whether the kernel has them still, and when those are given back that another program took away.
 */
import type { Context } from 'hitless/runtime';
import type { InterfaceAddress } from '../../../../drivers/netlink/address.ts';
import type { Link } from '../../../../drivers/netlink/link.ts';
import { textOf } from './interface-address.ts';
import type { Aspect, Given, Owned } from './interface-record.ts';
import { addressChange, keyOf, type Step } from './interface-settings.ts';
import type { Wanted } from './wanted.ts';

/** An address that was taken away is given back after so many ms, four times as many each further time, and at most so many. */
const GIVE_BACK_MS = 100;
const GIVE_BACK_MOST_MS = 600_000;
/** One that was there for so long is given back soon again. */
const HELD_MS = 60_000;

const IFA_F_DADFAILED = 0x08;
/**
 * Takes note of which of them the kernel has.
 * @param all those that it never told are gone, too
 */
export function lookAtAddresses(
  addresses: { get(key: string): InterfaceAddress | undefined },
  index: number,
  owned: Owned,
  all: boolean,
  ctx: Context,
): void {
  for (const [aspect, kept] of owned.kept) {
    const text = addressIn(aspect);
    if (text === undefined) continue;
    const given = kept as Given;
    const row = addresses.get(keyOf({ index }, text));
    if (row !== undefined) {
      given.told = true;
      delete given.lost;
      delete given.down;
      noteDuplicate(given, owned.name, text, (row.flags & IFA_F_DADFAILED) !== 0, ctx);
    } else if (given.told || all) {
      delete given.told;
      noteLost(given, ctx.now());
      // A link that is being removed loses its addresses first: a moment shows.
      lookLater(index, GIVE_BACK_MS, ctx);
    }
  }
}

function noteDuplicate(given: Given, name: string, text: string, duplicate: boolean, ctx: Context): void {
  if (duplicate && given.duplicate === undefined) {
    given.duplicate = true;
    ctx.log(
      'warn',
      `${name}: ${text} is not used: another host has it (duplicate address detection, RFC 4862). Take it away there; the kernel tries again when the link comes up`,
    );
  } else if (!duplicate && given.duplicate) {
    delete given.duplicate;
    ctx.log('info', `${name}: ${text} is used now`);
  }
}

/** Gives back what was taken away and is due. */
export function stepsBack(wanted: Wanted | undefined, link: Link, owned: Owned, ctx: Context): Step[] {
  return (wanted?.addresses ?? []).flatMap((address): Step[] => {
    const aspect: Aspect = `address ${textOf(address)}`;
    const given = owned.kept.get(aspect) as Given | undefined;
    if (given?.lost === undefined) return [];
    if (address.family === 6 && !link.up) {
      // The kernel takes those of IPv6 away with the link's being up.
      given.down = true;
      return [];
    }
    // After a checkpoint of another boot the clock may have begun elsewhere.
    const wait = Math.min(given.lost - ctx.now(), GIVE_BACK_MOST_MS);
    if (wait > 0) {
      lookLater(link.index, wait, ctx);
      return [];
    }
    const back = given.down === true ? given.back : given.back + 1;
    if (given.down === undefined)
      ctx.log(
        'warn',
        `${link.name}: another program took ${textOf(address)} away, which the configuration gives it: it is given back; should it go again, in ${waitOf(back) / 1000} s`,
      );
    const after: Given = { at: ctx.now(), back };
    return [{ aspect, rank: 0, change: addressChange('replace', link, address), after }];
  });
}

function noteLost(given: Given, now: number): void {
  if (given.lost !== undefined) return;
  if (now < given.at || now - given.at >= HELD_MS) given.back = 0;
  given.lost = now + waitOf(given.back);
}

function waitOf(back: number): number {
  return Math.min(GIVE_BACK_MS * 4 ** back, GIVE_BACK_MOST_MS);
}

/** The link with this index is looked at after so many ms; sooner, where that is due sooner already. */
export function lookLater(index: number, wait: number, ctx: Context): void {
  const due = ctx.timerDue('settings', `link ${index}`);
  if (due === undefined || due > wait) ctx.setTimer('settings', `link ${index}`, wait);
}

/** The address that the aspect is about. */
function addressIn(aspect: Aspect): string | undefined {
  return aspect.startsWith('address ') ? aspect.slice('address '.length) : undefined;
}
