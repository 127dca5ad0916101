/**
 * In which form the checksums of our advertisements are, where the configuration leaves it open. A router that
 * takes one form alone drops the other, and becomes Active beside the one that it does not hear.
 *
 * - We begin with the pseudo-header, and follow an advertisement of the group in the other form: at once, and back.
 * - When two routers are heard in two forms, neither form reaches both: advertisements then leave in both.
 * - What was learned is kept while peers are silent, as Backup Routers are; that there are two forms, until Initialize.
 */
import type { Context } from 'hitless/runtime';
import { leftOutText, lineDue } from '../limited-log.ts';
import { activeDownInterval } from './running.ts';
import { type ChecksumForm, keyOf, nameOf, type Running, type State, type VirtualRouter } from './state.ts';

/** A router that was heard less than this many Active_Down_Intervals ago counts as one of the group. */
const RECENT_INTERVALS = 3;

const TEXTS = {
  'pseudo-header': 'over a pseudo-header (RFC 5798)',
  rfc9568: 'over the message alone (RFC 9568)',
} as const;

/**
 * Takes note of the form of an advertisement that passed all checks. One that is right in both says nothing, nor does one of a
 * family or version that has one form alone.
 */
export function formHeard(
  state: State,
  run: Running,
  forms: readonly ChecksumForm[],
  from: string,
  ctx: Context,
): void {
  const [form] = forms;
  if (run.config.family === 6 || run.config.version === 2) return;
  if (forms.length !== 1 || form === undefined) return;
  const { checksum = 'auto' } = run.config;
  if (checksum === 'auto') learn(state, run, form, from, ctx);
  else if (form !== checksum) {
    tell(state, run, ctx, 'checksumMismatch', from, 'warn', () => {
      return `${from} sends checksums ${TEXTS[form]} and may not take ours, which are ${TEXTS[checksum]}; make them agree, or set checksum: auto`;
    });
  }
}

/** Initialize: whoever was heard is asked again. */
export function forgetHeard({ checksum }: VirtualRouter): void {
  checksum.mixed = false;
  checksum.heard = {};
}

function learn(state: State, run: Running, form: ChecksumForm, from: string, ctx: Context): void {
  const learned = run.router.checksum;
  const now = ctx.now();
  const other = learned.heard[form === 'rfc9568' ? 'pseudo-header' : 'rfc9568'];
  learned.heard[form] = { from, at: now };
  const since = other === undefined ? Number.POSITIVE_INFINITY : now - other.at;
  // A state from a file may be of another boot, whose clock began elsewhere.
  const recent = since >= 0 && since < RECENT_INTERVALS * activeDownInterval(run);
  if (other !== undefined && recent && other.from !== from) {
    learned.mixed = true;
    tell(state, run, ctx, 'checksumMixed', '', 'warn', () => {
      return `${from} sends checksums ${TEXTS[form]}, ${other.from} does not, and routers that take one form alone do not hear each other; advertisements leave in both forms, make them agree`;
    });
  }
  if (form === learned.form) return;
  learned.form = form;
  if (learned.mixed) return;
  tell(state, run, ctx, 'checksumFollowed', form, 'info', () => {
    return `checksums are ${TEXTS[form]} from now on, as those of ${from}`;
  });
}

function tell(
  state: State,
  { config }: Running,
  ctx: Context,
  kind: string,
  source: string,
  level: 'info' | 'warn',
  text: () => string,
): void {
  const due = lineDue(state.limited, kind, `${keyOf(config)} ${source}`, ctx.now());
  if (due !== undefined) ctx.log(level, `${nameOf(config)}: ${text()} (${kind})${leftOutText(due)}`);
}
