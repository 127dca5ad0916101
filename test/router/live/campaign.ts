/** Random changes of a router's configuration, valid and invalid, by all ways, with kills in between: what must hold holds, or a Breach is thrown. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Test } from 'tap';
import { parse } from 'yaml';
import { ConsoleSession } from '../console-session.ts';
import { eventuallyAsync, HITLESS, sleep } from '../router-lab.ts';
import { Breach, differencesOf } from './breach.ts';
import { type Choices, changed } from './changes.ts';
import {
  type Concern,
  type Configuration,
  concernOf,
  everything,
  isSame,
  NOBODY,
  type Roles,
  rolesOf,
} from './configuration.ts';
import { Dice } from './dice.ts';
import { checkSettings, Lookout } from './lookout.ts';
import { type Mistake, mistaken } from './mistakes.ts';
import { PRIORITIES, rowsOf, runningText, statesOf, wholeOf, withoutTraffic } from './observation.ts';
import { PATIENCE, type Place } from './place.ts';
import type { Surroundings } from './surroundings.ts';
import { byConsole, byReload, bySignal, linesFor, type Reply, textOf, written } from './ways.ts';

/** A change on purpose, before those by chance. */
export interface Opening {
  said: string;
  /** Makes it, in a copy of what runs. */
  edit(next: Configuration): void;
  /** The answer to it, where it must come to nothing. */
  refusal?: RegExp;
}

export interface CampaignSize {
  seed: number;
  opening?: readonly Opening[];
  valid: number;
  invalid: number;
  /** Kills of consoles in the middle, and of the router. */
  clients: number;
  routers: number;
}

type Step = 'valid' | 'invalid' | 'client' | 'router';

const BY_FILE = { signal: bySignal, reload: byReload } as const;
type FileWay = keyof typeof BY_FILE;
/** Ways of a valid change, each as often as it stands here. */
const LASTING = ['signal', 'reload', 'console', 'console', 'save', 'confirm'] as const;
const WAYS = [...LASTING, 'back'] as const;

/** The default preparation time of transactions. */
const PREPARATION = '2s';

export class Campaign {
  /** All that was done, a line each. */
  readonly trace: string[] = [];
  readonly #t: Test;
  readonly #place: Place;
  readonly #choices: Choices;
  readonly #options: CampaignSize;
  readonly #dice: Dice;
  readonly #lookout: Lookout;
  /** The configuration that runs, and where its virtual routers rest. */
  #running: Configuration;
  #roles: Roles;
  /** Invalid changes after which nothing at all was different, also of what packets count. */
  unchanged = 0;

  constructor(t: Test, { place, first, choices }: Surroundings, options: CampaignSize) {
    this.#t = t;
    this.#place = place;
    this.#choices = choices;
    this.#options = options;
    this.#dice = new Dice(options.seed);
    this.#lookout = new Lookout(place);
    this.#running = first;
    this.#roles = rolesOf(first, {}, PRIORITIES);
    this.#lookout.expect(first, NOBODY);
  }

  /** Returns what broke, where something did. */
  async run(): Promise<Error | undefined> {
    try {
      await this.#run();
      return undefined;
    } catch (thrown) {
      return thrown as Error;
    }
  }

