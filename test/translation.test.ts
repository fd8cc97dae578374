// What of iptables is carried over to nft: docs/translation.md is written from the rules in translation-rules.txt, in which every
// option of every match and target stands. UPDATE_GOLDEN=1 writes it anew.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type TranslatedLine, translateLine, type XtFamily } from '../src/iptables/index.ts';
import { MATCHES } from '../src/iptables/match/index.ts';
import { TARGETS } from '../src/iptables/target/index.ts';
import { loadRuleset } from '../src/lab/index.ts';
import { shellWords } from './shell-words.ts';

const TABLE = join(import.meta.dirname, '..', 'docs', 'translation.md');
const LINES = readFileSync(join(import.meta.dirname, 'translation-rules.txt'), 'utf8')
  .trim()
  .split('\n');

/** The sets that the rules name. */
const SETS = `create addresses hash:ip timeout 600
add addresses 192.0.2.1 timeout 60
create nets hash:net
add nets 10.0.0.0/8
add nets 10.0.0.7 nomatch
create networks bitmap:ip range 10.0.0.0/16 netmask 24
add networks 10.0.7.0
create ports bitmap:port range 0-1023
add ports 53
create services hash:ip,port
add services 192.0.2.1,tcp:80
create services6 hash:ip,port family inet6
create pairs hash:ip,port,ip
create hosts hash:mac
add hosts 02:00:00:00:00:01
create marked hash:ip,mark
create echo hash:ip,port
add echo 192.0.2.1,icmp:echo-request
create netports hash:net,port
create devices hash:net,iface
create lists list:set
`;
const IPSETS = loadRuleset([{ name: 'sets.ipset', text: SETS }]).sets;

const FAMILIES: Readonly<Record<string, XtFamily>> = {
  iptables: 'ip',
  ip6tables: 'ip6',
  arptables: 'arp',
  ebtables: 'bridge',
};

interface Row {
  readonly line: string;
  readonly family: XtFamily;
  readonly words: readonly string[];
}

function rowOf(line: string): Row {
  const [tool = '', ...words] = shellWords(line);
  return { line, family: FAMILIES[tool]!, words };
}

const ROWS = LINES.filter((line) => !line.startsWith('#')).map(rowOf);

const mistakeOf = ({ diagnostics }: TranslatedLine): string | undefined =>
  diagnostics.find(({ severity }) => severity === 'error')?.message;

const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``;

/** Without table and chain where the rule itself stands. */
const wordsOf = ({ commands }: TranslatedLine): string =>
  commands
    .map((command) => code(command.replace(/^add rule \S+ \S+ ([A-Z]+|web) /, '')))
    .join('<br>');

function answer({ family, words }: Row): string {
  const same = translateLine(words, family, { exact: true, ipsets: IPSETS });
  if (same.commands.length > 0) return wordsOf(same);
  const near = translateLine(words, family, { exact: true, near: true, ipsets: IPSETS });
  const reasons = same.reasons.join('; ');
  if (near.commands.length === 0) return `**left over**: ${reasons}`;
  return `**nearly** ${wordsOf(near)}: ${near.differences.join('; ')}`;
}

function tableText(): string {
  const sections = LINES.map((line) =>
    line.startsWith('## ')
      ? `\n${line}\n\n| rule | in nft |\n| --- | --- |\n`
      : `| ${code(line)} | ${answer(rowOf(line))} |\n`,
  );
  return `# What \`sluice translate\` carries over

A rule is carried over where nft has words that do the same to every packet, else it is left over and told with the reason.
What is **nearly** the same is left over as well, and written with \`--near\`. Every option of every match and target stands in a rule below;
a test writes this file from what the command answers.

A chain named \`unless0\`, \`any0\`, \`rest0\` or \`tproxy0\` is made for the rule alone. Options beside each other in one rule are carried
over each by itself, the rule only if all of them are. Times of day and dates are numbers of seconds in UTC, as those of iptables are in UTC:
nft reads written ones in the zone of the machine. Packets are taken to be well formed; what matches find in headers that are cut short is not compared.

Sets of ipset are carried over where a file of \`ipset save\` is given beside the rules, with what is left of timeouts, with comments, and without what
entries have counted; a program that fills them has to fill those of nft from then on. The rules below name these sets, and \`x\`, which is in no file:

\`\`\`
${SETS}\`\`\`
${sections.join('')}`;
}

describe('what is carried over to nft', () => {
  test('stands in docs/translation.md', () => {
    const text = tableText();
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(TABLE, text);
    expect(readFileSync(TABLE, 'utf8')).toBe(text);
  });

  test('is said of rules that iptables reads', () => {
    const mistakes = ROWS.flatMap(({ line, family, words }) => {
      const mistake = mistakeOf(translateLine(words, family));
      return mistake === undefined ? [] : [`${line}: ${mistake}`];
    });
    expect(mistakes).toEqual([]);
  });

  test('has a rule for every option of every match and target, and a reason for all that is left over', () => {
    const words = new Set(LINES.flatMap((line) => line.split(/\s+/)));
    const missing = [...MATCHES, ...TARGETS].flatMap(({ name, options }) =>
      options
        .map((option) => [option.name, ...(option.aliases ?? [])])
        .filter(([option]) => !/^among-...-file$/.test(option!))
        .filter((names) => !names.some((one) => words.has(`--${one}`)))
        .map(([option]) => `${name} --${option}`),
    );
    expect(missing).toEqual([]);
    const bare = ROWS.filter(({ family, words: w }) =>
      translateLine(w, family, { exact: true }).reasons.some((r) =>
        /^nft has no words for/.test(r),
      ),
    );
    expect(bare.map(({ line }) => line)).toEqual([]);
  });

  test('is what nft reads', () => {
    const problems = ROWS.flatMap(({ line, family, words }) => {
      const options = { exact: true, near: true, ipsets: IPSETS };
      const { commands } = translateLine(words, family, options);
      const [table = 'filter'] = [words[words.indexOf('-t') + 1]].filter(() =>
        words.includes('-t'),
      );
      const chains = ['web', 'INPUT', 'FORWARD', 'OUTPUT', 'PREROUTING', 'POSTROUTING'];
      const text = `table ${family} ${table} { ${chains.map((c) => `chain ${c} { };`).join(' ')} }\n${commands.join('\n')}\n`;
      const [problem] = loadRuleset([{ name: 'nft', text }]).problems;
      return problem === undefined ? [] : [`${line}: ${problem.message}\n${text}`];
    });
    expect(problems).toEqual([]);
  });
});
