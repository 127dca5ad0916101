/**
 * Whoever debugs a module looks at it for as long as it takes, so nothing is cut while the inspector is open (`--inspect`,
 * SIGUSR1, `inspector.open()`). Node says whether it is, not whether somebody is attached. Asking costs 15 ns.
 */

/** A Node without inspector has no such module. */
const inspector = process.features.inspector ? process.getBuiltinModule('node:inspector') : undefined;

/** Whether a debugger may be attached. */
export function debuggerOpen(): boolean {
  return inspector?.url() !== undefined;
}
