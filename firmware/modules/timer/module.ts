/**
 * TIMER: the router's pulse. It publishes the event `broadcast`, on which IP, OSPF and VRRP act (paper, Figure 9).
 *
 * module.ts        the manifest, and the one timer, `tick`
 * state.ts         the period and the number of the next tick
 * ../broadcast.ts  what the event says
 *
 * The timer is armed anew when a tick is handled, so every period is longer by the time until then: ticks drift.
 */
import { type Handlers, type Manifest, Module, type StartReason } from 'hitless/runtime';
import type { Broadcast } from '../broadcast.ts';
import { initialState, type State } from './state.ts';

export type TimerProtocol = {
  timers: { tick: undefined };
};

export const manifest = {
  api: 1,
  name: 'TIMER',
  version: '1.0.0',
  description: 'publishes the broadcast event that drives the other modules',
  accepts: {},
  subscribes: {},
  publishes: { broadcast: 1 },
  timers: ['tick'],
  ports: [],
  state: { version: 1 },
} satisfies Manifest<State, TimerProtocol>;

export default class Timer extends Module<State> implements Handlers<TimerProtocol> {
  initial(config: unknown): State {
    return initialState(config);
  }

  /** Another version's timer goes on: it is armed, or its expiry waits to be handled. */
  override start(why: StartReason): void {
    if (why === 'cold') this.#arm();
  }

  onTick(): void {
    const { config, tick } = this.state;
    const body: Broadcast = { tick, period: config.period };
    this.ctx.publish('broadcast', body);
    this.state.tick = tick + 1;
    this.#arm();
  }

  /** Replaces whatever is armed, also a later version's periodic timer. */
  #arm(): void {
    this.ctx.setTimer('tick', '', this.state.config.period);
  }
}
