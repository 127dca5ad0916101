/** The list of all that an installation put on a system, so that its removal takes away this and nothing else. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FirmwareError } from '../errors.ts';
import { MANIFEST, PROGRAM } from './places.ts';

export interface Manifest {
  format: 1;
  /** Of hitless. */
  version: string;
  /** Node's full path. */
  node: string;
  /** Whether the account was made for the service. */
  account: boolean;
  /** State directories that configurations named outside of the service's own. */
  states?: string[];
  /** Files outside of the program's folder, with the SHA-256 of what was written. */
  files: Record<string, string>;
}

/** The manifest of the installation; undefined when nothing is installed. @throws FirmwareError `INSTALL_TAKEN` */
export function readManifest(folder = PROGRAM): Manifest | undefined {
  if (!existsSync(folder)) return undefined;
  try {
    const manifest = JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8'));
    if (manifest.format === 1) return manifest;
  } catch {
    // Said below.
  }
  throw new FirmwareError(
    'INSTALL_TAKEN',
    `${folder} is there, but ${MANIFEST} in it does not tell what was installed: move the folder away`,
  );
}

/** Whether a file is still as it was installed. */
export function isOurs(path: string, manifest: Manifest | undefined): boolean {
  const written = manifest?.files[path];
  return written !== undefined && existsSync(path) && sha256(readFileSync(path, 'utf8')) === written;
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
