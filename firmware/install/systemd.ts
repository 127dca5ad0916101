/** The service as systemd sees it. */
import { existsSync } from 'node:fs';
import { FirmwareError } from '../errors.ts';
import { SERVICE } from './places.ts';
import { runTool, tryTool } from './tool.ts';

/** @throws FirmwareError `INSTALL_ROOT`, `INSTALL_NO_SYSTEMD` */
export function requireSystem(
  command: string,
  // sd_booted(3)
  { user = process.getuid?.(), booted = existsSync('/run/systemd/system') } = {},
): void {
  if (user !== 0) throw new FirmwareError('INSTALL_ROOT', `only root can do this: sudo ${command}`);
  if (!booted)
    throw new FirmwareError(
      'INSTALL_NO_SYSTEMD',
      'systemd does not run this system, so there is nobody to run the service: start "hitless run --config FILE" with what does',
    );
}

export function systemctl(...args: string[]): void {
  runTool('systemctl', '--quiet', ...args);
}

export function isActive(): boolean {
  return tryTool('systemctl', 'is-active', SERVICE).output.trim() === 'active';
}

export function isEnabled(): boolean {
  return tryTool('systemctl', 'is-enabled', SERVICE).output.trim() === 'enabled';
}

/** Starts it anew and waits until it serves. @throws Error with the last lines of its log */
export function startService(): void {
  const since = `@${(Date.now() / 1000).toFixed(3)}`;
  const { status, output } = tryTool('systemctl', 'restart', SERVICE);
  if (status === 0) return;
  const log = tryTool('journalctl', '--unit', SERVICE, '--since', since, '--output', 'cat', '--lines', '12');
  throw new Error(`${output.trim()}\n${log.output.trim()}`.trim());
}

export function stopService(): void {
  tryTool('systemctl', 'stop', SERVICE);
  tryTool('systemctl', 'reset-failed', SERVICE);
}
