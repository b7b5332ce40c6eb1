/**
 * The commands of `porthole` and their options. Only what `--help` needs is loaded here; each command's own work is in a
 * file of its own and loaded when it runs.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { Argument, Command, InvalidArgumentError } from "commander";
import type { Shell } from "./completion.ts";
import { CommandFailure } from "./failure.ts";
import { addSettings, type CommonSettings } from "./settings.ts";
import { VERSION } from "./version.ts";

const program = new Command("porthole")
  .description("A prompt and the files of a running program, over Telnet and FTP.")
  .version(VERSION)
  .showHelpAfterError("(porthole --help tells more)")
  .configureHelp({ showGlobalOptions: true });

const ACCOUNT = ["user", "password", "passwordFile", "users", "timeout", "allowDefaultPassword", "tls"] as const;
const TRANSFERS = [
  "anonymous",
  "tlsRequired",
  "maxClients",
  "passivePorts",
  "passiveHost",
  "readOnly",
  "maxUpload",
  "xferlog",
] as const;
const SEEN = ["announce", "metrics", "auditLog", "logLevel", "json"] as const;

/** `serve --announce files` takes the directory for the name: then another one would be served. */
function refuseSwallowed({ announce }: CommonSettings, operand: string | undefined): void {
  if (typeof announce !== "string" || operand !== undefined || !existsSync(announce)) return;
  throw new CommandFailure(`--announce takes ${announce} for a name: say it before --announce, or a name after it`);
}

addSettings(
  program
    .command("board", { isDefault: true })
    .description("a MicroPython board: its prompt on this terminal, Telnet and FTP beside it; Ctrl-] leaves")
    .argument("[script]", "a Python file to run instead of a prompt, - for standard input; ends with its exit code")
    .argument("[args...]", "what the script finds in sys.argv"),
  ["telnet", "ftp", "flash", "sd", "memory", "raw", ...ACCOUNT, "console", "record", ...TRANSFERS, ...SEEN],
).action(async (script: string | undefined, args: string[], settings: CommonSettings) => {
  refuseSwallowed(settings, script);
  const { runBoardCommand } = await import("./board-command.ts");
  await runBoardCommand(script, args, settings);
});

addSettings(
  program
    .command("node")
    .description("run a module with a prompt on this terminal and the servers beside it; Ctrl-] leaves")
    .argument("[module]", "a JavaScript or TypeScript file; its exports are at the prompt")
    .argument("[args...]", "what the module finds in process.argv"),
  ["telnet", "ftp", "files", ...ACCOUNT, "console", "record", ...TRANSFERS, ...SEEN],
).action(async (module: string | undefined, args: string[], settings: CommonSettings) => {
  refuseSwallowed(settings, module);
  const { runNodeCommand } = await import("./node-command.ts");
  await runNodeCommand(module, args, settings);
});

addSettings(
  program
    .command("serve")
    .description("show a directory over FTP; Ctrl-C ends it")
    .argument("[dir]", "the directory", "."),
  ["ftp", ...ACCOUNT, ...TRANSFERS, ...SEEN],
).action(async (dir: string, settings: CommonSettings) => {
  refuseSwallowed(settings, dir === "." ? undefined : dir);
  const { runServeCommand } = await import("./serve-command.ts");
  await runServeCommand(dir, settings);
});

const pid = (text: string): number => {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError("not the number of a process");
  return Number(text);
};

program
  .command("status")
  .description("show what this user's running portholes are doing: servers, sessions, transfers")
  .option("--watch", "go on showing it until Ctrl-C, or until all have ended")
  .option("--pid <number>", "of this process only", pid)
  .option("--json", "one JSON line for each process")
  .action(async (settings: { watch?: boolean; pid?: number; json?: boolean }) => {
    const { runStatusCommand } = await import("./status-command.ts");
    await runStatusCommand(settings);
  });

program
  .command("kick")
  .description("send a client away")
  .argument("<session>", "a session as status shows it, such as ftp/3, or a user's name for all of theirs")
  .option("--pid <number>", "of this process", pid)
  .action(async (session: string, settings: { pid?: number }) => {
    const { runKickCommand } = await import("./status-command.ts");
    await runKickCommand(session, settings);
  });

program
  .command("passwd")
  .description("ask for a password and print its hash, for a file of users")
  .action(async () => {
    const { runPasswdCommand } = await import("./passwd-command.ts");
    await runPasswdCommand();
  });

program
  .command("completion")
  .description("print what a shell needs to complete this command: source <(porthole completion bash)")
  .addArgument(new Argument("<shell>").choices(["bash", "zsh", "fish"]))
  .action(async (shell: Shell) => {
    const { completionScript } = await import("./completion.ts");
    process.stdout.write(completionScript(shell, program));
  });

// A switch in the environment counts as said unless it says no.
for (const name of [
  "PORTHOLE_JSON",
  "PORTHOLE_READ_ONLY",
  "PORTHOLE_ALLOW_DEFAULT_PASSWORD",
  "PORTHOLE_ANONYMOUS",
  "PORTHOLE_TLS_REQUIRED",
  "PORTHOLE_ANNOUNCE",
]) {
  if (/^(|0|no|off|false)$/i.test(process.env[name] ?? "")) delete process.env[name];
}

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommandFailure)) throw error;
  const json = process.argv.includes("--json") || process.env["PORTHOLE_JSON"] !== undefined;
  const { message } = error;
  process.stderr.write(
    json ? `${JSON.stringify({ level: "error", event: "failed", message })}\n` : `porthole: ${message}\n`,
  );
  process.exit(1); // one server may run already
}
