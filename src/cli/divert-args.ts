// The words of `sluice divert`.

import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ColourWish } from './colour.ts';
import type { Host } from './host.ts';

const HELP = `
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

interface Raw {
  readonly netns?: string;
  readonly group: number;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

function groupOf(text: string): number {
  const value = Number(text);
  // Three of them are used.
  if (Number.isInteger(value) && value >= 1 && value <= 0xffff - 2) return value;
  throw new InvalidArgumentError('a number from 1 to 65533 is wanted.');
}

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
      new Option('--group <number>', 'the first of three NFLOG groups')
        .argParser(groupOf)
        .default(1500),
    )
    .option('--dry-run', 'print the rules and end')
    .option('--json', 'print the connections as JSON, a line each')
    .addHelpText('after', HELP)
    .action(async (config: string, raw: Raw) => {
      const { divert } = await import('./commands/divert/divert.ts');
      const { netns, group, dryRun = false, json = false } = raw;
      done(await divert({ config, netns, group, dryRun, json, colour: colour() }, host));
    });
}