  /** @throws Breach */
  async #run(): Promise<void> {
    const { opening = [], valid, invalid, clients, routers } = this.#options;
    const steps: Step[] = [
      ...Array<Step>(valid).fill('valid'),
      ...Array<Step>(invalid).fill('invalid'),
      ...Array<Step>(clients).fill('client'),
      ...Array<Step>(routers).fill('router'),
    ];
    await this.#place.follow(this.#running);
    for (const each of opening) {
      await this.#lookout.settle(this.#running, this.#roles);
      await this.#open(each);
    }
    for (let left = steps.length; left > 0; left--) {
      const at = this.#dice.int(left);
      const [step] = steps.splice(at, 1) as [Step];
      await this.#lookout.settle(this.#running, this.#roles);
      await this.#do(step);
    }
    await this.#lookout.settle(this.#running, this.#roles);
    await this.#restart('at the end');
    await this.#lookout.settle(this.#running, this.#roles);
  }

  async #do(step: Step): Promise<void> {
    if (step === 'valid') await this.#change();
    else if (step === 'invalid') await this.#mistake();
    else if (step === 'client') await this.#killClient();
    else await this.#killRouter();
  }

  #note(line: string): void {
    this.trace.push(`${this.trace.length + 1}. ${line}`);
  }

  /** It runs, as the lookout has been told before: FRR follows, and whatever is not concerned is held against before. */
  async #became(next: Configuration, roles: Roles): Promise<void> {
    this.#running = next;
    this.#roles = roles;
    const states = await statesOf(this.#place);
    checkSettings(states, next);
    await this.#lookout.check(states);
    await this.#place.follow(next);
  }

  /** Tells the lookout what is about to run. Returns where virtual routers will rest. */
  #expect(next: Configuration): Roles {
    const [before, after] = [this.#roles, rolesOf(next, this.#roles, PRIORITIES)];
    this.#lookout.expect(next, concernOf(this.#running, next, { before, after }));
    return after;
  }

  #open({ said, edit, refusal }: Opening): Promise<void> {
    const next = structuredClone(this.#running);
    edit(next);
    return refusal === undefined
      ? this.#change({ next, said }, LASTING)
      : this.#mistake({ said, asked: next, file: refusal, typed: refusal, valid: 'nothing else' });
  }

  /** A valid change, by one of the ways. */
  async #change(
    { next, said } = changed(this.#running, this.#dice, this.#choices),
    ways: readonly (typeof WAYS)[number][] = WAYS,
  ): Promise<void> {
    const [before, rested] = [this.#running, this.#roles];
    const way = this.#dice.pick(ways);
    this.#note(`valid, by ${way}: ${said}`);
    // It may be seen on the wire before the answer is here.
    const roles = this.#expect(next);
    const outcome =
      way === 'signal' || way === 'reload'
        ? await BY_FILE[way](this.#place, written(next, this.#dice))
        : await this.#typed(next, way);
    if (!outcome.ok) throw new Breach(`a valid change was refused: ${outcome.says}`);
    await this.#checkRunning(next);
    if (way === 'save') this.#checkSaved(next);
    await this.#became(next, roles);
    if (way === 'back' && /transaction \d+ committed/.test(outcome.says)) await this.#back(before, rested);
  }

  async #typed(next: Configuration, way: 'console' | 'save' | 'confirm' | 'back'): Promise<Reply> {
    const typing = {
      console: {},
      back: {},
      save: { after: ['save'] },
      confirm: { options: ' confirm 60s', after: ['confirm'] },
    }[way];
    const outcome = await byConsole(this.#t, this.#place, this.#running, next, typing);
    // A change that waits for the next start has no transaction that could go back.
    return /^CONFIG_UNCONFIRMABLE/.test(outcome.says)
      ? byConsole(this.#t, this.#place, this.#running, next)
      : outcome;
  }

  /**
   * The change is taken back by the command `rollback`: at once where that is certain to end in the same roles.
   * @param rested the roles before the change
   */
  async #back(before: Configuration, rested: Roles): Promise<void> {
    // A router that does not preempt keeps the role that it has: it must have come to the one that follows from the change.
    if (!isSame(rolesOf(before, this.#roles, PRIORITIES), rested))
      await this.#lookout.settle(this.#running, this.#roles);
    const roles = this.#expect(before);
    const answer = await this.#place.exec('rollback');
    if (!answer.ok) throw new Breach(`it does not go back: ${answer.code}: ${answer.message}`);
    this.#note('  and back');
    await this.#checkRunning(before);
    await this.#became(before, roles);
  }

  async #checkRunning(next: Configuration): Promise<void> {
    const text = await runningText(this.#place);
    if (!isSame(parse(text), next))
      throw new Breach(`what runs is shown as\n${text}\nand is ${JSON.stringify(next)}`);
  }

  #checkSaved(next: Configuration): void {
    if (!isSame(parse(this.#place.text), next))
      throw new Breach(`what was saved is\n${this.#place.text}\nand what runs is ${JSON.stringify(next)}`);
  }

  /** Something that must come to nothing. */
  async #mistake(mistake = mistaken(this.#running, this.#dice, this.#choices)): Promise<void> {
    const way = this.#dice.pick(['signal', 'reload', 'console', 'console'] as const);
    this.#note(
      `invalid, by ${way}: ${mistake.said}${mistake.fault === undefined ? '' : ` (${mistake.fault})`}; beside ${mistake.valid}`,
    );
    const before = await wholeOf(this.#place);
    const outcome = await this.#failing(mistake, way);
    const wanted = way === 'console' ? mistake.typed : mistake.file;
    if (outcome.ok) throw new Breach(`it was taken: ${outcome.says}`);
    if (!wanted.test(outcome.says))
      throw new Breach(`it was refused otherwise: found ${outcome.says}; wanted ${wanted}`);
    if (way !== 'console') {
      if (this.#place.text !== textOf(mistake.asked)) throw new Breach('the router has written the file');
      this.#place.write(before.file);
    }
    const after = await wholeOf(this.#place);
    compare(withoutTraffic(before), withoutTraffic(after));
    if (isSame(before, after)) this.unchanged++;
    await this.#lookout.check(after.states);
  }

  async #failing({ asked, fault, preparation }: Mistake, way: FileWay | 'console'): Promise<Reply> {
    if (fault !== undefined) await this.#place.data(fault);
    if (preparation !== undefined) await this.#place.data(`settimer ${preparation}`);
    const outcome =
      way === 'console'
        ? await byConsole(this.#t, this.#place, this.#running, asked)
        : await BY_FILE[way](this.#place, textOf(asked));
    if (preparation !== undefined) await this.#place.data(`settimer ${PREPARATION}`);
    const left = fault === undefined ? [] : await this.#place.data<unknown[]>('show faults');
    if (left.length > 0) throw new Breach(`the fault did not strike: ${JSON.stringify(left)}`);
    return outcome;
  }

  /** A console is killed while it edits, or while it commits: all of it happened, or nothing. */
  async #killClient(): Promise<void> {
    const { next, said } = changed(this.#running, this.#dice, this.#choices);
    const lines = linesFor(this.#place, this.#running, next);
    const commits = this.#dice.percent(60);
    this.#note(`a console is killed ${commits ? 'while it commits' : 'while it edits'}: ${said}`);
    const roles = commits ? this.#expect(next) : this.#roles;
    const console = spawn(process.execPath, [HITLESS, 'console', '--console', this.#place.socket], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    await typedInto(console, [...lines, ...(commits ? ['commit'] : [])], this.#dice.int(60));
    const text = await this.#atRest();
    const isNew = isSame(parse(text), next);
    if (!isNew && !isSame(parse(text), this.#running))
      throw new Breach(`it is neither the one nor the other:\n${text}`);
    if (isNew && !commits) throw new Breach('what was not committed runs');
    this.#note(`  ${isNew ? 'it was committed' : 'nothing of it was'}`);
    if (isNew) return this.#became(next, roles);
    this.#lookout.expect(this.#running, NOBODY);
    await this.#became(this.#running, this.#roles);
  }

  /** Waits until no transaction runs or begins; returns the configuration that runs then. */
  async #atRest(): Promise<string> {
    let seen = '';
    return eventuallyAsync('no transaction runs', PATIENCE, async () => {
      const count = (await this.#place.data<unknown[]>('show upgrades')).length;
      const text = await runningText(this.#place);
      const is = `${count} ${text}`;
      if (is === seen) return text;
      seen = is;
      await sleep(100);
      return undefined;
    });
  }

  /** The router is killed, at rest or in the middle, and comes back with the file. */
  async #killRouter(): Promise<void> {
    const when = this.#dice.pick([
      'at rest',
      'while it reloads',
      'while it commits',
      'while it saves',
    ] as const);
    if (when === 'at rest') return this.#restart(when);
    const { next, said } = changed(this.#running, this.#dice, this.#choices);
    this.#note(`the router is killed ${when}: ${said}`);
    const before = this.#place.text;
    this.#expect(next);
    if (when === 'while it reloads') {
      this.#place.write(written(next, this.#dice));
      this.#place.signal('SIGHUP');
    } else {
      const session = await ConsoleSession.open(this.#t, this.#place.socket);
      await session.all(...linesFor(this.#place, this.#running, next));
      if (when === 'while it saves') await session.all('commit');
      void session.say(when === 'while it saves' ? 'save' : 'commit').catch(() => {});
    }
    await sleep(this.#dice.int(40));
    await this.#place.kill('SIGKILL');
    const file = this.#place.text;
    if (when === 'while it commits' && file !== before) throw new Breach('a commit has written the file');
    const starts = parse(file) as Configuration;
    if (when === 'while it saves' && file !== before && !isSame(starts, next))
      throw new Breach(`the file is neither what it was nor what was saved:\n${file}`);
    await this.#comeBack(starts, everything(this.#running, next));
  }

  /** Saves what runs, kills the router and starts it again: it is the same. */
  async #restart(when: string): Promise<void> {
    this.#note(`the router is killed ${when}`);
    const saved = await this.#place.exec('save');
    if (!saved.ok) throw new Breach(`${saved.code}: ${saved.message}`);
    this.#checkSaved(this.#running);
    const before = await this.#same();
    await this.#place.kill('SIGKILL');
    await this.#comeBack(this.#running, everything(this.#running));
    const after = await this.#same();
    compare(before, after);
  }

  /** Facts that a router that starts with the saved file has in common with the one that saved it. */
  async #same(): Promise<unknown> {
    const { IP, OSPF, VRRP } = await statesOf(this.#place);
    const rows = (await rowsOf(this.#place)).map(({ name, version }) => `${name} ${version}`);
    const schema = await this.#place.schema();
    return {
      settings: [IP?.config, OSPF?.config, VRRP?.config],
      modules: rows.sort(),
      running: await runningText(this.#place),
      schema,
    };
  }

  async #comeBack(starts: Configuration, concern: Concern): Promise<void> {
    // Whoever takes over has done so before it is back: then it is certain what it finds.
    await eventuallyAsync('keepalived has taken over', PATIENCE, async () => {
      return this.#place.allMaster() || undefined;
    });
    this.#lookout.checkSent();
    this.#lookout.expect(starts, concern);
    await this.#place.start();
    await this.#became(starts, rolesOf(starts, {}, PRIORITIES));
  }
}

/** @throws Breach that names the first differences */
function compare(before: unknown, after: unknown): void {
  const found = differencesOf(before, after);
  if (found.length > 0) throw new Breach(`it is not as before:\n${found.join('\n')}`);
}

/** Types lines, and kills the program `after` ms later. */
async function typedInto(program: ChildProcess, lines: readonly string[], after: number): Promise<void> {
  const ended = new Promise((resolve) => program.once('close', resolve));
  program.stdin!.on('error', () => {});
  let output = '';
  program.stdout!.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8');
  });
  program.stdin!.write(`${lines.join('\n')}\n`);
  // It has begun once it shows anything.
  await eventuallyAsync(
    'the console shows something',
    PATIENCE,
    async () => output !== '' || program.exitCode !== null,
  );
  await sleep(after);
  program.kill('SIGKILL');
  await ended;
}
