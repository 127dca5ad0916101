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
}

/** The ports of a module by key: asked when a version that declares the port comes into service. */
export type PortProvider = (module: string, port: string) => Iterable<readonly [key: string, port: Port]>;

/** What became of a datum: `full` when the driver is behind, `down` when it cannot be sent now. */
export type PortResult = 'sent' | 'full' | 'down';
