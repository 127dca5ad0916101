/**
 * The garbage collector, at a moment of our choosing. A migration of many rows makes much that stays. Left alone, V8
 * moves it all at once when its young space of 16 MB is full, a stall of several ms. Asked after every slice, it
 * moves what one slice made: more work in sum, a fraction of a ms at a time.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { type: 'minor'; execution: 'sync' }) => void;

let collect: Collect | undefined;

/** Collects the young space. Nothing happens on an engine that cannot do so. */
export function collectYoung(): void {
  collect ??= find();
  collect({ type: 'minor', execution: 'sync' });
}

/** V8 shows it only to contexts that are made while a flag is set. */
function find(): Collect {
  try {
    setFlagsFromString('--expose-gc');
    return runInNewContext('gc') as Collect;
  } catch {
    return () => {};
  } finally {
    setFlagsFromString('--no-expose-gc');
  }
}
