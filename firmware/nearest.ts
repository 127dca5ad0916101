/** Finds what a person probably meant: the runtime does so too, for options. */
export { didYouMean, nearest } from '../runtime/nearest.ts';
