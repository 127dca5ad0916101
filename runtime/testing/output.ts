/** The outputs of a module as plain values: copies, in the order in which its code made them. */
import type { LogLevel } from '../inspection.ts';

/** A message to another module. */
export interface Sent {
  kind: 'sent';
  to: string;
  type: string;
  version: number;
  body: unknown;
}

/** A request to another module, which `answer` or `fail` ends. */
export interface Asked {
  kind: 'asked';
  to: string;
  type: string;
  version: number;
  body: unknown;
}

/** An event. */
export interface Published {
  kind: 'published';
  event: string;
  version: number;
  body: unknown;
  /** The key under which it is kept. */
  retain?: string;
  /** The key that is kept no longer. */
  withdraw?: string;
}

/** A datum for a port. */
export interface Transmitted {
  kind: 'transmitted';
  port: string;
  key: string;
  datum: unknown;
}

/** A port of a kind that the module has opened. */
export interface Opened {
  kind: 'opened';
  port: string;
  key: string;
  settings: unknown;
}

/** An open port that has other settings. */
export interface Changed {
  kind: 'changed';
  port: string;
  key: string;
  settings: unknown;
}

/** A port of a kind that is closed: by the module, or because its new version does not use it. */
export interface Closed {
  kind: 'closed';
  port: string;
  key: string;
}

/** A line of the log: the module's own, or what the runtime says of it, such as a handler that threw. */
export interface Logged {
  kind: 'logged';
  level: LogLevel;
  text: string;
}

export type Output = Sent | Asked | Published | Transmitted | Opened | Changed | Closed | Logged;
