/** The released bundles that come with the program. */
import { join } from 'node:path';
import { ROOT } from '../host/project.ts';

export const RELEASES = join(ROOT, 'firmware/releases');
