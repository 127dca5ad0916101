/** Every error of the installation: a stable code, and a message that says what is wrong, where, and what to do. */
export const INSTALL_CODES = {
  INSTALL_ROOT: 'only root can install a service',
  INSTALL_NO_SYSTEMD: 'systemd does not run this system',
  INSTALL_NODE: 'this Node cannot run the service',
  INSTALL_PROGRAM: 'parts of the program are missing',
  INSTALL_CONFIG: 'the configuration does not fit a service',
  INSTALL_TAKEN: 'something else is where the service would be',
  INSTALL_FAILED: 'a step failed, and what was done before was undone',
  INSTALL_NOT_INSTALLED: 'there is no installation',
  INSTALL_UNFINISHED: 'something could not be taken away',
} as const;

export type InstallCode = keyof typeof INSTALL_CODES;

export class InstallError extends Error {
  readonly code: InstallCode;

  constructor(code: InstallCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'InstallError';
    this.code = code;
  }
}
