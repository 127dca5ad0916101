/**
 * Would the modules still understand each other (design rule 6; paper section 6, scope change)? Asked before
 * anything is disabled, of the set of manifests as it would be after the commit.
 */
import { HitlessError } from './errors.ts';
import type { AnyManifest } from './manifest.ts';

/**
 * @param after every module's manifest after the transaction, by name
 * @param members names of the modules that the transaction changes: only pairs with one of them are judged
 * @throws HitlessError `PROTOCOL_MISMATCH` naming both sides
 */
export function checkProtocols(after: ReadonlyMap<string, AnyManifest>, members: ReadonlySet<string>): void {
  for (const sender of after.values()) {
    for (const [to, types] of Object.entries(sender.sends ?? {})) {
      const receiver = after.get(to);
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
