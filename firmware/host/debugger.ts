/**
 * Node's debugger runs whatever it is told, here as root: it stays closed unless somebody asked for it. Without a
 * listener, SIGUSR1 opens it on port 9229 (process.md of Node); so this is loaded before all else.
 */
import { FirmwareError } from '../errors.ts';

process.on('SIGUSR1', () => {});

/**
 * Refuses to run under a debugger that `--inspect`, on the command line or in NODE_OPTIONS, opened.
 * @throws FirmwareError `DEBUGGER_OPEN`
 */
export function refuseDebugger(): void {
  const url = debuggerUrl();
  if (url === undefined) return;
  throw new FirmwareError(
    'DEBUGGER_OPEN',
    `Node's debugger listens on ${url}: whoever reaches it is this router. Start without --inspect, on the command line and in NODE_OPTIONS, or ask for it with --allow-inspect`,
  );
}

/** Undefined where none listens, and in a Node that was built without one. */
function debuggerUrl(): string | undefined {
  if (!process.features.inspector) return undefined;
  return process.getBuiltinModule('node:inspector').url();
}
