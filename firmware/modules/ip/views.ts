/** IP's views for people: which requests they are, and what answers them. */
import type { Context, ManifestView } from 'hitless/runtime';
import type { Rows } from '../rows.ts';
import type { State } from './state.ts';
import { advertisingRows, advertisingViews } from './views/advertising.ts';
import { filterViews, prefixListRows, routeMapRows } from './views/filters.ts';
import { interfaceRows, interfaceViews, neighborRows } from './views/interface.ts';
import type { NotShown } from './views/query.ts';
import { nextHopRows, ribRows, ribViews } from './views/rib.ts';
import { routeRows, routeSummary, routeViews } from './views/routes.ts';

export const views = {
  ...routeViews,
  ...ribViews,
  ...interfaceViews,
  ...advertisingViews,
  ...filterViews,
} satisfies Record<string, ManifestView>;

type Family = '' | '6';
export type ViewRequest =
  | 'showNextHops'
  | 'showAdvertising6'
  | 'showPrefixLists'
  | 'showRouteMaps'
  | `show${'Routes' | 'RouteSummary' | 'Rib' | 'Interfaces' | 'Neighbors'}${Family}`;

/** Returns rows that are made while they are walked: a handler is not held up by their number. */
export const ANSWERS: Readonly<
  Record<ViewRequest, (state: State, body: Typed, ctx: Context) => Rows | NotShown>
> = {
  showRoutes: (state, body, ctx) => routeRows(state, 4, body, ctx.now()),
  showRoutes6: (state, body, ctx) => routeRows(state, 6, body, ctx.now()),
  showRouteSummary: (state, body) => routeSummary(state, 4, body),
  showRouteSummary6: (state, body) => routeSummary(state, 6, body),
  showRib: (state, body, ctx) => ribRows(state, 4, body, ctx.now()),
  showRib6: (state, body, ctx) => ribRows(state, 6, body, ctx.now()),
  showNextHops: (state, _body, ctx) => nextHopRows(state, ctx.now()),
  showInterfaces: (state, body, ctx) => interfaceRows(state, 4, body, ctx.now()),
  showInterfaces6: (state, body, ctx) => interfaceRows(state, 6, body, ctx.now()),
  showNeighbors: (state, body) => neighborRows(state, 4, body),
  showNeighbors6: (state, body) => neighborRows(state, 6, body),
  showAdvertising6: (state, body, ctx) => advertisingRows(state, body, ctx),
  showPrefixLists: (state, body) => prefixListRows(state, body),
  showRouteMaps: (state, body) => routeMapRows(state, body),
};

/** The words that were typed behind those of a view, by name. */
export type Typed = Readonly<Record<string, string>> | undefined;
