/** Takes a checkpoint of a module that serves, into a file: what it begins again with after a fault, and `add` can start from. */
import { now } from '../clock.ts';
import { HitlessError } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import type { ModuleProxy } from '../module/proxy.ts';
import { type CheckpointView, writeCheckpoint } from '../state/checkpoint.ts';
import { turn } from '../turn.ts';

/** Looking at a whole state may take so many ms of CPU time. */
const CHECKPOINT_MS = 2_000;

/**
 * @param limit in which an instant must come at which the module is idle, in ms
 * @throws HitlessError `NOT_QUIESCENT`, `STATE_NOT_PLAIN`, `HOOK_CUT`, `CHECKPOINT_UNWRITABLE`
 */
export async function takeCheckpoint(
  { guard, clock, beginnings }: Kernel,
  proxy: ModuleProxy,
  file: string,
  limit: number,
): Promise<CheckpointView> {
  const { name: module } = proxy;
  const until = now() + limit;
  while (!proxy.activity.idle) {
    if (now() >= until) {
      throw new HitlessError(
        'NOT_QUIESCENT',
        `${module} was not idle within ${limit} ms: ${proxy.unfinished}; try again`,
        { module },
      );
    }
    await turn();
  }
  const { version, manifest, state } = proxy;
  const header = { module, version, stateVersion: manifest.state.version, at: Date.now() };
  const time = clock.now();
  const timers = proxy.timerRecords().map(({ due, ...rest }) => ({ ...rest, left: due - time }));
  const look = <T>(body: () => T) => guard.look(module, 'state', body, CHECKPOINT_MS);
  const written = await writeCheckpoint(file, header, state, timers, look);
  beginnings.set(module, { config: beginnings.get(module)?.config, checkpoint: written.file });
  return written;
}
