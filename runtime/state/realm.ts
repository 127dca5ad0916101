/** Plain data is plain whatever realm made it: a `vm` context, as test runners use, has an Object and a Map of its own. */

type Name = 'Object' | 'Array' | 'Map' | 'Set' | 'Date';

const OWN: Readonly<Record<Name, object>> = {
  Object: Object.prototype,
  Array: Array.prototype,
  Map: Map.prototype,
  Set: Set.prototype,
  Date: Date.prototype,
};

/** The kinds of another realm's prototypes; empty for those that are of no built-in class. */
const foreign = new WeakMap<object, Name | ''>();

/** Whether this is what a built-in class gives its instances as prototype, in any realm. */
export function isBuiltIn(name: Name, prototype: unknown): boolean {
  if (prototype === OWN[name]) return true;
  if (typeof prototype !== 'object' || prototype === null) return false;
  let found = foreign.get(prototype);
  if (found === undefined) {
    found = nameOf(prototype);
    foreign.set(prototype, found);
  }
  return found === name;
}

/** The class that has it as its `prototype` is native, and no code of anybody's can be. */
function nameOf(prototype: object): Name | '' {
  const maker: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  if (typeof maker !== 'function' || maker.prototype !== prototype) return '';
  const text = Function.prototype.toString.call(maker);
  return (Object.keys(OWN) as Name[]).find((name) => text === `function ${name}() { [native code] }`) ?? '';
}
