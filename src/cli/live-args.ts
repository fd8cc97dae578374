// The words of `sluice sniff`, `sluice monitor` and `sluice divert`.

import { Argument, type Command, Option } from 'commander';
import type { ColourWish } from './colour.ts';
import type { Host } from './host.ts';
import { hooksOf, option, wholeNumber } from './option-values.ts';

const DIVERT_HELP = `
The file says what listens here and what is left alone (docs/divert.md):
  mode: gateway            # what other machines send through here; host: programs of this one; both
  interfaces: [eth1]
  listeners:
    - { protocol: tcp, port: 80, for: [8080, 8000-8010] }
    - { protocol: udp, port: 53 }
  default: { tcp: 1337, udp: 1337 }
  allow: [{ protocol: tcp, port: 22 }]
Replies come from the address and port that were asked. The rules are there as long as the command runs,
however it ends. One line is printed for each connection: who asked for what.

Examples:
  sluice divert lab.yaml
  sluice divert --dry-run lab.yaml        # the rules, in nft's words
  sluice divert --json lab.yaml | jq -r '[.from, .to, .toPort] | @tsv'`;

interface DivertRaw {
  readonly netns?: string;
  readonly group: number;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** NFLOG groups; three of them are used by divert. */
const groupNumber = wholeNumber(1, 0xffff - 2);

export function addDivert(
  program: Command,
  host: Host,
  colour: () => ColourWish,
  done: (code: number) => void,
): void {
  program
    .command('divert')
    .description('divert traffic for any address and port to programs that listen here')
    .argument('<config>', 'a YAML file')
    .option('--netns <name>', 'in a network namespace, by name or path')
    .addOption(
      option('--group <number>', 'the first of three NFLOG groups', groupNumber).default(1500),
    )
    .option('--dry-run', 'print the rules and end')
    .option('--json', 'print the connections as JSON, a line each')
    .addHelpText('after', DIVERT_HELP)
    .action(async (config: string, raw: DivertRaw) => {
      const { divert } = await import('./commands/divert/divert.ts');
      const { netns, group, dryRun = false, json = false } = raw;
      done(await divert({ config, netns, group, dryRun, json, colour: colour() }, host));
    });
}

const SNIFF_HELP = `
Every packet that matches is told with its hook, its interfaces and its bytes. The rules that ask for it are there as
long as the command runs, however it ends, and change nothing for the packets.

Examples:
  sluice sniff --match 'udp dport 53'
  sluice sniff --match 'ip saddr 10.0.0.0/24 tcp dport { 80, 443 }' --hook forward -o web.pcapng
  sluice sniff --match 'icmp type echo-request' --count 3 --no-hex
  sluice sniff --json --netns lab | jq -r .text`;

interface SniffRaw {
  readonly match?: string;
  readonly hook: readonly string[];
  readonly priority: number;
  readonly group: number;
  readonly netns?: string;
  readonly output?: string;
  readonly count?: number;
  readonly hex: boolean;
  readonly json?: boolean;
}

export function addSniff(
  program: Command,
  host: Host,
  colour: () => ColourWish,
  done: (code: number) => void,
): void {
  program
    .command('sniff')
    .description('print packets of the running kernel, where its hooks see them')
    .option('-m, --match <expr>', "which packets, in nft's words; all of them without")
    .addOption(
      option('--hook <names>', 'where to look', hooksOf).default(
        ['prerouting', 'output'],
        'prerouting,output',
      ),
    )
    .addOption(
      option('--priority <number>', 'before or behind what', wholeNumber(-400, 400)).default(-350),
    )
    .addOption(option('--group <number>', 'an NFLOG group', groupNumber).default(1510))
    .option('--netns <name>', 'in a network namespace, by name or path')
    .option('-o, --output <file>', 'write the packets to a pcapng as well')
    .addOption(option('-c, --count <packets>', 'end after so many', wholeNumber(1, 0x7fffffff)))
    .option('--no-hex', 'one line for a packet, without its bytes')
    .option('--json', 'print packets as JSON, a line each')
    .addHelpText('after', SNIFF_HELP)
    .action(async (raw: SniffRaw) => {
      const { sniff } = await import('./commands/sniff.ts');
      const { match = '', hook, priority, group, netns, output, count, hex, json = false } = raw;
      const where = { match, hooks: hook, priority, group, netns };
      done(await sniff({ ...where, output, count, hex, json, colour: colour() }, host));
    });
}

const MONITOR_HELP = `
Without topics everything but packets is told. Packets come from rules with 'log group N'; steps of a trace from rules
with 'meta nftrace set 1', and look as those of 'sluice trace'.

Examples:
  sluice monitor
  sluice monitor conntrack expect --json
  sluice monitor trace --netns lab
  sluice monitor --group 5 --no-hex`;

interface MonitorRaw {
  readonly group?: number[];
  readonly netns?: string;
  readonly hex: boolean;
  readonly json?: boolean;
}

export const TOPICS = ['conntrack', 'expect', 'ruleset', 'trace'] as const;

export function addMonitor(
  program: Command,
  host: Host,
  colour: () => ColourWish,
  done: (code: number) => void,
): void {
  program
    .command('monitor')
    .description(
      'tell what happens in the running kernel: connections, rules, traces, logged packets',
    )
    .addArgument(new Argument('[topics...]', 'what to tell').choices(TOPICS))
    .addOption(
      new Option('--group <number>', 'packets of an NFLOG group; several times').argParser(
        (text: string, before: number[] = []) => [...before, wholeNumber(0, 0xffff)(text)],
      ),
    )
    .option('--netns <name>', 'in a network namespace, by name or path')
    .option('--no-hex', 'packets without their bytes')
    .option('--json', 'as JSON, a line each')
    .addHelpText('after', MONITOR_HELP)
    .action(async (words: (typeof TOPICS)[number][], raw: MonitorRaw) => {
      const { monitor } = await import('./commands/monitor/monitor.ts');
      const { group: groups = [], netns, hex, json = false } = raw;
      const topics = words.length > 0 || groups.length > 0 ? words : TOPICS;
      done(await monitor({ topics, groups, netns, hex, json, colour: colour() }, host));
    });
}
