/** `hitless/testing`: a module under test, in a runtime with a clock that stands still. */

export { type DeliverOptions, type KitOptions, ModuleKit, testModule } from './kit.ts';
export type {
  Asked,
  Changed,
  Closed,
  Logged,
  Opened,
  Output,
  Published,
  Sent,
  Transmitted,
} from './output.ts';
export type { EventsOf, MessagesOf, PortsOf, StateOf, TimerView } from './typing.ts';
