/**
 * A port joins a module to the outside: a raw socket, a serial line, anything that hands over data and takes
 * data. The proxy owns the port, not the module, so a swap never closes it (design rule 2). The runtime does
 * not look into what passes.
 */
export interface Port<In = unknown, Out = unknown> {
  /** Starts delivery. Called once, when the port is attached. */
  open(receive: (datum: In) => void): void;
  /** Hands one datum to the driver. Never throws: `down` when it cannot be sent now, `full` when the driver is behind. */
  send(datum: Out): PortResult;
  /** Ends delivery, and gives back what the port holds. */
  close(): void;
  /** Why the last `send` did not return `sent`, in words: the kernel's own where it has some. Empty when unknown. */
  readonly failure?: string;
  /** The driver's own counters, by name: shown to people. */
  readonly counters?: Readonly<Record<string, number>>;
}

/** The ports of a module by key: asked when a version that declares the port comes into service. */
export type PortProvider = (module: string, port: string) => Iterable<readonly [key: string, port: Port]>;

/** The fate of a datum: `full` when the driver is behind, `down` when it cannot be sent now. */
export type PortResult = 'sent' | 'full' | 'down';

/** A port whose last datum was not sent. */
export interface PortFailure {
  /** Why, in the driver's words; what the port returned when it has none. */
  reason: string;
  /** Data in a row, up to the last one, that were not sent. */
  inARow: number;
}

/** A port, as a console's table shows it. Counts are since the port was attached. */
export interface PortView {
  /** Its name in the manifest. */
  port: string;
  /** Its key, such as the name of an interface. */
  key: string;
  /** Data that the driver took. */
  sent: number;
  /** Data that it did not take because it was behind. */
  full: number;
  /** Data that could not be sent. */
  down: number;
  /** Present while the last datum was not sent. */
  failure?: PortFailure;
  /** Why a datum was not sent last, however long ago; absent when all were. */
  lastFailure?: string;
  /** The driver's own counters. */
  counters?: Readonly<Record<string, number>>;
}
