// The command line: words to requests. The commands are loaded when they are called, so that
// `sluice trace` does not wait for what `sluice replay` needs.
import { Command, CommanderError, Option } from 'commander';
import type { ColourWish } from './colour.ts';
import { EXIT_OK, EXIT_USAGE } from './failure.ts';
import type { Host } from './host.ts';
import { VERSION } from './version.ts';

const EXIT_CODES = `
Exit codes:
  0   done
  1   the input has errors: a ruleset, a packet, a topology or a capture
  2   the command line was not understood
  3   diff, translate --prove: the rulesets differ
  4   the same: no difference was found, but verdicts depend on what cannot be evaluated
  70  a bug of sluice`;

const TRACE_HELP = `
A packet is one argument, in the notation of docs/packet-notation.md, or hex, or frames of a capture.
Several make a conversation through one firewall; 'advance' moves its clock.

Examples:
  sluice trace -r gateway.nft 'tcp 10.0.1.2:40000 > 192.0.2.10:443 syn, in eth0'
  sluice trace -r gateway.nft -t home.yaml 'udp 10.0.1.2:5353 > 9.9.9.9:53' 'advance 31s' \\
                                           'udp 9.9.9.9:53 > 10.0.1.2:5353'
  sluice trace -r gateway.nft capture.pcapng#12,15-20
  sluice trace -r gateway.nft hex 4500001c00010000401100000a00000108080808...
  ip -j addr > addr.json; ip -j route > route.json
  sluice trace -r gateway.nft -t addr.json -t route.json 'icmp 10.0.1.2 > 9.9.9.9 echo'`;

const REPLAY_HELP = `
Examples:
  sluice replay -r gateway.nft monday.pcap
  sluice replay -r gateway.nft -t home.yaml monday.pcap -o annotated.pcapng
The written capture has a comment on each packet with verdict, rule, state and translation.`;

/** What finds a rule off by one in a ruleset of some hundred rules within half a minute. */

const DIFF_HELP = `
Packets are made to meet every rule of both, at the edges of what it matches, and sent through both with
answers, errors and time between them. Compared are what leaves, what is delivered, marks and connections.

Examples:
  sluice diff old.nft new.nft
  sluice diff -t home.yaml --tries 50000 old.nft new.nft
Exit code 0 means that no difference was found, 3 that the packets printed show one.`;

const TRANSLATE_HELP = `
Chains, policies and the order of rules stay as they are, and what is written does the same to every packet.
A rule that nft cannot say is left over: it stands as a comment with the reason, and is told on standard error.
docs/translation.md lists what is carried over. With --near rules that nft can say nearly are written, too, each
behind a comment that tells the difference; with --strict nothing is written where a rule is left over, and the
exit code is 1. With --prove packets are made for every rule, at the edges of what it
matches, and sent through both rulesets: effects, marks, connections and the rules that count must be the same.

Examples:
  iptables-save | sluice translate - > rules.nft
  sluice translate --prove rules.v4 rules.v6 -o rules.nft
  sluice translate --near rules.v4       # TCPMSS as \`tcp option maxseg size set\`
Exit code 3 means that a packet was found that the two treat differently; it is printed.`;

const TOPOLOGY_HELP =
  'the network: YAML (docs/topology.md), or saved output of ip -j addr, route, rule, neigh';

const RULESET_HELP =
  'a ruleset: nftables, iptables-save, ipset save or nfacct list; several are loaded in order';

const FINGERPRINTS_HELP = 'a pf.os file: what osf tells operating systems by';

const TIMEOUTS_HELP = 'a state file of sluice nfct: the policies that CT --timeout names';

/** What the options of a command turn into; commander's shape. */
interface Raw {
  readonly ruleset?: readonly string[];
  readonly topology?: readonly string[];
  readonly define?: readonly string[];
  readonly fingerprints?: string;
  readonly timeouts?: string;
  readonly all?: boolean;
  readonly strict?: boolean;
  readonly queue?: readonly string[];
  readonly json?: boolean;
  readonly bytecode?: boolean;
  readonly output?: string;
  readonly seed?: number;
  readonly tries?: number;
  readonly pcap?: string;
  readonly writeNetwork?: string;
  readonly prove?: boolean;
  readonly counters?: boolean;
  readonly near?: boolean;
}

const gather = (value: string, before: readonly string[] = []): string[] => [...before, value];

/** `name=value` pairs of -D. */
const definesOf = (pairs: readonly string[] = []): Readonly<Record<string, string>> =>
  Object.fromEntries(pairs.map((p) => [p.split('=')[0] ?? '', p.slice(p.indexOf('=') + 1)]));

/** Runs a command line. Answers the exit code; nothing is thrown but bugs. */
export async function runCommandLine(args: readonly string[], host: Host): Promise<number> {
  let code = EXIT_OK;
  const done = (result: number): void => {
    code = result;
  };
  const program = await buildProgram(host, done, args[0]);
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
  }
  return code;
}

