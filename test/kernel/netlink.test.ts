// Rulesets over netlink, both ways, against the running kernel. What the reference loads is dumped,
// decoded and compared with what this project compiles; what this project compiles is encoded, sent,
// and listed by the reference, which must print what it prints for its own.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { manualClock, Netns, seeded } from '../../src/core/index.ts';
import { NfTables } from '../../src/engine/index.ts';
import { type Libc, loadLibc } from '../../src/linux/index.ts';
import { compile } from '../../src/nft/index.ts';
import type { Batch, Program } from '../../src/program/index.ts';
import { missing } from './needs.ts';
import { comparable } from './netlink/comparable.ts';
import { interfaceIndex, KernelTables } from './netlink/kernel-tables.ts';
import { randomRuleset, textOf } from './random/grammar.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const RANDOM_RULESETS = 200;

const reason = missing();
if (reason !== undefined) console.warn(`netlink against the kernel: skipped, ${reason}`);

function compiled(text: string): { batch: Batch; program: Program } {
  const { batch, diagnostics } = compile(
    { name: 'input.nft', text },
    { symbols: { interfaceIndex } },
  );
  expect(diagnostics).toEqual([]);
  const tables = new NfTables(new Netns({ clock: manualClock(), random: seeded(1) }));
  tables.apply(batch);
  return { batch, program: tables.list() };
}

interface Named {
  readonly name: string;
  readonly text: string;
}

/** Names rules of its own batch by index, which only a ruleset read before can resolve. */
const NEEDS_HANDLES = 'commands';

/** ENOENT for an expression or object type that is not built. */
const NO_MODULE = 'errno 2 ';

const goldens = (): Named[] => {
  const dir = join(ROOT, 'test', 'golden', 'nft');
  return readdirSync(dir)
    .filter((name) => name !== NEEDS_HANDLES)
    .map((name) => ({
      name,
      text: readFileSync(join(dir, name, 'input.nft'), 'utf8'),
    }));
};

const examples = (): Named[] =>
  readdirSync(join(ROOT, 'examples'))
    .filter((name) => name.endsWith('.nft'))
    .map((name) => ({ name, text: readFileSync(join(ROOT, 'examples', name), 'utf8') }));

describe.skipIf(reason !== undefined)('nf_tables over netlink', () => {
  let libc: Libc;
  let kernel: KernelTables;
  beforeAll(async () => {
    libc = await loadLibc();
    kernel = new KernelTables(libc);
  });
  afterAll(() => kernel.close());

  /** Undefined where the reference here fails an assertion of its own (mergesort.c of nft 1.0.6). */
  function listed(): string | undefined {
    try {
      return kernel.list();
    } catch (error) {
      if (error instanceof Error && error.message.includes('Assertion')) return undefined;
      throw error;
    }
  }

  /** Loads a ruleset both ways; false where this kernel has no module for something in it. */
  function compare(text: string): boolean {
    const { batch, program } = compiled(text);
    kernel.flush();
    const refused = kernel.apply(batch);
    if (refused.length > 0) {
      expect(refused.filter((why) => !why.startsWith(NO_MODULE))).toEqual([]);
      expect(kernel.load(text), 'the reference can load it').not.toBe(undefined);
      return false;
    }
    const ours = listed();
    expect(comparable(kernel.dump())).toEqual(comparable(program));
    kernel.flush();
    // The reference here is older than the language: what it cannot read has been compared above.
    if (kernel.load(text) !== undefined) return true;
    if (ours !== undefined) expect(ours).toBe(listed());
    expect(comparable(kernel.dump())).toEqual(comparable(program));
    return true;
  }

  test.each([...goldens(), ...examples()])('$name', ({ name, text }) => {
    if (!compare(text)) console.warn(`${name}: this kernel has no module for part of it`);
  });

  test(`${RANDOM_RULESETS} random rulesets`, () => {
    let compared = 0;
    for (let seed = 1; seed <= RANDOM_RULESETS; seed++) {
      const text = textOf(randomRuleset(seeded(seed)));
      try {
        if (compare(text)) compared++;
      } catch (error) {
        throw new Error(`seed ${seed}\n${text}`, { cause: error });
      }
    }
    expect(compared).toBe(RANDOM_RULESETS);
  });
});
