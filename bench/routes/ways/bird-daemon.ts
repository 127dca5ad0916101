/** BIRD beside this program, with its control socket. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { RouteDaemon } from './daemon.ts';

const execute = promisify(execFile);

export interface BirdDaemon {
  readonly daemon: RouteDaemon;
  /** Gives a command to birdc; returns what it prints. */
  birdc(...command: string[]): Promise<string>;
}

/** Starts it; waits until it answers. @param protocols behind its router id, beside `device` */
export async function startBird(directory: string, routerId: string, protocols: string): Promise<BirdDaemon> {
  const file = (name: string) => join(directory, name);
  const text = `log stderr { warning, error, fatal, bug };
router id ${routerId};
protocol device { scan time 3600; }
${protocols}`;
  writeFileSync(file('bird.conf'), text);
  const control = file('bird.ctl');
  const daemon = new RouteDaemon('BIRD', ['bird', '-f', '-c', file('bird.conf'), '-s', control]);
  const birdc = async (...command: string[]) => (await execute('birdc', ['-s', control, ...command])).stdout;
  // The socket is there before anybody listens.
  await daemon.until(async () => {
    const status = await birdc('show', 'status').catch(() => '');
    return status.includes('Daemon is up and running');
  });
  return { daemon, birdc };
}
