/** Says once in a process that handlers are not bounded outside of transactions, unless the program asked for that. */
import { Guard } from './guard.ts';

let said = false;

/** The guard of a program's runtime. @param kind as the program asks for it */
export function guardOf(kind?: 'vm'): Guard {
  const guard = new Guard(kind);
  if (guard.everyTurn || said) return guard;
  said = true;
  if (!guard.asked)
    process.emitWarning(
      `handlers are bounded in transactions alone, for the guard's addon does not load: ${guard.why}. "npm rebuild" compiles it where a compiler is; new Runtime({ guard: 'vm' }) says that it is not wanted`,
      { code: 'HITLESS_GUARD_VM' },
    );
  return guard;
}
