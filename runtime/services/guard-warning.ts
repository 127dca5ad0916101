/** Says once in a process that handlers are not bounded outside of transactions, unless the program asked for that. */
import type { Guard } from './guard.ts';

let said = false;

export function warnOfVm({ everyTurn, asked, why }: Guard): void {
  if (everyTurn || said) return;
  said = true;
  if (asked) return;
  process.emitWarning(
    `handlers are bounded in transactions alone, for the guard's addon does not load: ${why}. "npm rebuild" compiles it where a compiler is; new Runtime({ guard: 'vm' }) says that it is not wanted`,
    { code: 'HITLESS_GUARD_VM' },
  );
}
