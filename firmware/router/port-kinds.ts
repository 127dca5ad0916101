/** The kinds of ports that a manifest may declare. A new kind is a driver and a line here; no module is known by name. */
import type { PortKinds } from '../../runtime/index.ts';
import type { KernelPorts } from './kernel-kind.ts';
import type { LinkedPorts } from './linked-ports.ts';
import { rawIpKind } from './raw-ip-kind.ts';
import { rawIp6Kind } from './raw-ip6-kind.ts';

/**
 * @param linked follows the ports that are on interfaces
 * @param kernel keeps the ports on the kernel's tables until their work is done
 */
export function portKinds(linked: LinkedPorts, kernel: KernelPorts): PortKinds {
  return { 'raw-ip': rawIpKind(linked), 'raw-ip6': rawIp6Kind(linked), kernel: kernel.kind };
}
