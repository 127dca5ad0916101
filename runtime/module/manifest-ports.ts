/** The ports of a manifest. Of api 2 they are declared by kind, of api 1 only named. The runtime knows no kinds: the host does. */
import { frozenCopyOf, isRecord } from '../state/copy.ts';
import type { PortDeclaration } from './port.ts';

/** Ports that one manifest may declare. */
const MOST_PORTS = 1_000;
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,31}$/;
const KIND = /^[a-z][a-z0-9-]{0,31}$/;

/** The form of a manifest's ports, for an error. */
export const DECLARED =
  "an object of name to its kind and what the kind takes, such as { wire: { kind: 'raw-ip', protocol: 89 } }";

/**
 * Looks at the ports of a manifest of api 2. Returns a copy that nobody can change and that inherits nothing; undefined when it
 * is not as `DECLARED` says.
 */
export function declaredPorts(value: unknown): Readonly<Record<string, PortDeclaration>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value);
  if (entries.length > MOST_PORTS) return undefined;
  const ports = Object.create(null) as Record<string, PortDeclaration>;
  for (const [name, given] of entries) {
    const declaration = NAME.test(name) ? declarationOf(given) : undefined;
    if (declaration === undefined) return undefined;
    ports[name] = declaration;
  }
  return Object.freeze(ports);
}

function declarationOf(value: unknown): PortDeclaration | undefined {
  if (typeof value !== 'object' || value === null || !isRecord(value)) return undefined;
  try {
    const copy = frozenCopyOf(value);
    return typeof copy.kind === 'string' && KIND.test(copy.kind) ? (copy as PortDeclaration) : undefined;
  } catch {
    // It is no plain data.
    return undefined;
  }
}
