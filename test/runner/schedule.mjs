/**
 * Which test file runs next. Quick files come first, those with namespaces and peers after them. An emulated board keeps
 * a processor busy and waits for nothing, while most other files wait: one board after the other runs beside them, and
 * two at once when nothing else is left. A file that needs the machine to itself comes when all others have ended.
 */

/** Folders whose tests use namespaces, sockets and peers. */
const NAMESPACE_FOLDERS = ['test/drivers/', 'test/lab/', 'test/ospf/', 'test/router/', 'test/vrrp/'];

/** Boards that run at once when nothing else is left. */
const BOARDS = 2;

export class Schedule {
  /** @type {string[]} */
  #ordinary;
  /** @type {string[]} */
  #boards;
  /** @type {string[]} */
  #alone;
  #jobs;
  /** @type {Set<string>} */
  #running = new Set();

  /**
   * @param {readonly string[]} files  in the order in which they should begin
   * @param {number} jobs  how many may run at once
   */
  constructor(files, jobs) {
    const ordinary = files.filter((file) => !needsAll(file) && !bootsBoard(file));
    const inNamespaces = (file) => NAMESPACE_FOLDERS.some((folder) => file.startsWith(folder));
    this.#ordinary = [
      ...ordinary.filter((file) => !inNamespaces(file)),
      ...ordinary.filter((file) => inNamespaces(file)),
    ];
    this.#boards = files.filter(bootsBoard);
    this.#alone = files.filter(needsAll);
    this.#jobs = jobs;
  }

  /** A file that may begin now. @returns {string | undefined} */
  next() {
    const file = this.#choose();
    if (file !== undefined) this.#running.add(file);
    return file;
  }

  /** @param {string} file */
  ended(file) {
    this.#running.delete(file);
  }

  #choose() {
    if (this.#running.size >= this.#jobs) return undefined;
    const left = this.#ordinary.length > 0;
    const boards = [...this.#running].filter(bootsBoard).length;
    // Where one runs at a time, whoever waits sees the quick ones first.
    const may = left ? (this.#jobs > 1 ? 1 : 0) : BOARDS;
    if (this.#boards.length > 0 && boards < may) return this.#boards.shift();
    if (left) return this.#ordinary.shift();
    return this.#running.size === 0 ? this.#alone.shift() : undefined;
  }
}

function needsAll(file) {
  return file.includes('.alone.');
}

/** @param {string} file */
export function bootsBoard(file) {
  return file.includes('.boot.');
}
