import { EXIT_INTERNAL, Failure } from './failure.ts';
import type { Host } from './host.ts';

/** Runs a command line to its exit code; what a person did wrong is said on standard error. */
export async function run(args: readonly string[], host: Host): Promise<number> {
  try {
    // The options of nft are nft's own, and a script calls it often: nothing else is loaded for it.
    if (args[0] === 'nft') {
      const { nft } = await import('./commands/nft.ts');
      return await nft(args.slice(1), host);
    }
    if (args[0] === 'ipset') {
      const { ipset } = await import('./commands/ipset.ts');
      return await ipset(args.slice(1), host);
    }
    const { runCommandLine } = await import('./args.ts');
    return await runCommandLine(args, host);
  } catch (error) {
    if (error instanceof Failure) {
      host.err(`sluice: ${error.message}\n`);
      return error.code;
    }
    const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
    host.err(`sluice: a bug, please report it\n${trace}\n`);
    return EXIT_INTERNAL;
  }
}
