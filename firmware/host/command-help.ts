/** The command line's own help, within 80 columns. */

export interface CommandOption {
  type: 'string' | 'boolean';
  multiple?: boolean;
  /** Its value, such as FILE. */
  value?: string;
  /** An option without it is internal. */
  help?: string;
}

export interface DescribedCommand {
  /** How it is typed, for help; a command without it is internal. */
  usage?: string;
  /** One line for the list of all commands. */
  summary: string;
  /** More than the summary says. */
  help?: string;
  options: Record<string, CommandOption>;
}

const COLUMNS = 80;

/** All commands, one line each. */
export function overview(commands: Readonly<Record<string, DescribedCommand>>): string {
  const listed = Object.entries(commands).filter(([, { usage }]) => usage !== undefined);
  const width = Math.max(...listed.map(([name]) => name.length));
  return [
    'hitless: a non-stop router, whose modules are replaced while it runs',
    '',
    ...listed.flatMap(([name, { summary }]) => entry(`  hitless ${name.padEnd(width)}  `, summary)),
    '',
    'hitless help COMMAND, or hitless COMMAND --help, tells more of one;',
    'hitless --version tells which hitless this is.',
    '',
  ].join('\n');
}

/** One command with its options. */
export function commandHelp({ usage = '', summary, help, options }: DescribedCommand): string {
  const told = Object.entries(options).filter(([, option]) => option.help !== undefined);
  const words = told.map(
    ([name, { value, multiple }]) => `--${name}${value ? ` ${value}${multiple ? '…' : ''}` : ''}`,
  );
  const width = Math.max(0, ...words.map((word) => word.length));
  const text = `${summary[0]!.toUpperCase()}${summary.slice(1)}.`;
  const described = told.flatMap(([, option], i) => entry(`  ${words[i]!.padEnd(width)}  `, option.help!));
  return [
    ...entry('usage: hitless ', usage),
    '',
    ...entry('', help === undefined ? text : `${text} ${help}`),
    ...(described.length > 0 ? ['', ...described] : []),
    '',
  ].join('\n');
}

/** The text behind its beginning, wrapped below itself. */
export function entry(start: string, text: string): string[] {
  const lines: string[] = [];
  let line = start;
  let empty = true;
  for (const word of text.split(' ')) {
    if (!empty && line.length + 1 + word.length > COLUMNS) {
      lines.push(line);
      line = ' '.repeat(start.length);
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line];
}
