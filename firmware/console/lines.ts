/** Bytes into lines of text, where the other side decides how long they are and what is in them. */
import { FirmwareError } from '../errors.ts';

const NEWLINE = 0x0a;

/** Keeps at most one line's worth of bytes, however much arrives. A line that is refused is an error in its place. */
export class LineSplitter {
  readonly #longest: number;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  #parts: Uint8Array[] = [];
  #length = 0;

  /** @param longest bytes that a line may have */
  constructor(longest: number) {
    this.#longest = longest;
  }

  /** Splits as far as it is asked to. A chunk has to be asked for to its end before the next one is pushed. */
  *push(chunk: Uint8Array): Generator<string | FirmwareError> {
    let from = 0;
    for (let to = chunk.indexOf(NEWLINE); to >= 0; to = chunk.indexOf(NEWLINE, from)) {
      this.#add(chunk.subarray(from, to));
      yield this.#take();
      from = to + 1;
    }
    this.#add(chunk.subarray(from));
  }

  /** The rest when the input ended without a newline. */
  end(): (string | FirmwareError)[] {
    return this.#length === 0 ? [] : [this.#take()];
  }

  #add(part: Uint8Array): void {
    this.#length += part.length;
    if (this.#length > this.#longest) this.#parts = [];
    // A copy: the caller's buffer may be large, and kept alive by a small part of it.
    else if (part.length > 0) this.#parts.push(Uint8Array.from(part));
  }

  #take(): string | FirmwareError {
    const bytes = Buffer.concat(this.#parts);
    const length = this.#length;
    this.#parts = [];
    this.#length = 0;
    if (length > this.#longest) {
      return new FirmwareError(
        'LINE_TOO_LONG',
        `a line of ${length} bytes was not read; at most ${this.#longest} are taken`,
      );
    }
    try {
      const text = this.#decoder.decode(bytes);
      return text.endsWith('\r') ? text.slice(0, -1) : text;
    } catch (cause) {
      return new FirmwareError('LINE_NOT_UTF8', 'the line is not valid UTF-8; commands are UTF-8 text', {
        cause,
      });
    }
  }
}
