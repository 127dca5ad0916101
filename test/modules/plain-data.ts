/** Freezes plain data with all that is in it: who writes it then throws. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  // Bytes cannot be frozen.
  if (ArrayBuffer.isView(value)) return value;
  if (value instanceof Map) {
    for (const [key, item] of value) {
      deepFreeze(key);
      deepFreeze(item);
    }
    const refuse = () => {
      throw new TypeError('a frozen Map was written');
    };
    // Freezing a Map leaves its entries writable.
    Object.assign(value, { set: refuse, delete: refuse, clear: refuse });
  } else {
    for (const item of Object.values(value)) deepFreeze(item);
  }
  return Object.freeze(value);
}
