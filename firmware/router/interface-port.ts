/** Common to the kinds of ports that are on an interface: the interface is the key, and groups are joined on it. */

/** Groups that a port may be in; the kernel's own limit for IPv4 (igmp_max_memberships) is less unless told. */
const MOST_GROUPS = 256;
/** Interfaces have names of at most so many bytes (IFNAMSIZ). */
const LONGEST_NAME = 15;

/** An address as a group, in words. */
export interface GroupForm {
  is(text: string): boolean;
  /** `224.0.0.0/4` */
  readonly range: string;
  /** An example. */
  readonly example: string;
}

/** @throws Error when the key is not the name of an interface */
export function mustBeInterface(key: string): void {
  if (key !== '' && Buffer.byteLength(key) <= LONGEST_NAME) return;
  throw new Error(`"${key}" is not the name of an interface, which has 1 to ${LONGEST_NAME} characters`);
}

/** The groups of the declaration, and those of the settings besides. */
export function groupsOf(declared: readonly string[], settings: unknown): string[] {
  const { groups: further = [] } = (settings ?? {}) as { groups?: readonly string[] };
  return [...new Set([...declared, ...further])];
}

/** Settings are further groups. Returns a sentence what is wrong with them. */
export function wrongSettings(settings: unknown, form: GroupForm): string | undefined {
  if (settings === undefined) return undefined;
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings))
    return `settings must be an object such as { groups: ['${form.example}'] }, not ${shown(settings)}`;
  const strange = Object.keys(settings).find((key) => key !== 'groups');
  if (strange !== undefined) return `there is no setting "${strange}"; there is groups`;
  return 'groups' in settings ? wrongGroups('settings.groups', settings.groups, form) : undefined;
}

export function wrongGroups(key: string, groups: unknown, form: GroupForm): string | undefined {
  if (!Array.isArray(groups)) return `${key} must be a list of multicast addresses, not ${shown(groups)}`;
  if (groups.length > MOST_GROUPS) return `${key} may have ${MOST_GROUPS} addresses, not ${groups.length}`;
  const strange = groups.find((group) => typeof group !== 'string' || !form.is(group));
  return strange === undefined
    ? undefined
    : `${key}: ${shown(strange)} is no multicast address (${form.range})`;
}

export function isWhole(value: unknown, least: number, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

export function shown(value: unknown): string {
  return JSON.stringify(value) ?? typeof value;
}
