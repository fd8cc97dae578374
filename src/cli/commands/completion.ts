import type { Command } from 'commander';
import { EXIT_OK, EXIT_USAGE, Failure } from '../failure.ts';
import type { Host } from '../host.ts';

interface Word {
  readonly name: string;
  readonly about: string;
  readonly options: readonly { readonly flags: readonly string[]; readonly about: string }[];
}

const wordsOf = (program: Command): Word[] =>
  program.commands.map((command) => ({
    name: command.name(),
    about: command.description(),
    options: command.options.map((o) => ({
      flags: [o.short, o.long].filter((f) => typeof f === 'string'),
      about: o.description,
    })),
  }));

const flagsOf = (word: Word): string => word.options.flatMap((o) => o.flags).join(' ');

function bash(words: readonly Word[]): string {
  const cases = words.map((w) => `    ${w.name}) options="${flagsOf(w)}" ;;`).join('\n');
  return `_sluice() {
  local word="\${COMP_WORDS[COMP_CWORD]}" options=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${words.map((w) => w.name).join(' ')}" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
    completion) COMPREPLY=($(compgen -W "bash zsh fish" -- "$word")); return ;;
${cases}
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$options" -- "$word")) ;;
    *) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")) ;;
  esac
}
complete -F _sluice sluice
`;
}

const quoted = (text: string): string => text.replaceAll("'", "'\\''");

function zsh(words: readonly Word[]): string {
  const commands = words.map((w) => `    '${w.name}:${quoted(w.about)}'`).join('\n');
  const cases = words
    .map((w) => {
      const options = w.options.flatMap((o) =>
        o.flags.map((flag) => `'${flag}[${quoted(o.about).replace(/[[\]:]/g, ' ')}]'`),
      );
      return `    ${w.name}) _arguments ${options.join(' ')} '*:file:_files' ;;`;
    })
    .join('\n');
  return `#compdef sluice
_sluice() {
  local -a commands=(
${commands}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  case "$words[2]" in
${cases}
  esac
}
compdef _sluice sluice
`;
}

function fish(words: readonly Word[]): string {
  const lines = words.flatMap((w) => [
    `complete -c sluice -n __fish_use_subcommand -f -a ${w.name} -d '${quoted(w.about)}'`,
    ...w.options.map((o) => {
      const flags = o.flags.map((f) =>
        f.startsWith('--') ? `-l ${f.slice(2)}` : `-s ${f.slice(1)}`,
      );
      return `complete -c sluice -n '__fish_seen_subcommand_from ${w.name}' ${flags.join(' ')} -d '${quoted(o.about)}'`;
    }),
  ]);
  return `${lines.join('\n')}\n`;
}

const SHELLS: Readonly<Record<string, (words: readonly Word[]) => string>> = { bash, zsh, fish };

/** Prints the script that teaches a shell sluice's words. */
export function completion(shell: string, program: Command, host: Host): number {
  const script = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
  if (script === undefined)
    throw new Failure(`no completion for '${shell}'; there is bash, zsh and fish`, EXIT_USAGE);
  host.out(script(wordsOf(program)));
  return EXIT_OK;
}
