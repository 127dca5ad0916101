/**
 * RELAY: the paper's relay numbers as a module of their own (section 5, Figures 9 to 11). The paper's IP and VRRP send OSPF a
 * consecutive number with each broadcast, so that a message that is lost or comes twice in a swap is found out; so do the
 * releases before 2.2.0. Later ones carry nothing for a demonstration: in the lab this module sends the numbers.
 *
 * module.ts  the manifest, and the numbers
 * next.ts    the same as another version, for a swap of the sender
 */
import { type Handlers, type Manifest, type Message, Module } from 'hitless/runtime';
import type { Broadcast } from '../../../modules/messages/broadcast.ts';
import type { Relay as RelayNumber } from '../../../modules/messages/relay.ts';

export interface State {
  /** The next number. */
  relay: number;
  /** Numbers that OSPF had no room for; each was sent again with the next broadcast. */
  refused: number;
}

export type RelayProtocol = {
  subscribes: { broadcast: Broadcast };
  sends: { OSPF: { relay: RelayNumber } };
};

export const manifest = {
  api: 2,
  name: 'RELAY',
  version: '1.0.0',
  description: 'sends OSPF consecutive numbers, as the paper has them: a demonstration',
  accepts: {},
  subscribes: { broadcast: [1] },
  needs: ['broadcast'],
  sends: { OSPF: { relay: 1 } },
  timers: [],
  state: { version: 1 },
} satisfies Manifest<State, RelayProtocol>;

export default class Relay extends Module<State, RelayProtocol> implements Handlers<RelayProtocol> {
  initial(): State {
    return { relay: 1, refused: 0 };
  }

  onBroadcast(_: Message<Broadcast>): void {
    const { state } = this;
    if (this.ctx.send('OSPF', 'relay', { relay: state.relay }) === 'queued') state.relay++;
    else state.refused++;
  }
}
