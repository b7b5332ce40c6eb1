/** What ends a command with a sentence for its user and exit code 1, without a stack. */
export class CommandFailure extends Error {}
