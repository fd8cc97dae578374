// `sluice nft`: nft(8) without root and without a kernel. The ruleset is kept in a file between
// calls, so scripts that call nft many times work as they are.

import { dirname } from 'node:path';
import { compile, type Source } from '../../nft/index.ts';
import { EXIT_INPUT, EXIT_OK, Failure, fileFailure } from '../failure.ts';
import type { Host } from '../host.ts';
import { inlineLittle } from '../inlining.ts';
import { VERSION } from '../version.ts';
import { makeFolder } from './nft-folder.ts';
import type { MonitorCommand } from './nft-monitor.ts';
import { NFT_OPTIONS, type NftArguments, parseNftArguments } from './nft-options.ts';
import { COMMAND_LINE, report } from './nft-report.ts';
import { NftSession } from './nft-session.ts';
import { Store, statePath } from './nft-store.ts';
import { KeptTarget, type NftTarget } from './nft-target.ts';

/** The release of nft whose language this is. */
const LANGUAGE = '1.1';

export const NFT_EXAMPLES = `
Examples:
  sluice nft -f /etc/nftables.conf
  sluice nft add rule inet filter input tcp dport 22 accept
  sluice nft -a list chain inet filter input
  sluice nft delete rule inet filter input handle 7
  sluice nft -j list ruleset
  sluice nft -c --debug=netlink add rule inet filter input tcp dport 22 accept
  sluice nft monitor
  sluice nft --live list ruleset          # as root: what the running kernel has
  sluice nft --live -c -f new.nft         # would it take that?
  SLUICE_STATE=/tmp/try.json sluice nft list ruleset

The ruleset is kept in $XDG_STATE_HOME/sluice/ruleset.json (~/.local/state without that), or where
--state or SLUICE_STATE says. It filters nothing: 'sluice trace' shows what it would do. With --live it is the
running kernel's ruleset, and the same commands list and change that, as root.`;

function help(): string {
  const width = Math.max(...NFT_OPTIONS.map(({ flags }) => flags.length)) + 2;
  const options = NFT_OPTIONS.map(({ flags, about }) => `  ${flags.padEnd(width)}${about}\n`);
  return `Usage: sluice nft [ options ] [ cmds... ]\n\nOptions:\n${options.join('')}${NFT_EXAMPLES}\n`;
}

const versionText = (long: boolean): string =>
  `sluice nft ${VERSION} (language of nftables ${LANGUAGE})\n` +
  (long ? '  cli:\t\treadline\n  json:\t\tyes\n  minigmp:\tno\n  libxtables:\tno\n' : '');

/** Texts to be read, from files in their order, or the words of the command line. */
async function sourcesOf(args: NftArguments, host: Host): Promise<Source[]> {
  if (args.command !== undefined) return [{ name: COMMAND_LINE, text: args.command }];
  return Promise.all(args.files.map((name) => readSource(name, host)));
}

async function readSource(path: string, host: Host): Promise<Source> {
  try {
    if (path === '-') return { name: '/dev/stdin', text: await host.readInput() };
    return { name: path, text: await host.readText(path) };
  } catch (error) {
    throw fileFailure(path, error);
  }
}

/** Commands that stand for themselves need not be looked for in a ruleset. */
const MONITOR = /^\s*monitor\b/;

/** Undefined, and said, where the words are wrong. @throws Failure where it is not alone */
function monitorCommand(source: Source, host: Host): MonitorCommand | undefined {
  const { queries, diagnostics, sources } = compile(source);
  if (report(diagnostics, sources, host)) return undefined;
  const [command] = queries;
  if (command?.kind !== 'monitor' || queries.length > 1)
    throw new Failure('monitor stands alone: sluice nft monitor');
  return command;
}

type Monitoring = (command: MonitorCommand, session: NftSession) => Promise<void>;

/** What other calls do to the kept ruleset. */
const monitorKept =
  (state: string, args: NftArguments, host: Host): Monitoring =>
  async (command, session) => {
    if (command.object === 'trace')
      throw new Failure("no packets pass here: 'sluice trace' shows what a ruleset does to one");
    const { entryText, monitor } = await import('./nft-monitor.ts');
    makeFolder(dirname(state));
    await monitor(state, host, (entry) =>
      entryText(entry, command, session.listOptions(), args.on.has('json')),
    );
  };

/** Line by line; a backslash at the end joins the next one. */
async function interactive(session: NftSession, host: Host): Promise<number> {
  let begun = '';
  for await (const line of host.lines('nft> ')) {
    if (line.endsWith('\\')) {
      begun += `${line.slice(0, -1)} `;
      continue;
    }
    const text = begun + line;
    begun = '';
    if (/^\s*(quit|exit)\s*$/.test(text)) break;
    if (text.trim() !== '') await session.run([{ name: COMMAND_LINE, text }]);
  }
  return EXIT_OK;
}

/** Answers the exit code, as nft: 0, or 1 where anything was wrong. */
export async function nft(words: readonly string[], host: Host): Promise<number> {
  try {
    return await runNft(parseNftArguments(words), host);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    host.err(`Error: ${error.message}\n`);
    return EXIT_INPUT;
  }
}

async function runOver(
  target: NftTarget,
  args: NftArguments,
  host: Host,
  monitoring: Monitoring,
): Promise<number> {
  const session = new NftSession(target, args, host);
  if (args.on.has('interactive')) return interactive(session, host);
  if (args.command === undefined && args.files.length === 0)
    throw new Failure('no command specified');
  const sources = await sourcesOf(args, host);
  const [first] = sources;
  if (first === undefined || !MONITOR.test(first.text)) {
    await inlineLittle(sources, () => target.prepare());
    return (await session.run(sources)) ? EXIT_OK : EXIT_INPUT;
  }
  const command = monitorCommand(first, host);
  if (command === undefined) return EXIT_INPUT;
  await monitoring(command, session);
  return EXIT_OK;
}

/** Over the running kernel's ruleset. */
async function runLive(args: NftArguments, host: Host): Promise<number> {
  const { LiveTarget } = await import('./nft-live.ts');
  const target = await LiveTarget.open(args.netns);
  try {
    return await runOver(target, args, host, async (command, session) => {
      const { monitorLive } = await import('./nft-live-monitor.ts');
      await monitorLive(target.kernel, {
        command,
        args,
        host,
        options: () => session.listOptions(),
      });
    });
  } finally {
    target.close();
  }
}

async function runNft(args: NftArguments, host: Host): Promise<number> {
  const { on } = args;
  if (on.has('help') || on.has('version') || on.has('V')) {
    host.out(on.has('help') ? help() : versionText(on.has('V')));
    return EXIT_OK;
  }
  if (on.has('live')) return runLive(args, host);
  const state = statePath(args.state, host.env);
  return runOver(new KeptTarget(new Store(state)), args, host, monitorKept(state, args, host));
}
