/** OSPF's views for people: their words are those of FRR, and rows are made while they are walked. */
import type { Context, ManifestView } from 'hitless/runtime';
import type { Rows } from '../rows.ts';
import type { State } from './state.ts';
import { databaseRows, databaseViews } from './views/database.ts';
import { debugRows, debugViews, type Following } from './views/debug.ts';
import { dropRows, dropViews } from './views/drops.ts';
import { generalRows, generalViews } from './views/general.ts';
import { interfaceRows, interfaceViews } from './views/interface.ts';
import { neighborRows, neighborViews } from './views/neighbor.ts';
import { borderRows, routeRows, routeViews, treeRows } from './views/route.ts';
import type { NotShown, Typed } from './views/typed.ts';

/** Those with more words go first: the others take any word behind theirs. */
export const views = {
  ...routeViews,
  ...databaseViews,
  ...interfaceViews,
  ...neighborViews,
  ...dropViews,
  ...generalViews,
  ...debugViews,
} satisfies Record<string, ManifestView>;

export type ViewRequest =
  | 'neighbors'
  | 'showOspf'
  | 'showInterfaces'
  | 'showNeighbors'
  | 'showDatabase'
  | 'showRoutes'
  | 'showBorders'
  | 'showTrees'
  | 'showDrops'
  | 'debug';

export const ANSWERS: Readonly<
  Record<ViewRequest, (state: State, body: Typed, ctx: Context) => Rows | NotShown>
> = {
  // As before 3.0.0.
  neighbors: (state, _body, ctx) => neighborRows(state, undefined, ctx),
  showOspf: (state, _body, ctx) => generalRows(state, ctx),
  showInterfaces: (state, body, ctx) => interfaceRows(state, body, ctx),
  showNeighbors: (state, body, ctx) => neighborRows(state, body, ctx),
  showDatabase: (state, body, ctx) => databaseRows(state, body, ctx.now()),
  showRoutes: (state, body) => routeRows(state, body),
  showBorders: (state) => borderRows(state),
  showTrees: (state, _body, ctx) => treeRows(state, ctx.now()),
  showDrops: (state) => dropRows(state),
  debug: (state, body: Following) => debugRows(state, body),
};
