// The nftables language, stage by stage: what a ruleset compiles to, and how it lists again.

import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { manualClock, Netns, seeded } from '../../src/core/index.ts';
import { NfTables } from '../../src/engine/index.ts';
import { parse } from '../../src/nft/1-parse/index.ts';
import { compileCommands } from '../../src/nft/3-compile/index.ts';
import { decompile, listRuleset } from '../../src/nft/4-list/index.ts';
import { listingJson, stringifyJson } from '../../src/nft/json/index.ts';
import { type Program, printProgram } from '../../src/program/index.ts';
import { golden } from './golden.ts';

function load(text: string): Program {
  const tables = new NfTables(new Netns({ clock: manualClock(), random: seeded(1) }));
  const parsed = parse({ name: 'input.nft', text });
  expect(parsed.diagnostics).toEqual([]);
  const { batch, diagnostics } = compileCommands(parsed.commands, parsed.sources, undefined, {});
  expect(diagnostics).toEqual([]);
  tables.apply(batch);
  return tables.list();
}

function json(program: Program): string {
  const tables = decompile(program, { for: 'json' }).flatMap(({ object }) =>
    object.kind === 'table' ? [object] : [],
  );
  const info = { version: '1.1.6', releaseName: 'golden' };
  const value: unknown = JSON.parse(stringifyJson(listingJson(tables, info)));
  return `${JSON.stringify(value, null, 2)}\n`;
}

describe('nft', () => {
  golden(join(import.meta.dirname, 'nft'), ({ read, expectFile }) => {
    const program = load(read('input.nft'));
    const listing = listRuleset(program);
    expectFile('program.txt', printProgram(program));
    expectFile('listing.nft', listing);
    expectFile('ruleset.json', json(program));
    // A listing is a ruleset: loaded again, it is the same one.
    expect(listRuleset(load(listing))).toBe(listing);
  });
});
