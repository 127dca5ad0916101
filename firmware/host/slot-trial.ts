/**
 * A slot on trial: the board has booted it once, and goes back to the other one at the next boot unless it is
 * confirmed. The router confirms it when it has proven itself: its consoles are open, every module is in service, and
 * the event loop turns. The board's supervisor reboots when that takes too long.
 */
import type { Slots } from '../../drivers/slots.ts';
import type { LogLevel, ModuleView } from '../../runtime/index.ts';
import { reasonOf } from '../../runtime/index.ts';

/** All of it must hold for so long, in ms. */
const PROVEN_MS = 10_000;
const LOOK_MS = 100;
/** The event loop may be this late, in ms: the same as in the probation of a module. */
const LATE_MS = 500;
/** Between two attempts where the slot tool fails, in ms. */
const AGAIN_MS = 5000;

export interface SlotTrialOptions {
  slots: Slots;
  modules(): readonly ModuleView[];
  tell(level: LogLevel, text: string): void;
}

/** Begins to watch, if the running slot is on trial; call what it returns to end that. To be called when the consoles are open. */
export function watchSlotTrial({ slots, modules, tell }: SlotTrialOptions): () => void {
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  const later = (what: () => void, ms: number) => {
    if (!ended) timer = setTimeout(what, ms);
  };
  const attempt = (what: () => Promise<void>, again: () => void) => {
    what().catch((thrown: unknown) => {
      tell('error', `the slot on trial: ${reasonOf(thrown)}; it is tried again`);
      later(again, AGAIN_MS);
    });
  };
  const begin = () =>
    attempt(async () => {
      const { running, chosen, confirmed } = await slots.status();
      if (confirmed) return;
      const seconds = PROVEN_MS / 1000;
      tell(
        'info',
        `slot ${running} is on trial: it is confirmed when all is well for ${seconds} s; until then the next boot is slot ${chosen}`,
      );
      prove(() => confirm(running));
    }, begin);
  const prove = (proven: () => void) => {
    let since = performance.now();
    let looked = since;
    let hindrance = '';
    const look = () => {
      const now = performance.now();
      const found = reasonAgainst(modules(), now - looked - LOOK_MS);
      looked = now;
      if (found !== '') since = now;
      if (found !== '' && found !== hindrance)
        tell('warn', `the slot on trial is not confirmed yet: ${found}`);
      hindrance = found;
      if (now - since >= PROVEN_MS) proven();
      else later(look, LOOK_MS);
    };
    later(look, LOOK_MS);
  };
  const confirm = (running: string) =>
    attempt(
      async () => {
        await slots.confirm();
        tell('info', `slot ${running} is confirmed: it is what the board boots from now on`);
      },
      () => confirm(running),
    );
  begin();
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}

function reasonAgainst(modules: readonly ModuleView[], late: number): string {
  const idle = modules.find(({ service, suspect }) => service !== 'service' || suspect);
  if (idle !== undefined)
    return `${idle.name} is ${idle.suspect ? 'suspect' : `in no service (${idle.service})`}`;
  return late > LATE_MS ? 'the event loop was held up' : '';
}
