// Whole rulesets: listings that must come back as they are, in text and JSON, and inputs that must
// be refused.

import { existsSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { decompile, listRuleset } from '../../../src/nft/4-list/index.ts';
import { listingJson, stringifyJson } from '../../../src/nft/json/index.ts';
import type { Program } from '../../../src/program/index.ts';
import { filesUnder, firstDifference } from './files.ts';
import { NftLab } from './nft-lab.ts';
import { normalJson } from './order-free.ts';
import { attempt, type Suite } from './suite.ts';

const OPTIONS = { names: { utcOffset: () => 2 * 3600 } } as const;

function loaded(path: string, json: boolean): Program {
  const lab = new NftLab();
  const text = readFileSync(path, 'utf8');
  const failed = json ? lab.json(text) : lab.text(text);
  if (failed !== undefined) throw new Error(`not accepted: ${failed}`);
  return lab.program;
}

const listed = (program: Program): string => listRuleset(program, OPTIONS);

/** Handles and the version are placeholders in the dumps. */
function withoutPlaceholders(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPlaceholders);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== 'handle' && key !== 'metainfo')
      .map(([key, inner]) => [key, withoutPlaceholders(inner)]),
  );
}

const comparable = (value: unknown): string =>
  JSON.stringify(normalJson(withoutPlaceholders(value)), null, 1);

function jsonOf(program: Program): unknown {
  const tables = decompile(program, { ...OPTIONS, for: 'json' }).flatMap((command) =>
    command.object.kind === 'table' ? [command.object] : [],
  );
  const json = listingJson(tables, { version: 'VERSION', releaseName: 'RELEASE_NAME' });
  // Through text, so that integers beyond a double lose the same digits on both sides.
  return JSON.parse(stringifyJson(json));
}

/**
 * The JSON of a dump is what the text gives, and reads back to itself. JSON says less than text in
 * places (the `typeof` of a map's data), so it is not held against the text on the way in.
 */
function checkJson(text: string, json: string): string | undefined {
  const want = comparable(JSON.parse(readFileSync(json, 'utf8')));
  const out = firstDifference(want, comparable(jsonOf(loaded(text, false))));
  if (out !== undefined) return `out: ${out}`;
  const back = firstDifference(want, comparable(jsonOf(loaded(json, true))));
  return back && `in: ${back}`;
}

export const nftDumps: Suite = {
  name: 'nft-dumps',
  checks: ['listing', 'json'],
  reads: 'nft-dumps',
  run(dir, report) {
    const root = join(dir, this.reads);
    for (const path of filesUnder(root, '.nft')) {
      const id = relative(root, path).replace(/\.nft$/, '');
      attempt(report, 'listing', id, () =>
        firstDifference(readFileSync(path, 'utf8'), listed(loaded(path, false))),
      );
      const json = path.replace(/\.nft$/, '.json-nft');
      if (existsSync(json)) attempt(report, 'json', id, () => checkJson(path, json));
    }
  },
};

/** nft's -j reads JSON, and commands where the text is none. */
function refuses(path: string): string | undefined {
  const text = readFileSync(path, 'utf8');
  const lab = new NftLab();
  const json = basename(join(path, '..')) === 'nft-j-f' && text.trimStart().startsWith('{');
  const failed = json ? lab.json(text) : lab.text(text);
  return failed === undefined ? 'taken, but must be refused' : undefined;
}

export const nftBogons: Suite = {
  name: 'nft-bogons',
  checks: ['refused'],
  reads: 'nft-bogons',
  run(dir, report) {
    const root = join(dir, this.reads);
    for (const path of filesUnder(root, '')) {
      attempt(report, 'refused', relative(root, path), () => refuses(path));
    }
  },
};
