/**
 * `porthole completion SHELL`: what a shell needs to complete this command, made of the command's own flags.
 *
 * @module
 */

import type { Command } from "commander";

export type Shell = "bash" | "zsh" | "fish";

interface Completed {
  readonly name: string;
  readonly help: string;
  readonly flags: readonly { readonly long: string; readonly help: string; readonly choices: readonly string[] }[];
}

/** The script, to be sourced. */
export function completionScript(shell: Shell, program: Command): string {
  const commands = program.commands.map((command): Completed => {
    const flags = command.options.map(({ long, description, argChoices }) => ({
      long: long ?? "",
      help: description,
      choices: argChoices ?? [],
    }));
    return { name: command.name(), help: command.description(), flags };
  });
  switch (shell) {
    case "bash":
      return bash(commands);
    case "zsh":
      // zsh runs the functions of bash.
      return `autoload -U +X bashcompinit && bashcompinit\n${bash(commands)}`;
    case "fish":
      return fish(commands);
  }
}

function bash(commands: readonly Completed[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  const cases = commands
    .map(({ name, flags }) => `    ${name}) flags="${flags.map(({ long }) => long).join(" ")} --help" ;;`)
    .join("\n");
  const choices = new Map(commands.flatMap(({ flags }) => flags.map((flag) => [flag.long, flag.choices] as const)));
  const values = [...choices]
    .filter(([, words]) => words.length > 0)
    .map(([long, words]) => `    ${long}) COMPREPLY=($(compgen -W "${words.join(" ")}" -- "$word")); return ;;`)
    .join("\n");
  return `_porthole() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" flags=""
  COMPREPLY=()
  case "$before" in
${values}
  esac
  case "\${COMP_WORDS[1]}" in
${cases}
  esac
  if [ "$COMP_CWORD" = 1 ] && [ "\${word#-}" = "$word" ]; then
    COMPREPLY=($(compgen -W "${names}" -- "$word"))
  elif [ "\${word#-}" != "$word" ]; then
    COMPREPLY=($(compgen -W "$flags" -- "$word"))
  else
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}
complete -o filenames -F _porthole porthole
`;
}

function fish(commands: readonly Completed[]): string {
  const quoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const lines = commands.flatMap(({ name, help, flags }) => [
    `complete -c porthole -n __fish_use_subcommand -a ${name} -d ${quoted(help)}`,
    ...flags.map(({ long, help: about, choices }) => {
      const values = choices.length === 0 ? "" : ` -x -a ${quoted(choices.join(" "))}`;
      return `complete -c porthole -n '__fish_seen_subcommand_from ${name}' -l ${long.replace(/^--/, "")} -d ${quoted(about)}${values}`;
    }),
  ]);
  return `${lines.join("\n")}\n`;
}
