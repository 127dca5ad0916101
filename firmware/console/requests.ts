/**
 * The console for programs: lines of JSON on the socket. A request is `{ "command": "...", "json"?, "progress"?, "once"?, "id"? }`;
 * the answer is lines `{ "line": "..." }` (the log of the command's own transaction, and what a person would read)
 * and then one `{ "id"?, "ok", "command", "code"?, "message"?, "transaction"?, "data"? }`. With `json` there are no lines, and `data`
 * has the facts; with `progress` too, a command that takes long has lines all the same, as it goes on. Requests of one
 * connection are carried out one after the other. A request `{ "push": … }` is a step of what is sent: a bundle, an image or
 * a configuration (`../push/steps.ts`). One with `once` that comes again is answered as before, and not carried out again.
 */
import type { Duplex } from 'node:stream';
import { ConfigError } from '../config/problem.ts';
import { describeError, FirmwareError } from '../errors.ts';
import { RULE, stepLine } from '../host/figures.ts';
import { jsonLine, jsonPieces, printable } from '../host/printable.ts';
import {
  type BundleIntake,
  type ConfigIntake,
  type ImageIntake,
  isConfigStep,
  isImageStep,
  type PushStep,
  parseStep,
} from '../push/steps.ts';
import type { Caller, CommandResult } from './answer.ts';
import { commandsOf } from './commands/all.ts';
import { Editing } from './editing.ts';
import { execute } from './execute.ts';
import { parseLine } from './grammar.ts';
import type { By, ConsoleHost } from './host.ts';
import { LineSplitter } from './lines.ts';
import { Once } from './once.ts';
import { MOST_WAITING } from './session.ts';
import { inSlices, mapped, type Sliced } from './slices.ts';
import { takenAnswer } from './taken-config.ts';
import { consoleTurn } from './turns.ts';
import { LONGEST_LINE } from './words.ts';

/** Bytes of a request: a command of the greatest length, with every character escaped, and room for the rest. */
export const LONGEST_REQUEST = 6 * LONGEST_LINE + 1024;

/** Between two lines of JSON it means nothing; written so often while a command waits for something to happen, in ms. */
const NOTHING = ' ';
const ALIVE_MS = 2_500;

/** Characters that are written at once. */
const MOST_WRITTEN = 64 * 1024;

const MARK = /^[0-9A-Za-z]{8,32}$/;

/** A program's request, and its final answer. */
export interface ConsoleRequest extends Marks {
  command: string;
  json?: boolean;
  progress?: boolean;
}

/** A step of what is sent. */
interface PushRequest extends Marks {
  push: PushStep;
  json?: boolean;
}

interface Marks {
  id?: string | number;
  /** Made up by the program, for a request that it may have to repeat. */
  once?: string;
}

export interface ConsoleAnswer {
  id?: string | number;
  ok: boolean;
  command?: string;
  code?: string;
  message?: string;
  /** The number of the transaction that the command was. */
  transaction?: number;
  data?: unknown;
}

/** Told when a request is carried out, and when its answer is written. */
export interface Activity {
  /** @param breakOff ends a request that only waits: this is its error. Undefined for any other. */
  begun(breakOff: ((why: FirmwareError) => void) | undefined): void;
  done(): void;
}

/**
 * Serves one connection: a socket, or a link over a serial line. Never throws; the promise is kept when there is
 * nothing more to answer.
 */
