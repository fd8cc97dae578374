// `sluice ipset help`: the commands, and what a set type takes.

import { IPSET_TYPE_INFOS, type TypeInfo } from '../../iptables/index.ts';

/** For the help and the completions of the whole program. */
export const IPSET_OPTIONS = [
  { flags: '-o, --output <mode>', about: 'the form of a listing: plain, save or xml' },
  { flags: '-s, --sorted', about: 'elements of hash types in order' },
  { flags: '-n, --name', about: 'names of sets alone' },
  { flags: '-t, --terse', about: 'no elements' },
  { flags: '-r, --resolve', about: 'names of hosts for addresses' },
  { flags: '-q, --quiet', about: 'no messages' },
  { flags: '-f, --file <file>', about: 'read from a file, or write to one' },
  { flags: '--exist', about: '-!: what is there already, or gone already, is no error' },
  { flags: '--state <file>', about: 'where the sets are kept between calls' },
] as const;

const OPTIONS = IPSET_OPTIONS.map(({ flags, about }) => `  ${flags.padEnd(34)}${about}\n`).join('');

const COMMANDS = `Commands:
  create SETNAME TYPENAME [options]   make a set
  add SETNAME ENTRY [options]         add an entry, or a range of them
  del SETNAME ENTRY                   take it out
  test SETNAME ENTRY                  ask whether it is in the set
  destroy [SETNAME]                   remove a set, or all
  list [SETNAME]                      sets with what is in them
  save [SETNAME]                      the same as lines for restore
  restore                             run lines from standard input, or from a file
  flush [SETNAME]                     empty a set, or all
  rename FROM TO                      give a set another name
  swap FROM TO                        exchange what is in two sets
  help [TYPENAME], version, -         this help, the version, commands line by line

Options, with one dash or two:
${OPTIONS}
The sets are kept beside the ruleset of 'sluice nft': $XDG_STATE_HOME/sluice/ruleset.json, or where
--state or SLUICE_STATE says.
`;

const EXAMPLES = `
Examples:
  sluice ipset create blocked hash:net timeout 3600
  sluice ipset add blocked 192.0.2.0/24
  sluice ipset save | sluice ipset -! restore
`;

function typeHelp({ type, family, create, add }: TypeInfo): string {
  const families = { inet: 'inet', both: 'inet or inet6', unspec: 'none' };
  return `\n${type}
  family:  ${families[family]}
  create:  ${create.join(' ')}
  add:     ${add.join(' ')}\n`;
}

/** Undefined where there is no such type. */
export function ipsetHelp(typeName: string | undefined): string | undefined {
  const head = `Usage: sluice ipset [options] COMMAND\n\n${COMMANDS}`;
  if (typeName !== undefined) {
    const info = IPSET_TYPE_INFOS.find((i) => i.type === typeName || i.aliases.includes(typeName));
    return info === undefined ? undefined : head + typeHelp(info);
  }
  return `${head}\nSet types: ${IPSET_TYPE_INFOS.map(({ type }) => type).join(' ')}\n${EXAMPLES}`;
}
