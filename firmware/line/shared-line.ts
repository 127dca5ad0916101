/**
 * A serial line that a person types on, or a program speaks frames on: one at a time, as the line has one other end.
 * A program takes the line with a `hello` and gives it back with a `bye`, or by silence. As long as it has the line,
 * what is no frame is never a command: it is what damage left of a frame.
 */
import { Duplex } from 'node:stream';
import { encodeFrame, type Frame, FrameReader } from './frame.ts';
import { Link } from './link.ts';

/** Bytes that a person may be ahead of the commands that run: a paste is not held up, as nobody would hold it back. */
const MOST_AHEAD = 256 * 1024;
/** How long the rest of a frame may take outside of a conversation, in ms: what began it was noise then. */
const FRAME_MS = 2000;
/** After a program's last frame, before a person who types is told why nothing happens, in ms. */
const TELL_AFTER = 4000;
/** No text contains this byte: a line of the console with it in is refused. */
const NOISE = Uint8Array.of(0xff);
const NOISE_LINE = Uint8Array.of(0xff, 0x0d);
const ENTER = [0x0d, 0x0a];

export interface SharedLineOptions {
  /** Serves a program; the link is destroyed when it is over. */
  serve(link: Duplex): void;
  /** The line is the person's again. */
  returned(): void;
  /** Silence after which a program is gone, in ms. */
  patience?: number;
}

export class SharedLine {
  /** The person's end: what is typed, and what is shown. */
  readonly person: Duplex;
  readonly #line: Duplex;
  readonly #options: SharedLineOptions;
  readonly #reader = new FrameReader();
  #link: Link | undefined;
  #lastFrame = 0;
  #timer: NodeJS.Timeout | undefined;
  /** The typed text did not fit; the rest of a line follows. */
  #lost = false;

  constructor(line: Duplex, options: SharedLineOptions) {
    this.#line = line;
    this.#options = options;
    this.person = new Person((bytes, done) => {
      // A program does not read it, and a person who comes back would have to wait for old news.
      if (this.#link === undefined) line.write(bytes, () => done());
      else done();
    });
    line.on('data', this.#onData);
    line.on('end', this.#onEnd);
    line.on('close', this.#onClose);
  }

  /** Lets go of the line, which stays the caller's to close. */
  close(): void {
    this.#line.off('data', this.#onData);
    this.#line.off('end', this.#onEnd);
    this.#line.off('close', this.#onClose);
    clearTimeout(this.#timer);
    if (this.#link !== undefined) this.#reply('bye', this.#link.session);
    this.#release();
    this.person.destroy();
  }

  readonly #onData = (chunk: Uint8Array): void => {
    clearTimeout(this.#timer);
    for (const piece of this.#reader.push(chunk)) {
      if ('text' in piece) this.#typed(piece.text);
      else if ('frame' in piece) this.#take(piece.frame);
      else if (this.#link !== undefined) this.#link.damaged();
      // Noise in the middle of what somebody typed: the two halves are no command.
      else this.#hand(NOISE_LINE);
    }
    if (this.#reader.inside && this.#link === undefined) {
      this.#timer = setTimeout(() => {
        this.#reader.giveUp();
        this.#hand(NOISE);
      }, FRAME_MS);
    }
  };

  readonly #onEnd = (): void => {
    this.#release();
    this.person.push(null);
  };

  readonly #onClose = (): void => {
    clearTimeout(this.#timer);
    this.#release();
    this.person.destroy();
  };

  #typed(bytes: Uint8Array): void {
    if (this.#link === undefined) this.#hand(bytes);
    else if (ENTER.some((key) => bytes.includes(key)) && performance.now() - this.#lastFrame > TELL_AFTER) {
      this.#line.write('\r\na program has this line, and is silent; what you typed was not carried out, ');
      this.#line.write('the prompt comes back in some seconds\r\n');
    }
  }

  #hand(bytes: Uint8Array): void {
    if (this.person.readableLength + bytes.length <= MOST_AHEAD) {
      // The next bytes may be the rest of a line whose beginning was dropped.
      if (this.#lost) this.person.push(NOISE);
      this.#lost = false;
      this.person.push(Uint8Array.from(bytes));
    } else if (!this.#lost) {
      this.#lost = true;
      this.person.push(NOISE_LINE);
    }
  }

  #take(frame: Frame): void {
    if (frame.from !== 'host') return;
    this.#lastFrame = performance.now();
    const link = this.#link;
    if (frame.kind === 'hello') {
      if (link?.session !== frame.session) this.#begin(frame.session);
      this.#reply('hello', frame.session);
    } else if (frame.kind === 'bye') {
      this.#reply('bye', frame.session);
      if (link?.session === frame.session) this.#over(link);
    } else if (link?.session === frame.session) {
      link.receive(frame);
    } else if (frame.kind !== 'reset') {
      this.#reply('reset', frame.session);
    }
  }

  #begin(session: string): void {
    // Not `#release`: the line goes from one program to the next.
    const before = this.#link;
    const { patience } = this.#options;
    const link = new Link({
      side: 'router',
      session,
      send: (frame) => this.#send(frame),
      ...(patience !== undefined && { patience }),
    });
    this.#link = link;
    before?.destroy();
    link.on('error', () => {}); // the program is gone; `close` follows
    link.on('close', () => {
      if (this.#link !== link) return;
      // It fell silent, perhaps in the middle of a frame.
      this.#reader.giveUp();
      this.#over(link);
    });
    this.#options.serve(link);
  }

  /** The line is the person's from the next byte on. */
  #over(link: Link): void {
    this.#link = undefined;
    link.destroy();
    this.#options.returned();
  }

  #release(): void {
    const link = this.#link;
    this.#link = undefined;
    link?.destroy();
  }

  #reply(kind: 'hello' | 'bye' | 'reset', session: string): void {
    this.#send({ from: 'router', kind, session, offset: 0, expected: 0, data: new Uint8Array(0) });
  }

  #send(frame: Frame): void {
    if (!this.#line.destroyed && !this.#line.writableEnded) this.#line.write(encodeFrame(frame));
  }
}

/** A stream whose readable half is filled, and whose writable half is emptied, by the line. */
class Person extends Duplex {
  readonly #show: (bytes: Uint8Array, done: () => void) => void;

  constructor(show: (bytes: Uint8Array, done: () => void) => void) {
    super();
    this.#show = show;
  }

  override _read(): void {}

  override _write(bytes: Uint8Array, _encoding: BufferEncoding, done: () => void): void {
    this.#show(bytes, done);
  }
}
