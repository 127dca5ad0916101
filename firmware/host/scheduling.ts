/** The router's place among the machine's processes, and the proof that code which never yields is still cut there. */
import { applyScheduling } from '../../drivers/scheduling.ts';
import { Guard } from '../../runtime/services/guard.ts';
import type { OwnConfig } from '../config/own.ts';
import { FirmwareError } from '../errors.ts';

/**
 * Before anything is opened, so that what is refused here leaves nothing behind.
 * @throws DriverError `SCHEDULING_…`, FirmwareError `REALTIME_UNBOUNDED` (as rejections)
 */
export async function scheduleRouter({ cpus, realtime }: OwnConfig['router']): Promise<void> {
  await applyScheduling({ cpus, realtime });
  if (realtime === undefined || new Guard().prove()) return;
  // Several CPUs may be as one: isolated ones (isolcpus=), between which the kernel moves nobody, or busy ones.
  throw new FirmwareError(
    'REALTIME_UNBOUNDED',
    'router.realtime: with this priority a loop that never yields was not cut in time here, so no transaction could keep a deadline: other real-time programs may have all the other CPUs, or router.cpus names isolated ones; name others, or leave router.realtime out',
  );
}
