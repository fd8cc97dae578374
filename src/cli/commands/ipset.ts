// `sluice ipset`: ipset(8) without root and without a kernel, over the state that `sluice nft` keeps.

import { type IpsetCommand, IpsetFault, ipsetWords, isIpsetComment } from '../../iptables/index.ts';
import { EXIT_INPUT, EXIT_OK, EXIT_USAGE, Failure } from '../failure.ts';
import type { Host } from '../host.ts';
import { ipsetHelp } from './ipset-help.ts';
import { ipsetNames } from './ipset-names.ts';
import { IPSET_VERSION, IpsetSession } from './ipset-session.ts';
import { Store, statePath } from './nft-store.ts';

/** What ipset exits with where a file cannot be opened. */
const EXIT_FILE = 255;

/** Takes `--state FILE` out of the words: it is no option of ipset's. */
function takeState(words: readonly string[]): { state: string | undefined; rest: string[] } {
  const rest = [...words];
  const at = rest.findIndex((word) => word === '--state' || word.startsWith('--state='));
  if (at < 0) return { state: undefined, rest };
  const word = rest[at] ?? '';
  if (word.startsWith('--state=')) {
    rest.splice(at, 1);
    return { state: word.slice('--state='.length), rest };
  }
  const [, file] = rest.splice(at, 2);
  if (file === undefined) throw new Failure("option requires an argument -- 'state'", EXIT_USAGE);
  return { state: file, rest };
}

async function readFile(path: string | undefined, host: Host): Promise<string | number> {
  if (path === undefined) return host.readInput();
  try {
    return await host.readText(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    host.err(`ipset v${IPSET_VERSION}: Cannot open ${path} for reading: ${why}\n`);
    return EXIT_FILE;
  }
}

async function writeFile(path: string, text: string, host: Host): Promise<number> {
  try {
    const sink = await host.create(path);
    await sink.write(new TextEncoder().encode(text));
    await sink.close();
    return EXIT_OK;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    host.err(`ipset v${IPSET_VERSION}: Cannot open ${path} for writing: ${why}\n`);
    return EXIT_FILE;
  }
}

function help(type: string | undefined, host: Host): number {
  const text = ipsetHelp(type);
  host.out(text ?? ipsetHelp(undefined) ?? '');
  if (text !== undefined) return EXIT_OK;
  host.err(`ipset v${IPSET_VERSION}: Unknown settype: \`${type}'\n`);
  host.err("Try `ipset help' for more information.\n");
  return EXIT_USAGE;
}

async function runCommand(
  session: IpsetSession,
  command: IpsetCommand,
  host: Host,
): Promise<number> {
  const { file } = session.options;
  switch (command.kind) {
    case 'help':
      return help(command.type, host);
    case 'version':
      host.out(`ipset v${IPSET_VERSION}, protocol version: 7\n`);
      return EXIT_OK;
    case 'restore': {
      const text = await readFile(file, host);
      return typeof text === 'number' ? text : session.restore(text);
    }
    case 'list':
    case 'save': {
      if (file === undefined) return session.run(command);
      const text = session.listing(command);
      return typeof text === 'number' ? text : writeFile(file, text, host);
    }
    case 'none':
      host.out('No command specified\n');
      return EXIT_OK;
    default:
      return session.run(command);
  }
}

/** Line by line; what is wrong is said and the next line is read. */
async function interactive(store: Store, host: Host): Promise<number> {
  const session = new IpsetSession(store, host, ipsetNames(host), 'interactive');
  for await (const line of host.lines('ipset> ', 'always')) {
    if (isIpsetComment(line)) continue;
    try {
      const command = session.read(ipsetWords(line).map(({ text }) => text));
      if (command.kind === 'quit') break;
      if (command.kind === 'restore')
        host.out('Restore command is not supported in interactive mode\n');
      else await runCommand(session, command, host);
    } catch (error) {
      if (!(error instanceof IpsetFault)) throw error;
      session.say(error);
    }
  }
  return EXIT_OK;
}

/** One command of a session. */
export async function runWords(
  session: IpsetSession,
  store: Store,
  words: readonly string[],
  host: Host,
): Promise<number> {
  try {
    const command = session.read(words);
    if (command.kind === 'interactive') return await interactive(store, host);
    return await runCommand(session, command, host);
  } catch (error) {
    if (!(error instanceof IpsetFault)) throw error;
    session.say(error);
    return error.status;
  }
}

/** Answers the exit status of ipset: 1 for what is refused or not in the set, 2 for what is not understood. */
export async function ipset(words: readonly string[], host: Host): Promise<number> {
  try {
    const { state, rest } = takeState(words);
    const store = new Store(statePath(state, host.env));
    const session = new IpsetSession(store, host, ipsetNames(host), 'command');
    return await runWords(session, store, rest, host);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    host.err(`ipset v${IPSET_VERSION}: ${error.message}\n`);
    return EXIT_INPUT;
  }
}
