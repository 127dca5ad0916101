/**
 * A line editor for a person, on the router's own terminal, a serial line, a pty, or a socket that a terminal is
 * attached to: history, completion, and log lines that are printed above the line that is being typed.
 */
import { createInterface, type Interface } from 'node:readline';
import { type Readable, Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { describeError } from '../errors.ts';
import { printable } from '../host/printable.ts';
import { type Caller, INTERRUPTED } from './answer.ts';
import { commandsOf } from './commands/all.ts';
import { complete } from './completion.ts';
import type { Editing } from './editing.ts';
import { explain } from './explain.ts';
import { NOTHING, parseLine, refused } from './grammar.ts';
import type { By, ConsoleHost } from './host.ts';
import { endsReturn, firstKey, type Key, Keyboard } from './keyboard.ts';
import { editsIn } from './next.ts';
import { Pager } from './pager.ts';
import { MOST_WAITING, type Screen, Session } from './session.ts';
import { consoleTurn } from './turns.ts';
import { LONGEST_LINE, tooLong } from './words.ts';

export const PROMPT = 'hitless> ';

/** Characters typed ahead before the input is no longer read. */
const MOST_TYPED_AHEAD = 8192;
/** How long keys may be handled in one turn, in ms. */
const TURN_MS = 2;
/** How long the rest of an escape sequence may take to arrive, in ms. */
const SEQUENCE_MS = 100;

// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is what this is for
const GARBAGE = /[\u0000\u001c-\u001f\u0080-\u009f\ufffd]/;
/** Enter is no key here; the others change nothing but what is seen: erase, Ctrl-C, Ctrl-D, Ctrl-U. */
const PLAIN_KEYS = ['\u007f', '\b', '\u0003', '\u0004', '\u0015'];
const NOISY =
  'LINE_NOISY: there was noise on the serial line while this was typed; it was not carried out, type it again';

export interface TerminalOptions {
  /** Input and output are the caller's: to close, and to listen to for errors that come after the session. */
  input: Readable;
  output: Writable;
  by: By;
  /** The scope of `quit`, of Ctrl-D, and of Ctrl-C on an empty line: they end it. */
  quits: Caller['quits'];
  /** Width of the screen where it is known; attached terminals report theirs. */
  columns?: number;
  greeting?: readonly string[];
}

/** `quit`: asked for; `hangup`: the input ended; `closed`: by `close()`; `crashed`: a fault of the console. */
export type Ending = 'quit' | 'hangup' | 'closed' | 'crashed';

/** The output as readline wants to see it: with a width, and nothing waiting in it but what waits below. */
class Display extends Writable {
  columns: number | undefined;
  readonly #below: Writable;

  constructor(below: Writable, columns: number | undefined) {
    super({ decodeStrings: false });
    this.#below = below;
    this.columns = columns;
  }

  override _write(chunk: string | Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (!this.#below.destroyed && !this.#below.writableEnded) this.#below.write(chunk);
    done();
  }

  /** The output of `draw` goes out in one piece: between two, a person would see the prompt go and come back. */
  together(draw: () => void): void {
    this.cork();
    try {
      draw();
    } finally {
      this.uncork();
    }
  }

  override _writev(chunks: { chunk: string }[], done: () => void): void {
    this._write(chunks.map(({ chunk }) => chunk).join(''), 'utf8', done);
  }

  get behind(): boolean {
    return this.#below.writableLength > MOST_WAITING;
  }

  resize(columns: number): void {
    this.columns = columns > 0 ? columns : undefined;
    this.emit('resize');
  }
}

export class Terminal implements Screen {
  /** Never rejects. */
  readonly ended: Promise<Ending>;

  readonly #host: ConsoleHost;
  readonly #options: TerminalOptions;
  readonly #display: Display;
  readonly #keyboard = new Keyboard();
  readonly #editor: Interface;
  readonly #session: Session;
  readonly #decoder = new StringDecoder('utf8');
  #end: (why: Ending) => void = () => {};

  #over = false;
  #waiting = '';
  #inputEnded = false;
  /** The prompt and what is typed stand on the screen. */
  #prompting = false;
  /** The line that the editor took; carried out as soon as its key is handled. */
  #entered: string | undefined;
  /** `yields`: Ctrl-C breaks it off. `waits`: it does nothing else. */
  #running: { abort: AbortController; yields: boolean; waits: boolean } | undefined;
  /** Some of what was typed did not fit; the line must not be carried out in part. */
  #cut = false;
  /** Something came with this line that nobody types. */
  #noisy = false;
  /**
   * There was noise, and no whole command since: until then only what stands in the line itself counts. Noise that
   * means "the line before" and then "Enter" would carry out an old command.
   */
  #wary = false;
  #afterReturn = false;
  #pager: Pager | undefined;
  /** A turn was asked for. */
  #due = false;
  /** Everything that the next key asks for is known. */
  #prepared = false;
  #sequenceTimer: NodeJS.Timeout | undefined;

  constructor(host: ConsoleHost, options: TerminalOptions) {
    this.#host = host;
    this.#options = options;
    const { input, output, by, quits } = options;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#display = new Display(output, options.columns);
    this.#editor = createInterface({
      input: this.#keyboard,
      output: this.#display,
      terminal: true,
      prompt: PROMPT,
      completer: (typed: string) => offered(typed, host, this.#session.editing),
      historySize: 200,
      removeHistoryDuplicates: true,
    });
    this.#editor.on('line', (line) => {
      this.#prompting = false;
      this.#entered = line;
    });
    this.#editor.on('SIGINT', () => this.#interrupt());
    // Without a listener readline would stop the whole process, whoever pressed the key.
    this.#editor.on('SIGTSTP', () =>
      this.show(['Ctrl-Z would stop the router; quit or Ctrl-D ends the session']),
    );
    this.#editor.on('close', () => this.#quit());
    this.#session = new Session(host, { by, quits }, this, (thrown) => this.#crash(thrown));

    input.on('data', this.#onData);
    // The session before may have left it paused.
    input.resume();
    input.on('end', this.#onInputEnd);
    input.on('close', this.#onGone);
    input.on('error', this.#onGone);
    output.on('error', this.#onGone);
    output.on('drain', this.#onDrain);
    this.#guard(() => {
      this.show(options.greeting ?? []);
      this.#prompt();
    });
  }

  get behind(): boolean {
    return this.#display.behind;
  }

  /** A command is carried out, and does more than wait. */
  get busy(): boolean {
    return this.#running !== undefined && !this.#running.waits;
  }

  /** Prints lines above the prompt and what is typed there, which stay as they are. */
  show(lines: readonly string[]): void {
    if (lines.length === 0 || this.#over) return;
    const text = lines.map((line) => `${line}\r\n`).join('');
    if (!this.#prompting) {
      this.#display.write(text);
      return;
    }
    // The typed text may go over several rows. The editor will go up as many rows as the cursor is down, so that
    // many are left for it.
    const { rows } = this.#editor.getCursorPos();
    const up = rows > 0 ? `\u001b[${rows}A` : '';
    this.#display.together(() => {
      this.#display.write(`${up}\r\u001b[J${text}${'\n'.repeat(rows)}`);
      this.#editor.prompt(true);
    });
  }

  /** Keys turn the pages until the answer is seen. */
  async page(lines: readonly string[], length: number): Promise<void> {
    if (lines.length < length) {
      this.show(lines);
      return;
    }
    this.#pager = new Pager(lines, length, (page) => this.show(page));
    this.#takeKeysOfPager();
    await this.#pager?.over;
    this.#pager = undefined;
  }

  #takeKeysOfPager(): void {
    if (this.#pager === undefined) return;
    this.#waiting = this.#pager.press(this.#waiting);
  }

  /** Shows the prompt and what is typed, on a screen that something else was shown on. */
  redraw(): void {
    if (this.#over || !this.#prompting) return;
    this.#display.write('\r\n');
    this.#editor.prompt(true);
  }

  /** The width of the screen changed. */
  resize(columns: number): void {
    if (!this.#over) this.#display.resize(columns);
  }

  /** Ends the session from outside. */
  close(): void {
    this.#finish('closed');
  }

  #prompt(): void {
    if (this.#over) return;
    this.#prompting = true;
    this.#editor.prompt();
  }

  readonly #onData = (chunk: Buffer | string): void => {
    this.#waiting += typeof chunk === 'string' ? chunk : this.#decoder.write(chunk);
    if (this.#pager === undefined) this.#takeInterrupt();
    else this.#takeKeysOfPager();
    this.#pump();
  };

  /**
   * Ctrl-C while a command runs takes back what was typed ahead, and breaks off what can be. It is not kept: behind
   * the command it would mean something else, the end of the router.
   */
  #takeInterrupt(): void {
    const interrupt = this.#running ? this.#waiting.lastIndexOf('\u0003') : -1;
    if (interrupt < 0) return;
    this.#waiting = this.#waiting.slice(interrupt + 1);
    if (this.#running?.yields) this.#running.abort.abort(INTERRUPTED);
    else this.show(['^C: the command goes on to its end; what was typed meanwhile is taken back']);
  }

  readonly #onInputEnd = (): void => {
    this.#inputEnded = true;
    this.#pager?.close();
    this.#pump();
  };

  readonly #onGone = (): void => this.#finish('hangup');

  readonly #onDrain = (): void => {
    this.#guard(() => this.#session.caughtUp());
    this.#pump();
  };

  /** Has what was typed handled when the turn comes. */
  #pump(): void {
    if (this.#over) return;
    clearTimeout(this.#sequenceTimer);
    if (this.#waiting.length > MOST_TYPED_AHEAD) this.#options.input.pause();
    else if (this.#options.input.isPaused()) this.#options.input.resume();
    if (this.#due || this.#running || this.behind) return;
    if (firstKey(this.#waiting) || (this.#inputEnded && this.#waiting === '')) {
      this.#due = true;
      void consoleTurn().then(() => this.#work());
    } else if (this.#waiting !== '') {
      this.#sequenceTimer = setTimeout(() => this.#giveUpSequence(), SEQUENCE_MS);
    }
  }

  /** Handles keys up to the next command, as far as this turn and the reader allow. */
  #work(): void {
    this.#due = false;
    if (this.#over) return;
    const until = performance.now() + TURN_MS;
    this.#guard(() => {
      while (!this.#over && !this.#running && !this.behind && performance.now() <= until) {
        const first = firstKey(this.#waiting);
        if (!first || this.#prepares(first.key)) break;
        this.#prepared = false;
        this.#waiting = this.#waiting.slice(first.length);
        this.#handle(first.key);
      }
    });
    if (this.#inputEnded && !this.#running && !this.behind && this.#waiting === '') this.#finish('hangup');
    else this.#pump();
  }

  /** Versions say which words of a configuration may follow: they are asked before the key is handled. */
  #prepares(key: Key): boolean {
    const asks = key.kind === 'text' ? key.text === '?' : key.kind === 'key' && key.text === '\t';
    const edits = this.#prepared || !asks ? undefined : editsIn(this.#editor.line, commandsOf(this.#host));
    if (edits === undefined) return false;
    this.#due = true;
    void this.#session.editing.prepare(edits).then(() => {
      this.#prepared = true;
      this.#work();
    });
    return true;
  }

  /** A lone Escape key, or a sequence whose end never came. */
  #giveUpSequence(): void {
    this.#waiting = this.#waiting.slice(1);
    this.#pump();
  }

  #handle(key: Key): void {
    const afterReturn = this.#afterReturn;
    this.#afterReturn = key.kind === 'enter' && key.text === '\r';
    // A pair that came in two pieces is one Enter.
    if (afterReturn && endsReturn(key)) return;
    if (this.#options.by === 'serial' && isNoise(key)) {
      this.#noisy = true;
      this.#wary = true;
    }
    switch (key.kind) {
      case 'text':
        if (key.text !== '?' || !this.#explain()) this.#type(key.text);
        break;
      case 'enter':
        this.#keyboard.press('\r');
        break;
      case 'key':
        if (!this.#wary || PLAIN_KEYS.includes(key.text)) this.#keyboard.press(key.text);
        break;
      case 'size':
        this.resize(key.columns);
        break;
      case 'none':
        break;
    }
    const line = this.#entered;
    if (line === undefined) return;
    this.#entered = undefined;
    void this.#carryOut(line);
  }

  /** Shows what may stand where the cursor is; false where a `?` is a character like any other. */
  #explain(): boolean {
    const { line, cursor } = this.#editor;
    const lines = explained(line.slice(0, cursor), this.#host, this.#session.editing);
    if (lines !== undefined) this.show(lines);
    return lines !== undefined;
  }

  /** A run of text is inserted at once: key by key, a long line would cost the square of its length. */
  #type(text: string): void {
    const room = LONGEST_LINE + 1 - this.#editor.line.length;
    if (this.#editor.line === '') this.#cut = false;
    if (text.length > room) this.#cut = true;
    if (room > 0) this.#editor.write(text.slice(0, room));
  }

  async #carryOut(line: string): Promise<void> {
    const [cut, noisy] = [this.#cut, this.#noisy];
    this.#cut = false;
    this.#noisy = false;
    // Even if it was shortened since: what was cut off is not known to the one who typed it.
    const parsed = cut ? refused(tooLong(), line) : parseLine(line, commandsOf(this.#host));
    const command = 'command' in parsed ? parsed.command : undefined;
    if (!noisy && command !== undefined && command !== NOTHING) this.#wary = false;
    if (noisy && !line.includes('\ufffd')) {
      this.#prompting = false;
      this.show([NOISY]);
      this.#prompt();
      return;
    }
    const yields = 'command' in parsed && parsed.command.interruptible?.(parsed.input) === true;
    this.#running = { abort: new AbortController(), yields, waits: command?.waits === true };
    this.#takeInterrupt();
    try {
      const result = await this.#session.run(parsed, this.#running.abort.signal);
      this.#running = undefined;
      if (result.quit) {
        this.#quit();
        return;
      }
      this.#prompt();
    } catch (thrown) {
      this.#crash(thrown);
      return;
    }
    this.#pump();
  }

  /** Ctrl-C: gives up what is typed; with nothing typed, ends what `quit` would where that is the router. */
  #interrupt(): void {
    if (this.#editor.line !== '') {
      this.#editor.write(null, { ctrl: true, name: 'e' });
      this.#editor.write(null, { ctrl: true, name: 'u' });
      this.#cut = false;
      this.#noisy = false;
      this.#prompting = false;
      this.show(['^C']);
      this.#prompt();
    } else if (this.#options.quits === 'router') {
      this.#quit();
    } else {
      this.show(['quit or Ctrl-D ends this session']);
    }
  }

  #quit(): void {
    if (this.#over) return;
    if (this.#prompting) this.#display.write('\r\n');
    this.#finish('quit');
    if (this.#options.quits === 'router') this.#host.quit();
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (thrown) {
      this.#crash(thrown);
    }
  }

  /** This session ends; the router and the other sessions do not hear of it. */
  #crash(thrown: unknown): void {
    if (this.#over) return;
    const { code, message } = describeError(thrown);
    this.#display.write(`\r\n${printable(`${code}: ${message}`)}\r\n`);
    this.#finish('crashed');
  }

  #finish(why: Ending): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#sequenceTimer);
    this.#running?.abort.abort();
    this.#pager?.close();
    this.#session.close();
    const { input, output } = this.#options;
    input.off('data', this.#onData);
    input.off('end', this.#onInputEnd);
    input.off('close', this.#onGone);
    input.off('error', this.#onGone);
    output.off('error', this.#onGone);
    output.off('drain', this.#onDrain);
    this.#editor.close();
    this.#leaveInput(why);
    this.#end(why);
  }

  /** On a serial line another session follows: what was typed ahead is for it. Elsewhere nobody asks for more. */
  #leaveInput(why: Ending): void {
    const { input, by } = this.#options;
    if (by !== 'serial' || (why !== 'quit' && why !== 'crashed')) {
      if (input.isPaused()) input.resume();
      return;
    }
    input.pause();
    const sound = why === 'quit' && !this.#noisy && !this.#wary;
    if (sound && this.#waiting !== '' && !input.readableEnded && !input.destroyed)
      input.unshift(this.#waiting);
  }
}

/** Characters that no key sends, and that a damaged byte often becomes. */
function isNoise({ kind, text }: { kind: Key['kind']; text?: string }): boolean {
  return (kind === 'text' || kind === 'key') && GARBAGE.test(text ?? '');
}

function explained(typed: string, host: ConsoleHost, editing: Editing): string[] | undefined {
  try {
    return explain(typed, commandsOf(host), host.runtime, editing)?.map(printable);
  } catch {
    return ['  nothing is known of it now'];
  }
}

/** The offer after a fault of the completion: nothing, rather than the end of the session. */
function offered(typed: string, host: ConsoleHost, editing: Editing): [string[], string] {
  try {
    return complete(typed, commandsOf(host), host.runtime, editing);
  } catch {
    return [[], typed];
  }
}
