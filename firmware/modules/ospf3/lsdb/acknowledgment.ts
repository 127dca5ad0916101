/** Acknowledgments that we send (RFC 2328 13.5). Timer `acknowledge`, by interface. */
import type { Context } from 'hitless/runtime';
import type { Interface, State } from '../state.ts';

/** Expiry of the timer `acknowledge`; also where the interface goes down. */
export function sendDelayed(_state: State, _iface: Interface, _ctx: Context): void {}
