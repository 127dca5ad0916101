/** The program's own version. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectDirectory } from './project.ts';

/** As package.json, which is installed beside the program, says it. */
export function programVersion(): string {
  try {
    return JSON.parse(readFileSync(join(projectDirectory(), 'package.json'), 'utf8')).version;
  } catch {
    return 'of an unknown version'; // a copy of the program file alone
  }
}
