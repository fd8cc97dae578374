import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatDiagnostic } from '../../src/nft/diagnostics/index.ts';
import { commandsJson, type Json, parseJson, stringifyJson } from '../../src/nft/json/index.ts';

/** JSON of the reference implementation's own tests, read in place: in, and out again. */
const DIR = join(import.meta.dirname, '../../../shared/conformance');
const there = existsSync(DIR);
if (!there) console.warn(`skipped: no vectors in ${DIR} (4 tests of nft JSON left out)`);

interface RuleVector {
  readonly file: string;
  readonly line: number;
  readonly json: readonly unknown[] | null;
  readonly json_output: readonly unknown[] | null;
}

/** The order of an object's members means nothing. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([key, member]) => [key, sorted(member)]));
}

/** Reads and writes; what was read may say less than what is written, never the other way. */
function roundTrip(name: string, text: string): { json: unknown; errors: string[] } {
  const { commands, diagnostics, sources } = parseJson({ name, text });
  const errors = diagnostics.slice(0, 1).map((d) => formatDiagnostic(d, sources));
  const json: Json = commandsJson(commands, { defaultHandle: 0 });
  return { json: sorted(JSON.parse(stringifyJson(json))), errors };
}

const rules = (): RuleVector[] =>
  readFileSync(join(DIR, 'nft-py.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RuleVector);

const asRule = (expr: readonly unknown[]): string =>
  JSON.stringify({ nftables: [{ rule: { family: 'inet', table: 't', chain: 'c', expr } }] });

/**
 * A number in quotes is a number here, and a counter is written with its values unless the caller
 * asks for none; nothing else may differ.
 */
const tolerant = (json: unknown): string =>
  JSON.stringify(json)
    .replaceAll('{"counter":{"bytes":0,"packets":0}}', '{"counter":null}')
    .replaceAll(/"(\d+)"/g, '$1');

describe.skipIf(!there)('the JSON of the reference', () => {
  test('every rule is read, as given and as listed', () => {
    const given = rules().flatMap(({ file, line, json, json_output }) =>
      [json, json_output].flatMap((expr) => (expr ? [{ name: `${file}:${line}`, expr }] : [])),
    );
    expect(given.length).toBeGreaterThan(900);
    const errors = given.flatMap(({ name, expr }) => roundTrip(name, asRule(expr)).errors);
    expect(errors).toEqual([]);
  });

  test('every rule as listed is written back as it is', () => {
    for (const { file, line, json, json_output } of rules()) {
      const listed = json_output ?? json;
      if (!listed) continue;
      const { json: out } = roundTrip(`${file}:${line}`, asRule(listed));
      const [written] = (out as { nftables: [{ add: { rule: { expr: unknown } } }] }).nftables;
      expect(tolerant(written.add.rule.expr), `${file}:${line}`).toBe(tolerant(sorted(listed)));
    }
  });

  test('every ruleset is read and written back as it is', () => {
    const dumps = readdirSync(join(DIR, 'nft-dumps'), { recursive: true, encoding: 'utf8' });
    const listings = dumps.filter((name) => name.endsWith('.json-nft'));
    expect(listings.length).toBeGreaterThan(150);
    for (const name of listings) {
      const text = readFileSync(join(DIR, 'nft-dumps', name), 'utf8');
      const { json, errors } = roundTrip(name, text);
      expect(errors).toEqual([]);
      const want = JSON.parse(text) as { nftables: Record<string, unknown>[] };
      const things = want.nftables.filter((entry) => !('metainfo' in entry));
      const written = (json as { nftables: { add: unknown }[] }).nftables.map((c) => c.add);
      expect(tolerant(written), name).toBe(tolerant(sorted(things)));
    }
  });

  test('input that crashed the reference is refused', () => {
    const dir = join(DIR, 'nft-bogons/nft-j-f');
    for (const name of readdirSync(dir)) {
      const { diagnostics } = parseJson(readFileSync(join(dir, name), 'latin1'));
      expect(diagnostics.length, name).toBeGreaterThan(0);
    }
  });
});
