/**
 * Node loads the code of this comparison at its first call. A guard that cuts there leaves Node with a half of it, and every
 * later call in the process throws. So it is called once before anything is guarded.
 */
import { isDeepStrictEqual } from 'node:util';

isDeepStrictEqual(0, 0);

export { isDeepStrictEqual };
