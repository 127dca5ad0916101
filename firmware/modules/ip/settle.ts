/** Works IP's agenda off. This file alone knows all nouns. */
import type { Context } from 'hitless/runtime';
import { settling } from '../agenda.ts';
import type { IpAgenda, Item } from './agenda.ts';
import { advertised } from './discovery/interface.ts';
import { advertise, mayKnow, withdraw, withdrawAll } from './discovery/router-advertisement.ts';
import { ceased } from './discovery/solicitation.ts';
import { tellLink, withdrawGone } from './exchange/link-told.ts';
import { prefixChanged } from './exchange/redistribution.ts';
import { trackedHopChanged, trackedPrefixChanged } from './exchange/tracking.ts';
import {
  type Ask,
  compareAll,
  compareNamed,
  linkSettingsChanged,
  settingsAnswered,
  settleDevice,
  settleLink,
} from './interfaces/settings.ts';
import { advertise6, farewell6 } from './nd/advertisement.ts';
import { advertised6, asked6, follow6, forwards6 } from './nd/advertising.ts';
import { hasRoom, sendRequest } from './request.ts';
import { tellHeldBack } from './rib/selection.ts';
import type { State } from './state.ts';
import { lingerFound, tellHeldAt, virtualLinkChanged } from './virtual/virtual-router.ts';

export const { settle, settleAtOnce } = settling<State, Item, IpAgenda>({
  settingsAnswered(state, { request, refusals, was }, agenda, ctx) {
    const about = state.settings.underWay.get(request);
    settingsAnswered(state, request, refusals, was, agenda, ctx);
    if (about !== undefined && 'device' in about) tellHeldAt(state, about.device, ctx);
    else if (about !== undefined) tellHeldAt(state, state.links.get(about.index)?.link.name ?? '', ctx);
  },
  wantedChanged: (state, { names }, agenda) => compareNamed(state, names, agenda),
  virtualChanged: (state, { names }, _agenda, ctx) => {
    for (const name of names) followLink(state, name, ctx);
  },
  listed(state, _item, agenda, ctx) {
    withdrawGone(state, ctx);
    lingerFound(state, ctx);
    compareAll(state, agenda, ctx);
  },
  linkSettings: (state, { index }, _agenda, ctx) => {
    settleLink(state, index, askerOf(state, ctx), ctx);
    const name = state.links.get(index)?.link.name ?? '';
    tellHeldAt(state, name, ctx);
    followLink(state, name, ctx);
  },
  device: (state, { name }, _agenda, ctx) => settleDevice(state, name, askerOf(state, ctx)),
  linkChanged: (state, { index, name }, agenda, ctx) => {
    tellLink(state, index, ctx);
    virtualLinkChanged(state, name, agenda, ctx);
    linkSettingsChanged(state, index, name, agenda, ctx);
    if (!state.links.has(index)) forwards6(state, index, undefined);
    followLink(state, name, ctx);
  },
  selected(state, { prefix }, _agenda, ctx) {
    prefixChanged(state, prefix, ctx);
    trackedPrefixChanged(state, prefix, ctx);
  },
  heldBack: (state, { prefix, source }, _agenda, ctx) => tellHeldBack(state, prefix, source, ctx),
  hopChanged: (state, { hop }, _agenda, ctx) => trackedHopChanged(state, hop, ctx),
  mayKnow: (_state, { iface, addresses }) => mayKnow(iface, addresses),
  withdraw: (state, { iface, all }, _agenda, ctx) =>
    all ? withdrawAll(state, iface, ctx) : withdraw(state, iface, ctx),
  advertise: (state, { iface, to, regular }, agenda, ctx) =>
    advertise(state, iface, to, regular, agenda, ctx),
  advertised: (_state, { iface }) => advertised(iface),
  advertise6: (state, { iface }, agenda, ctx) => advertise6(state, iface, agenda, ctx),
  advertised6: (state, { iface, sent }, _agenda, ctx) => advertised6(state, iface, sent, ctx),
  asked6: (state, { iface }, _agenda, ctx) => asked6(state, iface, ctx),
  farewell6: (state, { iface, offer, source }, _agenda, ctx) => farewell6(state, iface, offer, source, ctx),
  ceased: (_state, { iface }, _agenda, ctx) => ceased(iface, ctx),
});

function followLink(state: State, name: string, ctx: Context): void {
  const iface = state.interfaces.get(name);
  const farewell = iface && follow6(state, iface, ctx);
  if (farewell !== undefined) farewell6(state, iface!, farewell.offer, farewell.source, ctx);
}

/** Asks for nothing before it is known what there is. */
function askerOf(state: State, ctx: Context): Ask {
  return (changes, keys) => {
    const { listed, forgetting } = state.kernel;
    if (!listed || forgetting || !hasRoom(state, 'settings')) return undefined;
    return sendRequest(state, 'settings', keys, changes, ctx);
  };
}
