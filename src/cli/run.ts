import { DROP_INS } from './drop-ins.ts';
import { EXIT_INPUT, EXIT_INTERNAL, Failure } from './failure.ts';
import type { Host } from './host.ts';

/** What the machine refuses, told by name: the room that throws it is only loaded where it is needed. */
const REFUSED: ReadonlySet<string> = new Set(['SystemError', 'MissingPackage']);

/** Runs a command line to its exit code; what a person did wrong is said on standard error. */
export async function run(args: readonly string[], host: Host): Promise<number> {
  try {
    const dropIn = DROP_INS.get(args[0] ?? '');
    if (dropIn !== undefined) return await dropIn(args.slice(1), host);
    const { runCommandLine } = await import('./args.ts');
    return await runCommandLine(args, host);
  } catch (error) {
    if (error instanceof Failure) {
      host.err(`sluice: ${error.message}\n`);
      return error.code;
    }
    if (error instanceof Error && REFUSED.has(error.name)) {
      host.err(`sluice: ${error.message}\n`);
      return EXIT_INPUT;
    }
    const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
    host.err(`sluice: a bug, please report it\n${trace}\n`);
    return EXIT_INTERNAL;
  }
}
