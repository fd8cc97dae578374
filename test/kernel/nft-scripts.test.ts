// Scripts that call nft many times: each command ends with the same exit status and prints the same as
// the real one. What the installed nft (1.0.6) says otherwise than 1.1 is not asked.

import { describe, expect, test } from 'vitest';
import { missing } from './needs.ts';
import { type Answer, ours, real, type Script, scriptsOf } from './scripts/pair.ts';

/** 1.0.6 ends some of its lines with a blank, and underlines options that came too late. */
const comparable = ({ status, out }: Answer): string =>
  `${out
    .replace(/ +$/gm, '')
    .replace(/^ *\^ *~+\n/gm, '')
    .trim()}[${status}]`;

function differences({ lines }: Script, theirs: Answer[], our: Answer[]): string[] {
  return lines.flatMap((line, i) => {
    const [a, b] = [theirs[i]!, our[i]!].map(comparable);
    return a === b ? [] : [`${line}\n--- nft\n${a}\n--- here\n${b}\n${our[i]!.err}`];
  });
}

const reason = missing();

describe.skipIf(reason !== undefined)(`scripts of nft${reason ? ` (${reason})` : ''}`, () => {
  test.each(scriptsOf('nft'))('$name', async (script) => {
    const our = await ours(script.lines);
    expect(differences(script, real(script.lines, 'nft'), our).join('\n')).toBe('');
    for (const { status, err } of our) if (status !== 0) expect(err).toMatch(/^(\S+: )?Error: /m);
  });
});