/** Those that are called most: what the others need is not loaded for them. */
const RULESET_COMMANDS: ReadonlyMap<string, Add> = new Map<string, Add>([
  ['trace', addTrace],
  ['replay', addReplay],
  ['check', addCheck],
  ['list', addList],
  ['diff', addDiff],
  ['translate', addTranslate],
]);

async function addOthers(program: Command, host: Host, colour: Colour, done: Done): Promise<void> {
  const dropIns = await import('./drop-in-args.ts');
  const { addQueue } = await import('./queue-args.ts');
  const { addDivert, addMonitor, addSniff } = await import('./live-args.ts');
  dropIns.addNft(program, host, done);
  dropIns.addIpset(program, host, done);
  dropIns.addConntrack(program, host, done);
  dropIns.addNfct(program, host, done);
  dropIns.addNfacct(program, host, done);
  dropIns.addXtables(program, host, done);
  addQueue(program, host, done);
  addSniff(program, host, colour, done);
  addMonitor(program, host, colour, done);
  addDivert(program, host, colour, done);
  dropIns.addShims(program, host, done);
  dropIns.addCompletion(program, host, done);
}

/**
 * The program; `done` gets the exit code of the command that ran.
 * @param only a command that is called; all of them are there where it is none of this file's
 */
async function buildProgram(host: Host, done: Done, only: string | undefined): Promise<Command> {
  const program = new Command('sluice');
  program
    .description('What a Linux firewall does to a packet, and why: netfilter without a kernel.')
    .version(VERSION, '-V, --version', 'print the version')
    .option('--color', 'colour even in a pipe')
    .option('--no-color', 'no colour (as NO_COLOR in the environment)')
    .helpOption('-h, --help', 'print this')
    .addHelpText('after', EXIT_CODES)
    .showSuggestionAfterError(true)
    .configureOutput({ writeOut: (t) => host.out(t), writeErr: (t) => host.err(t) })
    .exitOverride();
  const colour = (): ColourWish => colourOf(program.opts<{ color?: boolean }>().color);
  const add = only === undefined ? undefined : RULESET_COMMANDS.get(only);
  if (add !== undefined) add(program, host, colour, done);
  else {
    for (const one of RULESET_COMMANDS.values()) one(program, host, colour, done);
    await addOthers(program, host, colour, done);
  }
  for (const command of program.commands)
    command
      .helpOption('-h, --help', 'print this')
      .configureOutput({ writeOut: (t) => host.out(t), writeErr: (t) => host.err(t) })
      .exitOverride();
  return program;
}

const colourOf = (color: boolean | undefined): ColourWish =>
  color === undefined ? 'auto' : color ? 'always' : 'never';

type Done = (code: number) => void;
type Colour = () => ColourWish;
type Add = (program: Command, host: Host, colour: Colour, done: Done) => void;

function rulesetOptions(command: Command): Command {
  return command
    .addOption(
      new Option('-r, --ruleset <file>', RULESET_HELP).argParser(gather).makeOptionMandatory(),
    )
    .addOption(new Option('-t, --topology <file>', TOPOLOGY_HELP).argParser(gather))
    .addOption(defineOption())
    .addOption(new Option('--fingerprints <file>', FINGERPRINTS_HELP))
    .addOption(new Option('--timeouts <file>', TIMEOUTS_HELP))
    .addOption(
      new Option('--queue <n=file>', 'a packet handler for a queue (docs/queue.md)').argParser(
        gather,
      ),
    )
    .addOption(strictOption())
    .addOption(seedOption());
}

const strictOption = (): Option =>
  new Option('--strict', 'refuse a file of iptables or ipset that has a line nobody can read');

const seedOption = (): Option =>
  new Option('--seed <number>', 'where random ports and numbers start')
    .argParser(Number)
    .default(1);

const defineOption = (): Option =>
  new Option('-D, --define <name=value>', 'define a variable of the ruleset').argParser(gather);

const networkOf = (raw: Raw) => ({
  rulesets: raw.ruleset ?? [],
  strict: raw.strict ?? false,
  topologies: raw.topology ?? [],
  fingerprints: raw.fingerprints,
  timeouts: raw.timeouts,
  defines: definesOf(raw.define),
  seed: raw.seed ?? 1,
  queues: raw.queue ?? [],
});

function addTrace(program: Command, host: Host, colour: Colour, done: Done): void {
  rulesetOptions(program.command('trace'))
    .description('show the whole way of packets through a firewall')
    .argument('<packet...>', "packets, or '-' to read them from standard input, one a line")
    .option('-a, --all', 'show every rule, and the ways of packets made on the way')
    .option('--json', 'print the traces as JSON (docs/trace-json.md)')
    .addHelpText('after', TRACE_HELP)
    .action(async (packets: string[], raw: Raw) => {
      const { trace } = await import('./commands/trace.ts');
      const request = {
        ...networkOf(raw),
        packets,
        all: raw.all ?? false,
        json: raw.json ?? false,
      };
      done(await trace({ ...request, colour: colour() }, host));
    });
}

