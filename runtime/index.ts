/** `hitless/runtime`: the live-upgrade runtime, for any Node program. */

export { CODES, type Code, HitlessError, reasonOf } from './errors.ts';
export * from './inspection.ts';
export type { Entry, Expiry, Message, Packet, SendResult } from './message.ts';
export { Ask, type AskOptions } from './module/ask.ts';
export {
  type DefinedModule,
  type DefinedThis,
  type Definition,
  defineModule,
  type MessageType,
  message,
  request,
} from './module/define.ts';
export type {
  EndedTables,
  Manifest,
  ManifestHead,
  StateHandler,
  StateManifest,
  TableManifest,
} from './module/manifest.ts';
export { API } from './module/manifest.ts';
export type { BrokenRelation, JsonSchema, ManifestConfig } from './module/manifest-config.ts';
export type {
  ManifestView,
  ModuleViews,
  ViewArgument,
  ViewColumn,
} from './module/manifest-views.ts';
export {
  type Context,
  type ContextOf,
  Module,
  type StartReason,
  type StopReason,
  type TypedContext,
} from './module/module.ts';
export type {
  Port,
  PortDeclaration,
  PortFailure,
  PortKind,
  PortKinds,
  PortProvider,
  PortRequest,
  PortResult,
  PortView,
} from './module/port.ts';
export type {
  AnswerOf,
  BodyOf,
  ByVersion,
  HandlerResult,
  Handlers,
  ManifestInputs,
  ManifestOutputs,
  ManifestPorts,
  Protocol,
  Request,
  Slice,
  Steps,
  Talking,
} from './module/protocol.ts';
export { Runtime } from './runtime.ts';
export type { RuntimeOptions } from './runtime-options.ts';
export type { PublishOptions } from './services/events.ts';
export { Log } from './services/log.ts';
export type { Rows } from './services/rows.ts';
export type { CheckpointView } from './state/checkpoint.ts';
export { Table, type TableKey } from './state/table.ts';
export { AbortedError } from './upgrade/aborted.ts';
export type { Change, NamedChange } from './upgrade/change.ts';
export type { CheckMember, CheckReport } from './upgrade/check.ts';
export type {
  AddOptions,
  ForceOptions,
  RollbackOptions,
  RunOptions,
  UpgradeOptions,
} from './upgrade/command.ts';
export {
  FAULT_HOOKS,
  FAULT_KINDS,
  type Fault,
  type FaultHook,
  type FaultKind,
  FaultPlan,
} from './upgrade/faults.ts';
export type { ProbationOptions, ProbationView } from './upgrade/probation.ts';
export type {
  MemberReport,
  Origin,
  Outcome,
  Phases,
  ProbationReport,
  StepLine,
  TransactionReport,
  Vote,
} from './upgrade/report.ts';
export type { RetryOptions } from './upgrade/retry.ts';
export {
  type PreparedSet,
  type VersionEntry,
  VersionSet,
  type VersionSetOptions,
  type Versions,
} from './upgrade/version-set.ts';
export type { ModuleClass, ModuleSource, ModuleVersion } from './versions/bundle.ts';
export type { BundleSource, MadeBundle } from './versions/bundle-source.ts';
export type { Section } from './versions/section.ts';
export { BundleWatch, type WatchOptions, watchBundles } from './versions/watch.ts';
