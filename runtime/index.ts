/** `hitless/runtime`: the live-upgrade runtime, for any Node program. */
export { Ask, type AskOptions } from './ask.ts';
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
export type { Port, PortResult } from './port.ts';
export type { MemberReport, Outcome, Phases, StepLine, TransactionReport, Vote } from './report.ts';
export { Runtime, type RuntimeOptions } from './runtime.ts';
export { Table, type TableKey } from './table.ts';
export type { Change, Origin } from './upgrader.ts';
