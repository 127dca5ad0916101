/**
 * Events that modules made for api 1 cannot do without: their manifests have no word for it. A version of api 2 says it itself,
 * and takes nothing from this file.
 */

/** Until this version a module acts on the event alone: it has no timer of its own to go by. */
const BEFORE: Readonly<
  Record<string, { version: readonly [major: number, minor: number]; events: string[] }>
> = {
  IP: { version: [2, 2], events: ['broadcast'] },
  OSPF: { version: [2, 2], events: ['broadcast'] },
  VRRP: { version: [2, 2], events: ['broadcast'] },
};

/** Undefined for a module that nobody here knows. */
export function compatNeeds(module: string, version: string): readonly string[] | undefined {
  const known = BEFORE[module];
  if (known === undefined) return undefined;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [ownMajor, ownMinor] = known.version;
  return major < ownMajor || (major === ownMajor && minor < ownMinor) ? known.events : [];
}
