/** Packets that adjacencies are made of, when their header was accepted: what they set off (RFC 2328 10.5 to 10.7). */
import type { Context } from 'hitless/runtime';
import { toAddress } from '../../address.ts';
import type { OspfAgenda } from '../agenda.ts';
import { NONE } from '../constants.ts';
import { type Drop, dropText } from '../drop.ts';
import type { Description } from '../packet/description.ts';
import type { Header } from '../packet/header.ts';
import type { Hello } from '../packet/hello.ts';
import type { LsaRequest } from '../packet/request.ts';
import { isAtLeast, isOwnAddress, isRestarting, isTalking, neighborOf } from '../selectors.ts';
import type { Id, Interface, Neighbor, State } from '../state.ts';
import { refuseDescription } from './exchange.ts';
import { differenceOf } from './hello.ts';
import { resumeRole } from './interface.ts';
import { hinder, neighborAt, noteElection } from './neighbor.ts';
import { answerRequest } from './request.ts';

/** A Hello, in the order of 10.5. Returns why it is dropped, if it is: nothing of it counts then, and the neighbour is as silent as before. */
export function receiveHello(
  state: State,
  iface: Interface,
  from: Id,
  { routerId }: Pick<Header, 'routerId'>,
  hello: Hello,
  agenda: OspfAgenda,
  ctx: Context,
): Drop | undefined {
  if (!isTalking(state, iface)) return { error: 'destination' };
  const differs = differenceOf(state, iface, hello);
  if (differs !== undefined) {
    const known = neighborOf(iface, from, routerId);
    if (known !== undefined) hinder(known, dropText(differs));
    return differs;
  }
  const ours = state.routerId;
  if (routerId === ours || routerId === NONE) {
    // Two of our interfaces on one network hear each other.
    if (isOwnAddress(state, from)) return { error: 'own' };
    return { error: 'routerId', theirs: toAddress(routerId), ours: toAddress(ours) };
  }
  const listsUs = hello.neighbors.includes(ours);
  const neighbor = neighborAt(state, iface, { address: from, routerId, listsUs }, agenda, ctx);
  if (neighbor === undefined) return { error: 'tooManyNeighbors' };
  agenda.neighbor(iface, neighbor, 'HelloReceived');
  agenda.neighbor(iface, neighbor, listsUs ? '2-WayReceived' : '1-WayReceived');
  noteElection(iface, neighbor, hello, listsUs, agenda);
  if (listsUs && isRestarting(state)) resumeRole(iface, hello, agenda);
  // 9.5.1: one that may not be elected answers each Hello of one that may.
  if (iface.type === 'non-broadcast' && hello.priority > 0 && needsAnswer(state, iface))
    agenda.answer(iface, neighbor);
  return undefined;
}

function needsAnswer({ config }: State, { key }: Interface): boolean {
  return config.interfaces[key]?.priority === 0;
}

/** A Database Description (10.6): in Init it says that the neighbour has heard us. */
export function receiveDescription(
  state: State,
  iface: Interface,
  neighbor: Neighbor,
  description: Description,
  agenda: OspfAgenda,
): Drop | undefined {
  const drop = refuseDescription(state, iface, description);
  if (drop !== undefined) {
    hinder(neighbor, dropText(drop));
    return drop;
  }
  if (neighbor.state === 'Init') agenda.neighbor(iface, neighbor, '2-WayReceived');
  else if (!isAtLeast(neighbor, 'ExStart')) return { error: 'noAdjacency', theirs: neighbor.state };
  agenda.description(iface, neighbor, description);
  return undefined;
}

/** A Link State Request (10.7). */
export function receiveRequest(
  state: State,
  iface: Interface,
  neighbor: Neighbor,
  requests: readonly LsaRequest[],
  agenda: OspfAgenda,
  ctx: Context,
): Drop | undefined {
  if (!isAtLeast(neighbor, 'Exchange')) return { error: 'noAdjacency', theirs: neighbor.state };
  answerRequest(state, iface, neighbor, requests, agenda, ctx);
  return undefined;
}
