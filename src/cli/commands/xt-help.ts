// Help of iptables and its kin: the commands, and the options of extensions that are named.

import { MATCHES, PLAIN_OPTIONS, TARGETS } from '../../iptables/index.ts';
import { versionOf, type XtProgram } from './xt-programs.ts';

const EXAMPLES: Readonly<Record<string, string>> = {
  ip: `  sluice iptables -A INPUT -p tcp --dport 22 -j ACCEPT
  sluice iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE
  sluice iptables -P FORWARD DROP
  sluice iptables -L -v -n --line-numbers
  sluice iptables -D INPUT 3
  sluice iptables -m conntrack -h
  PATH="$(sluice shims):$PATH" ./firewall.sh`,
  ip6: `  sluice ip6tables -A INPUT -p ipv6-icmp -j ACCEPT
  sluice ip6tables -A FORWARD -s 2001:db8::/32 -j DROP
  sluice ip6tables -S`,
  arp: `  sluice arptables -A INPUT -s 10.0.0.0/8 --opcode Request -j DROP
  sluice arptables -L`,
  bridge: `  sluice ebtables -A FORWARD -p IPv4 -s 00:11:22:33:44:55 -j DROP
  sluice ebtables -L --Lc --Ln`,
};

function optionLines(
  specs: readonly { readonly flags: string; readonly about?: string }[],
): string {
  return specs
    .map(
      ({ flags, about }) => `  ${about === undefined ? flags : `${flags.padEnd(28)} ${about}`}\n`,
    )
    .join('');
}

/** The options of extensions that stand on the command line: `iptables -m conntrack -h`. */
function extensionsText({ family }: XtProgram, words: readonly string[]): string {
  const named = [...MATCHES, ...TARGETS].filter(
    (one) => words.includes(one.name) && one.families.includes(family),
  );
  return named
    .map(({ name, kind, options }) => {
      const lines = options.map(({ name: option, about = '', negatable }) => ({
        flags: `${negatable === true ? '[!] ' : ''}--${option}`,
        about,
      }));
      return `\n${name} ${kind} options:\n${optionLines(lines)}`;
    })
    .join('');
}

/** A match that is named and not there: that is told, and no help. */
export function namesUnknownMatch({ family }: XtProgram, words: readonly string[]): boolean {
  const name = words[words.indexOf('-m') + 1];
  if (!words.includes('-m') || name === undefined) return false;
  const isName = (one: (typeof MATCHES)[number]): boolean =>
    one.name === name || one.aliases?.includes(name) === true;
  return !MATCHES.some((one) => isName(one) && one.families.includes(family));
}

export function helpOf(program: XtProgram, words: readonly string[]): string {
  const { name, family } = program;
  const lines = PLAIN_OPTIONS[family].map(({ short, names, negatable }) => ({
    flags: [
      `${negatable === true ? '[!] ' : '    '}${short?.length === 1 ? `-${short}` : '  '}`,
      names.map((long) => `--${long}`).join(', '),
    ].join(' '),
  }));
  return `${versionOf(program)}

Usage: sluice ${name} -[ACDIR] chain [number] rule
       sluice ${name} -[LSFZ] [chain [number]]
       sluice ${name} -[NXE] chain [new name]
       sluice ${name} -P chain target

Options:
${optionLines(lines)}${extensionsText(program, words)}
Examples:
${EXAMPLES[family]}

The ruleset is the one of 'sluice nft': a file, $SLUICE_STATE or ~/.local/state/sluice/ruleset.json.
It filters nothing: 'sluice trace' shows what it would do.
`;
}
