/**
 * The changes for a proxy when another version's manifest comes into force. Found out before anything is disabled, so
 * that inside the blackout only what really changes is done.
 */
import type { AnyManifest } from './manifest.ts';

export interface ManifestChange {
  /** Some timers are not declared any more. */
  readonly timersEnd: boolean;
  /** Ports that are not declared any more, or are of another kind now. */
  readonly endedPorts: ReadonlySet<string>;
  /** Subscriptions begin, end, or take other versions. */
  readonly subscriptions: boolean;
  /** Something that the old version took would not be understood. */
  readonly understandsLess: boolean;
}

/** Everything may be new: the module had no version before. */
export const FROM_NOTHING: ManifestChange = {
  timersEnd: true,
  endedPorts: new Set(),
  subscriptions: true,
  understandsLess: true,
};

export function changeBetween(old: AnyManifest, next: AnyManifest): ManifestChange {
  return {
    timersEnd: !old.timers.every((name) => next.timers.includes(name)),
    endedPorts: new Set(old.ports.filter((name) => !goesOn(name, old, next))),
    subscriptions: !(takesAll(old.subscribes, next.subscribes) && takesAll(next.subscribes, old.subscribes)),
    understandsLess: !(takesAll(old.accepts, next.accepts) && takesAll(old.subscribes, next.subscribes)),
  };
}

/** Its data are of the same kind. A version that only names its ports (api 1) says nothing of kinds. */
function goesOn(name: string, old: AnyManifest, next: AnyManifest): boolean {
  if (!next.ports.includes(name)) return false;
  const [before, after] = [old.declaredPorts[name], next.declaredPorts[name]];
  return before === undefined || after === undefined || before.kind === after.kind;
}

type Taken = Record<string, readonly number[]>;

/** Everything that the one takes, the other takes too. */
function takesAll(one: Taken, other: Taken): boolean {
  return Object.entries(one).every(([type, versions]) =>
    versions.every((version) => other[type]?.includes(version) === true),
  );
}
