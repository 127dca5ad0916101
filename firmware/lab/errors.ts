/** Every error of the lab: a stable code, and a message that says what is wrong, where, and what to do. */
export const LAB_CODES = {
  LAB_OPTIONS: 'the lab was asked for something that it cannot do',
  LAB_NAMESPACES: 'this host does not let the lab have namespaces of its own',
  LAB_NETWORK: "the lab's network could not be built",
  LAB_CONSOLE_IN_USE: 'another router answers on the console socket',
  LAB_MONITOR: 'a monitor could not watch',
  LAB_PEER: 'a peer did not start',
  LAB_ROUTER: 'the router could not be started',
} as const;

export type LabCode = keyof typeof LAB_CODES;

export class LabError extends Error {
  readonly code: LabCode;

  constructor(code: LabCode, message: string) {
    super(message);
    this.name = 'LabError';
    this.code = code;
  }
}
