import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from '../../src/nft/1-parse/index.ts';
import { formatDiagnostic } from '../../src/nft/diagnostics/index.ts';

/** Rules and listings of the reference implementation's own tests, read in place. */
const DIR = join(import.meta.dirname, '../../../shared/conformance');
const there = existsSync(DIR);
if (!there) console.warn(`skipped: no vectors in ${DIR} (3 tests of the nft parser left out)`);

interface RuleVector {
  readonly kind: string;
  readonly file: string;
  readonly line: number;
  readonly rule: string;
  readonly expect: 'ok' | 'fail';
  readonly output: string | null;
}

function firstError(name: string, text: string): string[] {
  const { diagnostics, sources } = parse({ name, text });
  return diagnostics.slice(0, 1).map((d) => formatDiagnostic(d, sources));
}

describe.skipIf(!there)('what the reference accepts is understood', () => {
  test('every rule and its listing', () => {
    const lines = readFileSync(join(DIR, 'nft-py.jsonl'), 'utf8').split('\n');
    const vectors = lines.filter((line) => line !== '').map((line) => JSON.parse(line));
    const rules = (vectors as RuleVector[]).filter((v) => v.kind === 'rule' && v.expect === 'ok');
    expect(rules.length).toBeGreaterThan(800);
    const errors = rules.flatMap(({ file, line, rule, output }) =>
      [rule, output ?? rule].flatMap((text) =>
        firstError(`${file}:${line}`, `add rule ip t c ${text}`),
      ),
    );
    expect(errors).toEqual([]);
  });

  test('every listing of a ruleset', () => {
    const dumps = readdirSync(join(DIR, 'nft-dumps'), { recursive: true, encoding: 'utf8' });
    const listings = dumps.filter((name) => name.endsWith('.nft'));
    expect(listings.length).toBeGreaterThan(150);
    const errors = listings.flatMap((name) =>
      firstError(name, readFileSync(join(DIR, 'nft-dumps', name), 'utf8')),
    );
    expect(errors).toEqual([]);
  });

  test('input that crashed the reference does not crash here', () => {
    const dir = join(DIR, 'nft-bogons/nft-f');
    for (const name of readdirSync(dir)) {
      const { commands, diagnostics } = parse(readFileSync(join(dir, name), 'latin1'));
      expect(commands.length + diagnostics.length, name).toBeGreaterThan(0);
    }
  });
});
