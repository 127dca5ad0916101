/** The kinds of ports that a manifest may declare. A new kind is a driver and a line here; no module is known by name. */
import type { PortKinds } from '../../runtime/index.ts';
import type { LinkedPorts } from './linked-ports.ts';
import { rawIpKind } from './raw-ip-kind.ts';

/** @param linked follows the ports that are on interfaces */
export function portKinds(linked: LinkedPorts): PortKinds {
  return { 'raw-ip': rawIpKind(linked) };
}
