// `sluice conntrack`: conntrack(8) without root and without a kernel, over the state that `sluice nft` keeps;
// with `--live` over the connections of the running kernel.

import { EXIT_INPUT, EXIT_OK, EXIT_USAGE, Failure } from '../failure.ts';
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

/** Which connections are meant: the kept ones, or the kernel's. */
interface Where {
  readonly store: Store;
  readonly live: Live | undefined;
}

/** `--live`, and the namespace of the running kernel. */
interface Live {
  readonly netns: string | undefined;
}

/** Both stand in front, as `--state` does: behind it are words of conntrack's own. */
function takeLive(words: readonly string[]): { live?: Live; rest: readonly string[] } {
  const [first, second, netns, ...rest] = words;
  if (first !== '--live') return { rest: words };
  if (second !== '--netns') return { live: { netns: undefined }, rest: words.slice(1) };
  if (netns === undefined) throw new Failure("option requires an argument -- 'netns'", EXIT_USAGE);
  return { live: { netns }, rest };
}

async function withKernel<T>(
  { netns }: Live,
  labels: () => Labels,
  host: Host,
  work: (session: import('./conntrack/live.ts').LiveSession) => T | Promise<T>,
): Promise<T> {
  const { LiveSession } = await import('./conntrack/live.ts');
  const session = await LiveSession.open(netns, host, labels);
  try {
    return await work(session);
  } finally {
    session.close();
  }
}

async function runOne(
  command: ParsedCommand,
  { store, live }: Where,
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
      if (live !== undefined)
        return withKernel(live, labels, host, (session) => session.run(command));
      // The folder of the state is there before a file is put into it.
      store.exclusively(() => {});
      const { watch } = await import('./conntrack/watch.ts');
      const named = command.output.has('labels') ? labels() : undefined;
      await watch(store.path, command, named, host);
      return EXIT_OK;
    }
    default:
      if (live !== undefined)
        return withKernel(live, labels, host, (session) => session.run(command));
      return new ConntrackSession(store, host, labels).run(command);
  }
}

async function runWords(words: readonly string[], where: Where, host: Host): Promise<number> {
  const labels = once(() => {
    const text = host.read(LABEL_FILE);
    if (text === undefined) host.err(NO_LABELS);
    return readLabels(text);
  });
  const parse = (of: readonly string[]): ParsedCommand =>
    parseCommand(of, labels, (text) => host.err(text));
  const [first, path] = words;
  if ((first !== '-R' && first !== '--load-file') || path === undefined)
    return runOne(parse(words), where, labels, host);
  const lines = linesOf(await readBatch(path, host));
  const commands = lines.map((line) => parse(wordsOfLine(line)));
  checkBatch(commands);
  const { live, store } = where;
  if (live === undefined) new ConntrackSession(store, host, labels).runAll(commands);
  else await withKernel(live, labels, host, (session) => session.runAll(commands));
  return EXIT_OK;
}

/** Answers the exit status of conntrack: 2 for words that are wrong, 1 for what is refused or not found. */
export async function conntrack(words: readonly string[], host: Host): Promise<number> {
  try {
    const { live, rest: unlived } = takeLive(words);
    const { state, rest } = takeState(unlived);
    const store = new Store(statePath(state, host.env));
    return await runWords(rest, { store, live }, host);
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
