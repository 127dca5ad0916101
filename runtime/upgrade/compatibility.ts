/**
 * Would the modules still understand each other (design rule 6; paper section 6, scope change)? Asked before
 * anything is disabled, of the set of manifests as it would be after the commit.
 */
import { HitlessError } from '../errors.ts';
import type { AnyManifest } from '../module/manifest.ts';

/** The manifest of whom a name would mean. */
type Resolve = (name: string) => AnyManifest | undefined;

/**
 * Would anybody miss what is removed?
 * @param gone the names that end
 * @throws HitlessError `MODULE_NEEDED` naming who declares that it sends there
 */
export function checkNeeds(
  after: ReadonlyMap<string, AnyManifest>,
  gone: readonly string[],
  resolve: Resolve,
): void {
  const needed = gone.filter((name) => resolve(name) === undefined);
  const senders = [...after.values()].filter(({ sends }) =>
    needed.some((name) => sends?.[name] !== undefined),
  );
  if (senders.length === 0) return;
  const who = senders.map(({ name, version, sends }) => {
    const types = needed.flatMap((to) => Object.keys(sends?.[to] ?? {}));
    return `${name} ${version} sends it ${types.map((type) => `"${type}"`).join(', ')}`;
  });
  throw new HitlessError(
    'MODULE_NEEDED',
    `${needed.join(', ')} cannot be removed: ${who.join(', ')}; remove or replace the senders in the same transaction, or force it`,
  );
}

/** The publishers of before by event, and how that would end. */
export interface Publisher {
  /** As it is before the transaction. */
  readonly manifest: AnyManifest;
  readonly change: 'remove' | 'disable' | 'replace';
}

/** The modules as they would be after the commit, as far as events are concerned. */
export interface Afterwards {
  readonly manifests: ReadonlyMap<string, AnyManifest>;
  /** The names of those in service. */
  readonly serving: ReadonlySet<string>;
  /** Whether the host publishes an event. */
  readonly byHost: (event: string) => boolean;
  /** The events that a version cannot do without; undefined where nobody knows. */
  readonly needsOf: (manifest: AnyManifest) => readonly string[] | undefined;
}

/** Whether somebody publishes an event. */
export function isPublished(event: string, { manifests, serving, byHost }: Afterwards): boolean {
  return (
    byHost(event) ||
    [...manifests.values()].some(
      ({ name, publishes }) => serving.has(name) && publishes?.[event] !== undefined,
    )
  );
}

/**
 * Would anybody wait for events that nobody publishes any more? Who says that it can do without is not asked.
 * @throws HitlessError `MODULE_NEEDED` naming who subscribes
 */
export function checkPublishers(publishers: readonly Publisher[], after: Afterwards): void {
  const { manifests, serving, needsOf } = after;
  for (const { manifest, change } of publishers) {
    const ended = Object.keys(manifest.publishes ?? {}).filter((event) => !isPublished(event, after));
    // A disabled module waits for nothing, and may be enabled again: it would miss what is gone for good.
    const waiting = [...manifests.values()].filter(
      ({ name }) => name !== manifest.name && (change !== 'disable' || serving.has(name)),
    );
    const who = waiting.flatMap((subscriber) => {
      const { name, version, subscribes, publishes } = subscriber;
      const needs = needsOf(subscriber) ?? Object.keys(subscribes);
      const events = ended.filter((event) => needs.includes(event) && publishes?.[event] === undefined);
      return events.length === 0
        ? []
        : `${name} ${version} (${events.map((event) => `"${event}"`).join(', ')})`;
    });
    if (who.length === 0) continue;
    const { name: module } = manifest;
    const together = 'replace the subscribers in the same transaction';
    throw new HitlessError(
      'MODULE_NEEDED',
      `${module} cannot be ${WORDS[change]}: nobody else publishes what is subscribed to by ${who.join(', ')}; ${change === 'replace' ? together : `${change} or ${together}, or force it`}`,
      { module },
    );
  }
}

const WORDS = {
  remove: 'removed',
  disable: 'disabled',
  replace: 'replaced by a version that does not publish',
} as const;

/**
 * @param after every module's manifest after the transaction, by name
 * @param resolve finds a receiver, under whatever name
 * @param members names of the modules that the transaction changes: only pairs with one of them are judged
 * @throws HitlessError `PROTOCOL_MISMATCH` naming both sides
 */
export function checkProtocols(
  after: ReadonlyMap<string, AnyManifest>,
  members: ReadonlySet<string>,
  resolve: Resolve,
): void {
  for (const sender of after.values()) {
    for (const [to, types] of Object.entries(sender.sends ?? {})) {
      const receiver = resolve(to);
      if (receiver === undefined || !(members.has(sender.name) || members.has(receiver.name))) continue;
      for (const [type, version] of Object.entries(types)) {
        judge(sender, receiver, `sends "${type}"`, version, receiver.accepts[type], 'accepts');
      }
    }
    for (const [event, version] of Object.entries(sender.publishes ?? {})) {
      for (const receiver of after.values()) {
        if (
          receiver.subscribes[event] === undefined ||
          !(members.has(sender.name) || members.has(receiver.name))
        )
          continue;
        judge(sender, receiver, `publishes "${event}"`, version, receiver.subscribes[event], 'understands');
      }
    }
  }
}

function judge(
  sender: AnyManifest,
  receiver: AnyManifest,
  what: string,
  version: number,
  understood: readonly number[] | undefined,
  verb: string,
): void {
  if (understood?.includes(version)) return;
  const theirs = understood === undefined ? `does not take it` : `${verb} version ${understood.join(', ')}`;
  throw new HitlessError(
    'PROTOCOL_MISMATCH',
    `${sender.name} ${sender.version} ${what} version ${version}, but ${receiver.name} ${receiver.version} ${theirs}; replace both in one transaction with versions that agree`,
    { module: receiver.name },
  );
}
