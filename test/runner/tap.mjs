/** tap, as test files import it. Where it cannot be kept as one file, or what is kept is damaged, it is loaded as it is. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { loadWhole } from './whole-tap.mjs';

function load() {
  try {
    return loadWhole(fileURLToPath(new URL('../../.tap/loaded', import.meta.url)));
  } catch {
    return createRequire(import.meta.url)('tap');
  }
}

export const { t } = load();
export default t;
