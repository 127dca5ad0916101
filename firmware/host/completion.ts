/** Completion of the command line in a shell: a script, made of the same descriptions as the help. */
import type { CommandOption, DescribedCommand } from './command-help.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

type Commands = readonly (readonly [name: string, command: DescribedCommand])[];

/** The script for a shell. What is internal is left out, as in the help. */
export function completionScript(shell: Shell, commands: Readonly<Record<string, DescribedCommand>>): string {
  const told = Object.entries(commands).filter(([, { usage }]) => usage !== undefined);
  return `${SCRIPTS[shell](told).join('\n')}\n`;
}

const SCRIPTS: Readonly<Record<Shell, (commands: Commands) => string[]>> = { bash, zsh, fish };

function optionsOf({ options }: DescribedCommand): [name: string, option: CommandOption][] {
  return Object.entries(options).filter(([, { help }]) => help !== undefined);
}

function bash(commands: Commands): string[] {
  const options = commands.map(
    ([name, command]) =>
      `    ${name}) options='${optionsOf(command)
        .map(([option]) => `--${option}`)
        .join(' ')}' ;;`,
  );
  return [
    '# To be read by bash: source <(hitless completion bash)',
    '_hitless() {',
    '  local word=$2 options=',
    `  case \${COMP_WORDS[1]} in`,
    ...options,
    '  esac',
    `  if ((COMP_CWORD == 1)); then mapfile -t COMPREPLY < <(compgen -W '${names(commands)}' -- "$word")`,
    '  elif [[ $word == -* ]]; then mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")',
    '  else mapfile -t COMPREPLY < <(compgen -f -- "$word")',
    '  fi',
    '}',
    'complete -o filenames -F _hitless hitless',
  ];
}

function names(commands: Commands): string {
  return commands.map(([name]) => name).join(' ');
}

function zsh(commands: Commands): string[] {
  const list = commands.map(([name, { summary }]) => `    ${quoted(`${name}:${summary}`)}`);
  const cases = commands.map(([name, command]) => {
    const told = optionsOf(command).map(([option, { type, value = 'VALUE', multiple, help = '' }]) => {
      const [sign, argument] =
        type === 'string' ? ['=', `:${value.replaceAll(/[:[\]]/g, ' ')}:_files`] : ['', ''];
      const text = help.replaceAll(/[[\]]/g, '\\$&');
      return quoted(`${multiple === true ? '*' : ''}--${option}${sign}[${text}]${argument}`);
    });
    return `    ${name}) _arguments ${[...told, "'*:file:_files'"].join(' ')} ;;`;
  });
  return [
    '#compdef hitless',
    '# To be read by zsh behind compinit: source <(hitless completion zsh). Or a file _hitless of a folder in fpath.',
    '_hitless() {',
    '  local -a commands=(',
    ...list,
    '  )',
    '  if ((CURRENT == 2)); then _describe command commands; return; fi',
    '  shift words; ((CURRENT--))',
    '  case $words[1] in',
    ...cases,
    '  esac',
    '}',
    // From fpath it is called as the function that it is to define.
    'if [[ $funcstack[1] == _hitless ]]; then _hitless "$@"; else compdef _hitless hitless; fi',
  ];
}

function fish(commands: Commands): string[] {
  return [
    '# To be read by fish: hitless completion fish | source',
    ...commands.flatMap(([name, command]) => [
      `complete -c hitless -n __fish_use_subcommand -f -a ${name} -d ${quoted(command.summary)}`,
      ...optionsOf(command).map(
        ([option, { type, help = '' }]) =>
          `complete -c hitless -n '__fish_seen_subcommand_from ${name}' -l ${option}${type === 'string' ? ' -r' : ''} -d ${quoted(help)}`,
      ),
    ]),
  ];
}

/** A word in single quotes, as these shells all take it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
