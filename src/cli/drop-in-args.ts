// The words of commands that stand for programs of other projects, of `shims` and `completion`: one
// line each in the help, and their options for completions.

import type { Command } from 'commander';
import { CONNTRACK_OPTIONS } from './commands/conntrack/help.ts';
import { IPSET_OPTIONS } from './commands/ipset-help.ts';
import { NFACCT_OPTIONS } from './commands/nfacct-help.ts';
import { NFT_OPTIONS } from './commands/nft-options.ts';
import { XT_PROGRAMS } from './commands/xt-programs.ts';
import type { Host } from './host.ts';

type Done = (code: number) => void;

/** One line in the help for each; their options are their own. */
export function addXtables(program: Command, host: Host, done: Done): void {
  for (const { name, action } of XT_PROGRAMS.values()) {
    const what = {
      command: 'without root',
      save: 'prints the ruleset',
      restore: 'loads a file',
      translate: "in nft's words",
      'restore-translate': "a file in nft's commands",
    };
    program
      .command(name, { hidden: action !== 'command' })
      .description(`${name}(8) ${what[action]}, over the ruleset of 'sluice nft'`)
      .argument('[words...]')
      .allowUnknownOption()
      .action(async (words: string[]) => {
        const { xtables } = await import('./commands/xt.ts');
        done(await xtables(name, words, host));
      });
  }
}

const SHIMS_HELP = `
Example:
  PATH="$(sluice shims):$PATH" ./firewall.sh`;

export function addShims(program: Command, host: Host, done: Done): void {
  program
    .command('shims')
    .description('print a folder with nft, iptables, iptables-save … that are sluice, for the PATH')
    .addHelpText('after', SHIMS_HELP)
    .action(async () => {
      const { shims } = await import('./commands/shims.ts');
      done(shims(host));
    });
}

/** For the help and completions; calls that start with `nft` do not come here (run.ts). */
export function addNft(program: Command, host: Host, done: Done): void {
  const command = program
    .command('nft')
    .description('nft(8) without root: the ruleset is kept in a file between calls')
    .usage('[options] [cmds...]')
    .argument('[cmds...]')
    .allowUnknownOption()
    .action(async (words: string[]) => {
      const { nft } = await import('./commands/nft.ts');
      done(await nft(words, host));
    });
  for (const { flags, about } of NFT_OPTIONS)
    if (!flags.includes('--help') && flags !== '-V') command.option(flags, about);
}

/** As `addNft`. */
export function addIpset(program: Command, host: Host, done: Done): void {
  const command = program
    .command('ipset')
    .description('ipset(8) without root: the sets are kept in a file between calls')
    .usage('[options] COMMAND')
    .argument('[words...]')
    .allowUnknownOption()
    .action(async (words: string[]) => {
      const { ipset } = await import('./commands/ipset.ts');
      done(await ipset(words, host));
    });
  for (const { flags, about } of IPSET_OPTIONS) command.option(flags, about);
}

/** As `addNft`. */
export function addConntrack(program: Command, host: Host, done: Done): void {
  const command = program
    .command('conntrack')
    .description('conntrack(8) without root: the connections are kept in a file between calls')
    .usage('COMMAND [TABLE] [options]')
    .argument('[words...]')
    .allowUnknownOption()
    .action(async (words: string[]) => {
      const { conntrack } = await import('./commands/conntrack.ts');
      done(await conntrack(words, host));
    });
  for (const { flags, about } of CONNTRACK_OPTIONS) command.option(flags, about);
}

/** As `addNft`. */
export function addNfct(program: Command, host: Host, done: Done): void {
  program
    .command('nfct')
    .description(
      'nfct(8) without root: timeout policies and helpers are kept in a file between calls',
    )
    .usage('COMMAND timeout|helper [parameters]')
    .argument('[words...]')
    .allowUnknownOption()
    .action(async (words: string[]) => {
      const { nfct } = await import('./commands/nfct.ts');
      done(await nfct(words, host));
    });
}

/** As `addNft`. */
export function addNfacct(program: Command, host: Host, done: Done): void {
  const command = program
    .command('nfacct')
    .description('nfacct(8) without root: accounting objects are kept in a file between calls')
    .usage('COMMAND [parameters]')
    .argument('[words...]')
    .allowUnknownOption()
    .action(async (words: string[]) => {
      const { nfacct } = await import('./commands/nfacct.ts');
      done(await nfacct(words, host));
    });
  for (const { flags, about } of NFACCT_OPTIONS) command.option(flags, about);
}

export function addCompletion(program: Command, host: Host, done: Done): void {
  program
    .command('completion')
    .description('print a completion script for a shell')
    .argument('<shell>', 'bash, zsh or fish')
    .addHelpText('after', '\nExample:\n  source <(sluice completion bash)')
    .action(async (shell: string) => {
      const { completion } = await import('./commands/completion.ts');
      done(completion(shell, program, host));
    });
}