export async function serveRequests(
  host: ConsoleHost,
  socket: Duplex,
  by: By = 'socket',
  activity?: Activity,
): Promise<void> {
  const splitter = new LineSplitter(LONGEST_REQUEST);
  const gone = new AbortController();
  // A slow reader misses some: the next line of progress says more anyway.
  const say = (line: string) => {
    if (!socket.destroyed && socket.writableLength <= MOST_WAITING)
      socket.write(`${jsonLine({ line: printable(line) })}\n`);
  };
  const editing = new Editing(host.configuration);
  const isBehind = () => socket.writableLength > MOST_WAITING;
  const caller = { by, quits: 'session', signal: gone.signal, say, isBehind, editing } as const;
  const alive = () => {
    if (!socket.destroyed && socket.writableLength === 0) socket.write(NOTHING);
  };
  const lines = new LineQueue(splitter, socket);
  let wake = () => {};
  socket.on('data', (chunk: Uint8Array) => {
    lines.add(chunk);
    wake();
  });
  socket.on('end', () => {
    lines.end();
    wake();
  });
  socket.on('close', () => {
    gone.abort();
    wake();
  });
  socket.on('drain', () => wake());
  while (!gone.signal.aborted) {
    if (socket.writableLength <= MOST_WAITING) {
      await consoleTurn();
      if (gone.signal.aborted) return;
      const line = lines.next();
      if (line instanceof FirmwareError || (line !== undefined && line.trim() !== '')) {
        const answers = await answer(line, host, caller, alive, activity).catch((thrown: unknown) => [
          refusal(thrown),
        ]);
        await inSlices(written(answers, socket));
        activity?.done();
      }
      if (line !== undefined) continue;
      if (lines.ended) return;
    }
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
}

/** Writes answers, a long one in several pieces. */
function* written(answers: Answers, socket: Duplex): Sliced<void> {
  let text = '';
  const flush = () => {
    if (!socket.destroyed) socket.write(text);
    text = '';
  };
  for (const answer of answers) {
    for (const piece of jsonPieces(answer)) {
      text += piece;
      if (text.length > MOST_WRITTEN) flush();
      yield;
    }
    text += '\n';
  }
  flush();
}

/** Lines are split off when their turn comes: a chunk may hold thousands. Until then the socket is read no further. */
class LineQueue {
  readonly #splitter: LineSplitter;
  readonly #socket: Duplex;
  readonly #chunks: Iterator<string | FirmwareError>[] = [];
  #last = false;

  constructor(splitter: LineSplitter, socket: Duplex) {
    this.#splitter = splitter;
    this.#socket = socket;
  }

  /** There was the last of it. */
  ended = false;

  add(chunk: Uint8Array): void {
    this.#chunks.push(this.#splitter.push(chunk)[Symbol.iterator]());
    this.#socket.pause();
  }

  end(): void {
    this.#last = true;
  }

  /** Undefined when there is no whole one. */
  next(): string | FirmwareError | undefined {
    for (let first = this.#chunks[0]; first !== undefined; first = this.#chunks[0]) {
      const { done, value } = first.next();
      if (done !== true) return value;
      this.#chunks.shift();
    }
    if (!this.#last) {
      this.#socket.resume();
      return undefined;
    }
    this.ended = true;
    return this.#splitter.end()[0];
  }
}

async function answer(
  line: string | FirmwareError,
  host: ConsoleHost,
  caller: Caller & { signal: AbortSignal },
  alive: () => void,
  activity: Activity | undefined,
): Promise<Answers> {
  let id: string | number | undefined;
  try {
    if (line instanceof FirmwareError) throw line;
    const request = parseRequest(line);
    ({ id } = request);
    const { once } = request;
    const carryOut = () => carriedOut(request, host, caller, alive, activity);
    const { id: _id, ...asked } = request;
    const answers =
      once === undefined
        ? await carryOut()
        : await repeatable(host).answer(once, JSON.stringify(asked), carryOut);
    return answers.map((each) =>
      'ok' in each ? { ...(request.id !== undefined && { id: request.id }), ...each } : each,
    );
  } catch (thrown) {
    return [refusal(thrown, id)];
  }
}

type Answers = (ConsoleAnswer | { line: string })[];

/** A router remembers its answers across connections. */
const remembered = new WeakMap<ConsoleHost, Once<Answers>>();

function repeatable(host: ConsoleHost): Once<Answers> {
  const once = remembered.get(host) ?? new Once<Answers>();
  remembered.set(host, once);
  return once;
}

async function carriedOut(
  request: ConsoleRequest | PushRequest,
  host: ConsoleHost,
  caller: Caller & { signal: AbortSignal },
  alive: () => void,
  activity: Activity | undefined,
): Promise<Answers> {
  if ('push' in request) {
    activity?.begun(undefined);
    return pushed(request, host, caller);
  }
  let { signal } = caller;
  let breakOff: ((why: FirmwareError) => void) | undefined;
  const parsed = parseLine(request.command, commandsOf(host));
  if ('command' in parsed && parsed.command.waits) {
    const broken = new AbortController();
    signal = AbortSignal.any([signal, broken.signal]);
    breakOff = (why) => broken.abort(why);
  }
  activity?.begun(breakOff);
  const silent = parsed.json || request.json === true;
  const own = { ...caller, signal };
  const { say, ...unheard } = own;
  const follows = 'command' in parsed && parsed.command.follows === true;
  // Where nothing happens, the other end is not to take the router for one that hangs.
  const beat = follows ? setInterval(alive, ALIVE_MS) : undefined;
  const heard = !silent || request.progress === true || follows;
  const asked = follows ? { ...parsed, json: silent } : parsed;
  const result = await execute(asked, host, heard ? own : unheard).finally(() => clearInterval(beat));
  const json = request.json === true || result.json;
  return [...(json ? [] : await inSlices(linesOf(result))), finalOf(result, json)];
}

async function pushed(
  { push: step, json }: PushRequest,
  host: ConsoleHost,
  { by }: Caller,
): Promise<Answers> {
  const command = `push ${step.step}`;
  if (isImageStep(step)) return [{ ok: true, command, data: await imagesOf(host).take(step) }];
  if (!isConfigStep(step)) return [{ ok: true, command, data: await bundlesOf(host).take(step) }];
  const data = await configsOf(host).take(step, by);
  if ('have' in data) return [{ ok: true, command, data }];
  const answer = takenAnswer(data);
  const result = { ok: answer.error === undefined, command, json: json === true, ...answer };
  return [...(json === true ? [] : await inSlices(linesOf(result))), finalOf(result, json === true)];
}

/** @throws FirmwareError `PUSH_UNAVAILABLE` */
function bundlesOf({ bundles }: ConsoleHost): BundleIntake {
  if (bundles !== undefined) return bundles;
  throw new FirmwareError(
    'PUSH_UNAVAILABLE',
    'this router keeps nothing on its disk: name a directory as router.state in its configuration',
  );
}

/** @throws FirmwareError `PUSH_UNAVAILABLE` */
function configsOf({ configs }: ConsoleHost): ConfigIntake {
  if (configs !== undefined) return configs;
  throw new FirmwareError('PUSH_UNAVAILABLE', 'this router has no configuration file that could be changed');
}

/** @throws FirmwareError `PUSH_UNAVAILABLE` */
function imagesOf({ images }: ConsoleHost): ImageIntake {
  if (images !== undefined) return images;
  throw new FirmwareError(
    'PUSH_UNAVAILABLE',
    'this router has no slots for images: it runs on no board made by "hitless image"',
  );
}

/** The log goes by the report: while this command ran, another's transaction may have written lines too. */
function linesOf(result: CommandResult): Sliced<{ line: string }[]> {
  const steps = result.transaction?.steps.map(stepLine) ?? [];
  const log = steps.length > 0 ? [RULE, ...steps] : [];
  return mapped([...log, ...result.lines], (line) => ({ line: printable(line) }));
}

function finalOf(result: CommandResult, json: boolean): ConsoleAnswer {
  return {
    ok: result.ok,
    command: result.command,
    ...(result.error ?? {}),
    ...(result.transaction && { transaction: result.transaction.id }),
    ...(json && result.data !== undefined ? { data: result.data } : {}),
  };
}

/** The answer to what is no request, or to a fault of the console. */
export function refusal(thrown: unknown, id?: string | number): ConsoleAnswer {
  const problems = thrown instanceof ConfigError && { data: { problems: thrown.problems } };
  return { ...(id === undefined ? {} : { id }), ok: false, ...describeError(thrown), ...problems };
}

/** @throws FirmwareError `REQUEST_INVALID` */
function parseRequest(line: string): ConsoleRequest | PushRequest {
  const wrong = (what: string): never => {
    throw new FirmwareError(
      'REQUEST_INVALID',
      `${what}; a request is one line such as {"command":"show modules","json":true,"id":1}`,
    );
  };
  let request: unknown;
  try {
    request = JSON.parse(line);
  } catch {
    return wrong('the line is no JSON');
  }
  if (typeof request !== 'object' || request === null || Array.isArray(request))
    return wrong('this is no object');
  const { command, push, json, progress, once, id } = request as Record<string, unknown>;
  if (push === undefined && typeof command !== 'string') return wrong('"command" must be text');
  if (json !== undefined && typeof json !== 'boolean') return wrong('"json" must be true or false');
  if (progress !== undefined && typeof progress !== 'boolean')
    return wrong('"progress" must be true or false');
  if (once !== undefined && !(typeof once === 'string' && MARK.test(once)))
    return wrong('"once" must be 8 to 32 letters and digits');
  const goodId = id === undefined || typeof id === 'number' || (typeof id === 'string' && id.length <= 64);
  if (!goodId) return wrong('"id" must be a number or a text of at most 64 characters');
  const known = [push === undefined ? 'command' : 'push', 'json', 'progress', 'once', 'id'];
  const strange = Object.keys(request).find((key) => !known.includes(key));
  if (strange !== undefined) return wrong(`"${strange.slice(0, 60)}" is unknown`);
  const own = {
    ...(id === undefined ? {} : { id: id as string | number }),
    ...(once === undefined ? {} : { once: once as string }),
    ...(json === undefined ? {} : { json }),
  };
  if (push !== undefined) {
    const step = parseStep(push);
    return typeof step === 'string' ? wrong(step) : { push: step, ...own };
  }
  return {
    command: command as string,
    ...(progress === undefined ? {} : { progress }),
    ...own,
  };
}
