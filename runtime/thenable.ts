export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** The same of what nobody will wait for: should it be rejected, that is no error of the program. */
export function isLeftThenable(value: unknown): value is PromiseLike<unknown> {
  if (!isThenable(value)) return false;
  value.then(undefined, () => {});
  return true;
}
