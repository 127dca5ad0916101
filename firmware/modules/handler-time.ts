/**
 * CPU time that a handler of a protocol may take, in ms. Api 2 has 100 unless told, and a slow board may need more for the
 * first calls of a new version, before its code is compiled.
 */
export const MAX_HANDLER_MS = 500;