function addReplay(program: Command, host: Host, colour: Colour, done: Done): void {
  rulesetOptions(program.command('replay'))
    .description('send a whole capture through a firewall')
    .argument('<capture>', 'a pcap or pcapng file')
    .option('-o, --output <file>', 'write an annotated pcapng')
    .option('--json', 'print the summary as JSON')
    .addHelpText('after', REPLAY_HELP)
    .action(async (capture: string, raw: Raw) => {
      const { replay } = await import('./commands/replay.ts');
      const request = { ...networkOf(raw), capture, output: raw.output, json: raw.json ?? false };
      done(await replay({ ...request, colour: colour() }, host));
    });
}

function addCheck(program: Command, host: Host, colour: Colour, done: Done): void {
  program
    .command('check')
    .description('read a ruleset and say what is wrong with it')
    .argument('<ruleset...>', 'nftables, iptables-save, ipset save or nfacct list, read in order')
    .addOption(defineOption())
    .addOption(strictOption())
    .option('--json', 'print the diagnostics as JSON')
    .action(async (rulesets: string[], raw: Raw) => {
      const { check } = await import('./commands/check.ts');
      const { json = false, strict = false } = raw;
      const request = { rulesets, defines: definesOf(raw.define), json, strict };
      done(await check({ ...request, colour: colour() }, host));
    });
}

function addList(program: Command, host: Host, colour: Colour, done: Done): void {
  program
    .command('list')
    .description('print a ruleset as nft lists it')
    .argument('<ruleset...>', 'nftables, iptables-save, ipset save or nfacct list, read in order')
    .addOption(defineOption())
    .addOption(strictOption())
    .addOption(new Option('--json', 'print it as the JSON of nft').conflicts('bytecode'))
    .option('--bytecode', 'print the expressions the kernel gets')
    .action(async (rulesets: string[], raw: Raw) => {
      const { list } = await import('./commands/list.ts');
      const form = raw.bytecode ? 'bytecode' : raw.json ? 'json' : 'text';
      const { strict = false } = raw;
      const request = { rulesets, defines: definesOf(raw.define), form, strict } as const;
      done(await list({ ...request, colour: colour() }, host));
    });
}

function addDiff(program: Command, host: Host, colour: Colour, done: Done): void {
  program
    .command('diff')
    .description('look for a packet that two rulesets treat differently')
    .argument('<first>', 'a ruleset; several files joined by commas, \\, is a comma in a name')
    .argument('<second>', 'another one, in either language')
    .addOption(new Option('-t, --topology <file>', TOPOLOGY_HELP).argParser(gather))
    .addOption(defineOption())
    .addOption(strictOption())
    .addOption(new Option('--tries <number>', 'conversations to try').argParser(Number))
    .addOption(seedOption())
    .option('--pcap <file>', 'write the packets of a difference as pcapng')
    .option('--write-network <file>', 'write the network that was made up as a topology')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', DIFF_HELP)
    .action(async (first: string, second: string, raw: Raw) => {
      const { diff } = await import('./commands/diff.ts');
      const request = {
        first,
        second,
        topologies: raw.topology ?? [],
        defines: definesOf(raw.define),
        seed: raw.seed ?? 1,
        tries: raw.tries,
        pcap: raw.pcap,
        network: raw.writeNetwork,
        strict: raw.strict ?? false,
        json: raw.json ?? false,
      };
      done(await diff({ ...request, colour: colour() }, host));
    });
}

function addTranslate(program: Command, host: Host, colour: Colour, done: Done): void {
  program
    .command('translate')
    .description('translate iptables rulesets to nft, and prove the translation')
    .argument('<ruleset...>', "files of iptables-save, '-' for standard input")
    .option('-o, --output <file>', 'write the translation there')
    .option('--prove', 'look for a packet that the translation treats differently')
    .option('--counters', 'take the counters of rules over')
    .option('--near', 'write what nft can say only nearly, with the difference')
    .option('--strict', 'write nothing where a line or a rule is left over')
    .addOption(new Option('-t, --topology <file>', TOPOLOGY_HELP).argParser(gather))
    .addOption(new Option('--tries <number>', 'conversations to try').argParser(Number))
    .addOption(seedOption())
    .option('--pcap <file>', 'write the packets of a difference as pcapng')
    .option('--write-network <file>', 'write the network that was made up as a topology')
    .option('--json', 'print translation, leftovers and proof as JSON')
    .addHelpText('after', TRANSLATE_HELP)
    .action(async (rulesets: string[], raw: Raw) => {
      const { translate } = await import('./commands/translate.ts');
      const request = {
        rulesets,
        topologies: raw.topology ?? [],
        defines: {},
        output: raw.output,
        prove: raw.prove ?? false,
        counters: raw.counters ?? false,
        near: raw.near ?? false,
        strict: raw.strict ?? false,
        seed: raw.seed ?? 1,
        tries: raw.tries,
        pcap: raw.pcap,
        network: raw.writeNetwork,
        json: raw.json ?? false,
      };
      done(await translate({ ...request, colour: colour() }, host));
    });
}
