/** `hitless/runtime`: the live-upgrade runtime, for any Node program. */
export { Ask, type AskOptions } from './ask.ts';
export type { BundleSource, MadeBundle } from './bundle-source.ts';
export type { CheckMember, CheckReport } from './check.ts';
export type { CheckpointView } from './checkpoint.ts';
export { CODES, type Code, HitlessError, reasonOf } from './errors.ts';
export { FAULT_HOOKS, FAULT_KINDS, type Fault, type FaultHook, type FaultKind, FaultPlan } from './faults.ts';
export * from './inspection.ts';
export type { EndedTables, Manifest, StateHandler, StateManifest, TableManifest } from './manifest.ts';
export { API } from './manifest.ts';
export type { Entry, Expiry, Message, Packet, SendResult } from './message.ts';
export {
  type Context,
  type HandlerResult,
  type Handlers,
  type LogLevel,
  Module,
  type Protocol,
  type Slice,
  type StartReason,
  type Steps,
} from './module.ts';
export type { Change } from './plan.ts';
export type { Port, PortProvider, PortResult } from './port.ts';
export type { ProbationOptions } from './probation.ts';
export type {
  MemberReport,
  Outcome,
  Phases,
  ProbationReport,
  StepLine,
  TransactionReport,
  Vote,
} from './report.ts';
export type { Patience } from './retry.ts';
export { Runtime, type RuntimeOptions } from './runtime.ts';
export { Table, type TableKey } from './table.ts';
export type { Origin, ProbationView, RunOptions } from './upgrader.ts';
export {
  type PreparedSet,
  type VersionEntry,
  VersionSet,
  type VersionSetOptions,
  type Versions,
} from './version-set.ts';
export { BundleWatch, type WatchOptions, watchBundles } from './watch.ts';
