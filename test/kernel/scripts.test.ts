// Scripts that call iptables and its kin, or ipset, many times: each command ends with the same exit status and prints
// the same as one of the two real ones (nf_tables and legacy, which differ in places), and so does what is saved at the end.

import { describe, expect, test } from 'vitest';
import { missing } from './needs.ts';
import { type Answer, ours, real, type Script, scriptsOf } from './scripts/pair.ts';

/** The protocol column of a list: 1.8.9 has numbers where later ones have names, and pads them otherwise. */
const COLUMN =
  /^((?:\d+ +)?(?: *\d+[KMGT]? +\d+[KMGT]? )?\S* +[ !])(?:[a-z][a-z\d-]*|\d+) +(--|-f|!f| {2})/gm;

/** Legacy iptables saves its tables in the order in which they were first used. */
const sortedTables = (text: string): string =>
  text
    .split(/^(?=\*)/m)
    .sort()
    .join('');

/** ebtables of 1.8.9 writes `--option ! value`, and no dot behind the numbers of rules. */
const asToday = (text: string): string =>
  text.replace(/(?<=^| )(--?[a-z\d]\S*) ! /gm, '! $1 ').replace(/^(\d+)\. (?=[!-])/gm, '$1 ');

/** Without what says nothing: dates, versions, where a hash starts. */
const comparable = ({ status, out }: Answer): string =>
  `${sortedTables(
    asToday(out)
      .replace(/^# .*\n| +$/gm, '')
      .replace(/v?1\.8\.\d+ \((?:nf_tables|sluice|legacy)\)/g, 'VERSION')
      .replace(COLUMN, '$1P $2')
      .replace(/initval 0x[\da-f]+/g, 'initval'),
  )}[${status}]`;

function differences({ lines }: Script, nft: Answer[], legacy: Answer[], our: Answer[]): string[] {
  return lines.flatMap((line, i) => {
    const [a, b, c] = [nft[i]!, legacy[i]!, our[i]!].map(comparable);
    if (c === a || c === b) return [];
    return [`${line}\n--- nf_tables\n${a}\n--- legacy\n${b}\n--- here\n${c}\n${our[i]!.err}`];
  });
}

const reason = missing();

describe.skipIf(reason !== undefined)(`scripts of commands${reason ? ` (${reason})` : ''}`, () => {
  for (const tool of ['iptables', 'ip6tables', 'arptables', 'ebtables', 'ipset'])
    test.each(scriptsOf(tool))(`${tool}: $name`, async (script) => {
      const [nft, legacy] = [real(script.lines, 'nft'), real(script.lines, 'legacy')];
      const found = differences(script, nft, legacy, await ours(script.lines));
      expect(found.join('\n')).toBe('');
    });
});
