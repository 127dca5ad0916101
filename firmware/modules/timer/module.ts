/**
 * TIMER: the router's pulse. It publishes the event `broadcast`, on which IP, OSPF and VRRP act (paper, Figure 9).
 *
 * module.ts                 the manifest, and the one timer, `tick`
 * state.ts                  the period, ticks published and missed, how late they were; state handlers from and to version 1
 * ../messages/broadcast.ts  what the event says
 *
 * The timer is periodic and counts from when it was due, not from when it was handled, so ticks do not drift.
 * A period that passes before the last tick was handled has no tick of its own: it is counted, and told with the next.
 */
import { type Expiry, type Handlers, type Manifest, Module, type StartReason } from 'hitless/runtime';
import type { Broadcast } from '../messages/broadcast.ts';
import { down, initialState, measure, type State, up } from './state.ts';

/** Body of the periodic timer's expiries; version 1.0.0's timer runs once and has none. */
const PERIODIC = 'periodic';

export type TimerProtocol = {
  timers: { tick: typeof PERIODIC | undefined };
};

export const manifest = {
  api: 1,
  name: 'TIMER',
  version: '2.0.0',
  description: 'publishes the broadcast event that drives the other modules',
  accepts: {},
  subscribes: {},
  publishes: { broadcast: 1 },
  timers: ['tick'],
  ports: [],
  state: { version: 2, up: { 1: up }, down: { 1: down } },
} satisfies Manifest<State, TimerProtocol>;

export default class Timer extends Module<State> implements Handlers<TimerProtocol> {
  initial(config: unknown): State {
    return initialState(config);
  }

  /** Another version's timer goes on: it is armed, or its expiry waits to be handled. */
  override start(why: StartReason): void {
    if (why === 'cold') this.#arm(this.state.config.period);
  }

  onTick({ due, overruns, body: kind }: Expiry<typeof PERIODIC | undefined>): void {
    const { config, ticks, lateness } = this.state;
    measure(lateness, this.ctx.now() - due);
    const body: Broadcast = { tick: ticks, period: config.period, missed: overruns };
    this.ctx.publish('broadcast', body);
    this.state.ticks = ticks + 1;
    this.state.missed += overruns;
    // 1.0.0's timer has run out and is taken over here, not in `start`: there it may have run out already.
    if (kind !== PERIODIC) this.#arm(due + config.period - this.ctx.now());
  }

  #arm(after: number): void {
    const { period } = this.state.config;
    this.ctx.setTimer('tick', '', Math.max(0, after), { every: period, body: PERIODIC });
  }
}
