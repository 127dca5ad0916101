/**
 * TIMER: the router's pulse. It publishes the event `broadcast`, on which IP, OSPF and VRRP act (paper, Figure 9).
 *
 * module.ts        the manifest, and the one timer, `tick`
 * state.ts         the period and the number of the next tick
 * ../broadcast.ts  what the event says
 *
 * The timer is periodic and counts from when it was due, not from when it was handled, so ticks do not drift.
 */
import { type Expiry, type Handlers, type Manifest, Module, type StartReason } from 'hitless/runtime';
import type { Broadcast } from '../broadcast.ts';
import { initialState, type State } from './state.ts';

/** Body of the periodic timer's expiries; version 1.0.0's timer runs once and has none. */
const PERIODIC = 'periodic';

export type TimerProtocol = {
  timers: { tick: typeof PERIODIC | undefined };
};

export const manifest = {
  api: 1,
  name: 'TIMER',
  version: '1.1.0',
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
    if (why === 'cold') this.#arm(this.state.config.period);
  }

  onTick({ due, body: kind }: Expiry<typeof PERIODIC | undefined>): void {
    const { config, tick } = this.state;
    const body: Broadcast = { tick, period: config.period };
    this.ctx.publish('broadcast', body);
    this.state.tick = tick + 1;
    // 1.0.0's timer has run out and is taken over here, not in `start`: there it may have run out already.
    if (kind !== PERIODIC) this.#arm(due + config.period - this.ctx.now());
  }

  #arm(after: number): void {
    const { period } = this.state.config;
    this.ctx.setTimer('tick', '', Math.max(0, after), { every: period, body: PERIODIC });
  }
}
