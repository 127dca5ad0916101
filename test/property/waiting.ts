/** Waiting for what must come, but not for ever. */
import { now } from '../../runtime/clock.ts';
import type { Runtime } from '../../runtime/index.ts';
import { type Host, PATIENCE_MS } from './host.ts';

/** The property does not hold. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** One turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** @throws Violation saying `otherwise` when it takes too long */
export async function soon<T>(promise: Promise<T>, otherwise: string): Promise<T> {
  let alarm: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    alarm = setTimeout(() => reject(new Violation(otherwise)), PATIENCE_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(alarm);
  }
}

/**
 * Resolves when nothing is waiting, suspended or armed any more.
 * @throws Violation
 */
export async function rest(runtime: Runtime, host: Host): Promise<void> {
  const until = now() + PATIENCE_MS;
  for (;;) {
    const queues = runtime.queues().filter(({ waiting }) => waiting > 0);
    const modules = runtime.modules().filter(({ suspended, timers }) => suspended > 0 || timers.length > 0);
    const asks = host.pendingAsks;
    if (asks === 0 && queues.length === 0 && modules.length === 0) return;
    if (now() > until)
      throw new Violation(`it never came to rest: ${JSON.stringify({ asks, queues, modules })}`);
    await turn();
  }
}
