// Where matches and targets may stand: `.table`, `.hooks`, `.proto` of their struct xt_match or xt_target, and what
// their checkentry asks. The files have a line for each: what Linux 6.18 answered to iptables -A in the chains below
// (`.` taken, `X` refused; to legacy iptables for QUEUE), and the words. LED and SECMARK, which it has not, are not there.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { manualClock, Netns, seeded } from '../src/core/index.ts';
import { NfTables, TransactionError } from '../src/engine/index.ts';
import { compileLine, type XtFamily } from '../src/iptables/index.ts';
import { shellWords } from './shell-words.ts';

const CHAINS = [
  ...['INPUT', 'FORWARD', 'OUTPUT'].map((chain) => ['filter', chain]),
  ...['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'].map((chain) => ['nat', chain]),
  ...['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'].map((chain) => ['mangle', chain]),
  ...['PREROUTING', 'OUTPUT'].map((chain) => ['raw', chain]),
  ...['INPUT', 'FORWARD', 'OUTPUT'].map((chain) => ['security', chain]),
] as const satisfies readonly (readonly string[])[];

function isTaken(family: XtFamily, words: readonly string[]): boolean {
  const { batch, diagnostics } = compileLine(words, { family });
  if (diagnostics.some(({ severity }) => severity === 'error')) return false;
  const engine = new NfTables(new Netns({ clock: manualClock(), random: seeded(1) }));
  try {
    engine.apply(batch);
    return true;
  } catch (error) {
    if (error instanceof TransactionError) return false;
    throw error;
  }
}

describe.each(['ip', 'ip6'] as const)('%s', (family) => {
  const text = readFileSync(new URL(`placement/${family}.txt`, import.meta.url), 'utf8');
  const lines = text.trimEnd().split('\n');

  test.each(lines.map((line) => [line.slice(18), line.slice(0, 17)]))('%s', (rule, want) => {
    const found = CHAINS.map(([table = '', chain = '']) =>
      isTaken(family, ['-t', table, '-A', chain, ...shellWords(rule)]) ? '.' : 'X',
    );
    expect(found.join('')).toBe(want);
  });
});
