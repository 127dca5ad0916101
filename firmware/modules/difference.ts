/** Two configurations of what has names, such as interfaces: which names came, went, and have another configuration. */

export interface NameDifference {
  /** In the order of the new configuration, as the next two. */
  readonly added: readonly string[];
  /** Those of both. */
  readonly stayed: readonly string[];
  /** Of these, those with another configuration. */
  readonly changed: readonly string[];
  /** In the order of the old one. */
  readonly removed: readonly string[];
}

/** @param before by name, plain data; as `after` */
export function differenceOf(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): NameDifference {
  const has = (config: object, name: string) => Object.hasOwn(config, name);
  const names = Object.keys(after);
  const stayed = names.filter((name) => has(before, name));
  return {
    added: names.filter((name) => !has(before, name)),
    stayed,
    changed: stayed.filter((name) => !isSame(before[name], after[name])),
    removed: Object.keys(before).filter((name) => !has(after, name)),
  };
}

/** Whether two values of a configuration say the same: a key without a value says nothing. */
export function isSame(one: unknown, other: unknown): boolean {
  if (!isCompound(one) || !isCompound(other) || Array.isArray(one) !== Array.isArray(other))
    return Object.is(one, other);
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) => isSame(one[name], other[name]));
}

function isCompound(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
