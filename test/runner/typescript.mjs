/**
 * `node --import ./test/runner/typescript.mjs FILE.ts` runs TypeScript on Node 20, which cannot do so itself.
 * It takes half the time of tap's own loader: esbuild needs a few ms where the TypeScript compiler takes 400 to load.
 */
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
