/**
 * Keeps Debian packages from starting their daemons while they are installed: `invoke-rc.d` asks the program
 * `/usr/sbin/policy-rc.d`, and its answer 101 forbids the start (invoke-rc.d(8)).
 */
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const POLICY = '/usr/sbin/policy-rc.d';
const MARK = '# Put here by hitless while it installs packages; process ';

/**
 * Puts the policy in place, if the system has none of its own, until the returned function is called.
 * Signals meanwhile take effect then. A policy that stayed behind after SIGKILL is taken over the next time.
 * @param path Another place, for tests.
 */
export function holdDaemons(say: (line: string) => void, path = POLICY): () => void {
  if (existsSync(path) && !isLeftOver(path)) {
    say(`${path} exists and stays in charge of what daemons start.`);
    return () => {};
  }
  rmSync(path, { force: true });
  try {
    writeFileSync(path, `#!/bin/sh\n${MARK}${process.pid}.\nexit 101\n`, { flag: 'wx' });
  } catch (error) {
    // Another installation was quicker: its policy serves this one as well.
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return () => {};
    throw error;
  }
  chmodSync(path, 0o755);

  // The installer must not outlive the policy, so a signal waits for it (Ctrl-C reaches and ends it as well).
  let pending: NodeJS.Signals | undefined;
  const defer = (signal: NodeJS.Signals) => {
    pending = signal;
  };
  for (const signal of SIGNALS) process.on(signal, defer);
  return () => {
    rmSync(path, { force: true });
    for (const signal of SIGNALS) process.removeListener(signal, defer);
    if (pending !== undefined) process.kill(process.pid, pending);
  };
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Ours, and the process that put it there has ended. */
function isLeftOver(path: string): boolean {
  const text = readFileSync(path, 'utf8');
  const at = text.indexOf(MARK);
  if (at < 0) return false;
  return !existsSync(`/proc/${Number.parseInt(text.slice(at + MARK.length), 10)}`);
}
