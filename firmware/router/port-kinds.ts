/** The kinds of ports that a manifest may declare. A new kind is a driver and a line here; no module is known by name. */
import type { PortKinds } from '../../runtime/index.ts';
import type { KernelPorts } from './kernel-kind.ts';
import type { LinkedPorts } from './linked-ports.ts';
import type { ProgramPorts } from './program-kind.ts';
import { rawIpKind } from './raw-ip-kind.ts';
import { rawIp6Kind } from './raw-ip6-kind.ts';

/**
 * @param linked follows the ports that are on interfaces
 * @param kernel keeps the ports on the kernel's tables until their work is done
 * @param programs has the programs that ports run
 */
export function portKinds(linked: LinkedPorts, kernel: KernelPorts, programs: ProgramPorts): PortKinds {
  return {
    'raw-ip': rawIpKind(linked),
    'raw-ip6': rawIp6Kind(linked),
    kernel: kernel.kind,
    program: programs.kind,
  };
}
