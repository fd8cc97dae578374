// `sluice conntrack`: conntrack(8) without root and without a kernel, over the state that `sluice nft` keeps.

import { EXIT_INPUT, EXIT_OK, Failure } from '../failure.ts';
import type { Host } from '../host.ts';
import { checkBatch, linesOf, wordsOfLine } from './conntrack/batch.ts';
import { CONNTRACK_VERSION, ConntrackFault, PREFIX } from './conntrack/fault.ts';
import { CONNTRACK_HELP } from './conntrack/help.ts';
import { LABEL_FILE, type Labels, NO_LABELS, readLabels } from './conntrack/labels.ts';
import { parseCommand } from './conntrack/parse.ts';
import { handlerOf, protocolHelp } from './conntrack/protocols.ts';
import { ConntrackSession } from './conntrack/session.ts';
import type { ParsedCommand } from './conntrack/template.ts';
import { Store, statePath } from './nft-store.ts';
import { takeState } from './state-option.ts';

async function readBatch(path: string, host: Host): Promise<string> {
  if (path === '-') return host.readInput();
  try {
    return await host.readText(path);
  } catch {
    throw new ConntrackFault(`Failed to open file ${path} for reading`);
  }
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

async function runOne(
  command: ParsedCommand,
  store: Store,
  labels: () => Labels,
  host: Host,
): Promise<number> {
  switch (command.command) {
    case 'none':
      host.out(CONNTRACK_HELP);
      return EXIT_OK;
    case 'help': {
      const { protocol } = command.template;
      const also = protocol === undefined ? '' : `\n${protocolHelp(handlerOf(String(protocol)))}`;
      host.out(CONNTRACK_HELP + also);
      return EXIT_OK;
    }
    case 'version':
      host.out(`conntrack v${CONNTRACK_VERSION} (conntrack-tools)\n`);
      return EXIT_OK;
    case 'event':
    case 'exp-event': {
      // The folder of the state is there before a file is put into it.
      store.exclusively(() => {});
      const { watch } = await import('./conntrack/watch.ts');
      const named = command.output.has('labels') ? labels() : undefined;
      await watch(store.path, command, named, host);
      return EXIT_OK;
    }
    default:
      return new ConntrackSession(store, host, labels).run(command);
  }
}

async function runWords(words: readonly string[], store: Store, host: Host): Promise<number> {
  const labels = once(() => {
    const text = host.read(LABEL_FILE);
    if (text === undefined) host.err(NO_LABELS);
    return readLabels(text);
  });
  const parse = (of: readonly string[]): ParsedCommand =>
    parseCommand(of, labels, (text) => host.err(text));
  const [first, path] = words;
  if ((first !== '-R' && first !== '--load-file') || path === undefined)
    return runOne(parse(words), store, labels, host);
  const lines = linesOf(await readBatch(path, host));
  const commands = lines.map((line) => parse(wordsOfLine(line)));
  checkBatch(commands);
  new ConntrackSession(store, host, labels).runAll(commands);
  return EXIT_OK;
}

/** Answers the exit status of conntrack: 2 for words that are wrong, 1 for what is refused or not found. */
export async function conntrack(words: readonly string[], host: Host): Promise<number> {
  try {
    const { state, rest } = takeState(words);
    return await runWords(rest, new Store(statePath(state, host.env)), host);
  } catch (error) {
    if (error instanceof ConntrackFault) {
      host.err(error.text);
      return error.status;
    }
    if (!(error instanceof Failure)) throw error;
    host.err(`${PREFIX}${error.message}\n`);
    return EXIT_INPUT;
  }
}
