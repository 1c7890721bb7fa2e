import { ApiError } from './api-error.ts';
import { UsageError } from './flags.ts';
import { ListenError } from './listen.ts';

/** Trouble that its message explains in full, to whoever typed the command. */
export class ExpectedError extends Error {}

/** Exit code for bad arguments (the conventional one; `load` and `drill` have their own, see design of exit codes). */
export const EXIT_USAGE = 2;
export const EXIT_FAILED = 1;

/**
 * Runs a program to its exit code. Expected trouble (bad arguments, a refusal of an API) is one plain message;
 * anything else is a defect and keeps its stack.
 */
export async function runMain(
  main: () => Promise<number | undefined> | Promise<void>,
  usageCode: number = EXIT_USAGE,
): Promise<void> {
  process.stdout.on('error', unlessReaderLeft);
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    const expected = [UsageError, ApiError, ListenError, ExpectedError].some((kind) => error instanceof kind);
    process.stderr.write(`${expected ? (error as Error).message : (error as Error).stack}\n`);
    process.exitCode = error instanceof UsageError ? usageCode : EXIT_FAILED;
  }
}

/** `npm run mode | head`: whoever read along has gone, and there is nobody to tell anything. */
function unlessReaderLeft(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
