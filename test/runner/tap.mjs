/**
 * tap, loaded as CommonJS: its 200 modules then do not go through the thread of the module hooks one by one, which
 * takes as long as all else that a short test does.
 */
import { createRequire } from 'node:module';

export const { t } = createRequire(import.meta.url)('tap');
export default t;
