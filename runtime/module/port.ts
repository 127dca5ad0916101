/**
 * A port joins a module to the outside: a raw socket, a serial line, anything that hands over data and takes
 * data. The proxy owns the port, not the module, so a swap never closes it (design rule 2). The runtime does
 * not look into what passes.
 */
export interface Port<In = unknown, Out = unknown> {
  /** Starts delivery. Called once, when the port is attached. */
  open(receive: (datum: In) => void): void;
  /**
   * Takes other settings while it is open, as its kind understands them. It may throw, and is as it was then. A port
   * without it is made anew when a module changes its settings.
   */
  change?(settings: unknown): void;
  /** Hands one datum to the driver. Never throws: `down` when it cannot be sent now, `full` when the driver is behind. */
  send(datum: Out): PortResult;
  /** Ends delivery, and gives back what the port holds. */
  close(): void;
  /** Why the last `send` did not return `sent`, in words: the kernel's own where it has some. Empty when unknown. */
  readonly failure?: string;
  /** The driver's own counters, by name: shown to people. */
  readonly counters?: Readonly<Record<string, number>>;
}

/** A port as a manifest of api 2 declares it: its kind, and plain data which the host's `PortKind` understands. */
export interface PortDeclaration {
  /** The name of its kind, such as `raw-ip`. */
  readonly kind: string;
  readonly [data: string]: unknown;
}

/** A port that a module has said it uses. */
export interface PortRequest {
  /** Name of the module. */
  readonly module: string;
  /** The port's name in the manifest. */
  readonly port: string;
  /** Its key, such as the name of an interface. */
  readonly key: string;
  /** As the manifest declares it. */
  readonly declaration: PortDeclaration;
  /** Said by the module besides; undefined when it said nothing. */
  readonly settings: unknown;
}

/** One kind of port, as the host knows it. Its methods are the host's own code, which no guard bounds. */
export interface PortKind {
  /**
   * Returns a sentence what is wrong with a declaration, or with the settings besides; undefined when nothing is. It opens
   * nothing, for it is asked in a `check`, too.
   */
  check?(declaration: PortDeclaration, settings: unknown): string | undefined;
  /**
   * Throws where no such port could be opened on this machine, such as for want of a permission. The version is refused then,
   * before anything is disabled. It leaves nothing open, and is not asked in a `check`.
   */
  probe?(declaration: PortDeclaration): void;
  /** Makes a port, which the runtime opens. It may throw. */
  make(request: PortRequest): Port;
}

/** The kinds of ports that a host knows, by name. */
export type PortKinds = Readonly<Record<string, PortKind>>;

/**
 * The ports of a module by key: asked when a version whose manifest only names the port (api 1) comes into service. With its
 * declaration a port stays open when a version takes over that declares the same (api 2), and back.
 * @param config the configuration by which the version runs; it may only be read
 */
export type PortProvider = (
  module: string,
  port: string,
  config: unknown,
) => Iterable<readonly [key: string, port: Port, declaration?: PortDeclaration]>;

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
  /** Its kind, where it has one. */
  kind?: string;
  /** Said by the module besides its declaration. */
  settings?: unknown;
  /** Why it is not open, or has not the settings that it was given; absent when all is well. */
  trouble?: string;
  /** Present while the last datum was not sent. */
  failure?: PortFailure;
  /** Why a datum was not sent last, however long ago; absent when all were. */
  lastFailure?: string;
  /** The driver's own counters. */
  counters?: Readonly<Record<string, number>>;
}
