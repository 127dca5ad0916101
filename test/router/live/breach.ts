/** Something that must never be. */
export class Breach extends Error {
  override readonly name = 'Breach';
}

/** Paths at which two values differ, with what is there, a line each; the first few. */
export function differencesOf(before: unknown, after: unknown, path = ''): string[] {
  if (typeof before !== 'object' || typeof after !== 'object' || before === null || after === null)
    return Object.is(before, after) ? [] : [`${path}: ${JSON.stringify(before)} -> ${JSON.stringify(after)}`];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const part = (of: object, key: string) => (of as Record<string, unknown>)[key];
  return keys
    .flatMap((key) => differencesOf(part(before, key), part(after, key), `${path}.${key}`))
    .slice(0, 5);
}
