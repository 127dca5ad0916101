/** RELAY 2.0.0: the same code and state as 1.0.0, so that there is a version to swap the sender for. */
import Relay, { manifest as first } from './module.ts';

export const manifest = { ...first, version: '2.0.0' };

export default class extends Relay {}
