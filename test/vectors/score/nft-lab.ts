// A ruleset to try commands on: the language compiles them, the engine takes the batch or refuses
// it, and the result is what the suites list and print.

import { manualClock, Netns, seeded } from '../../../src/core/index.ts';
import { type NfTables, NfTables as Tables } from '../../../src/engine/index.ts';
import { type ParseResult, parse } from '../../../src/nft/1-parse/index.ts';
import { compileCommands } from '../../../src/nft/3-compile/index.ts';
import type { Command } from '../../../src/nft/ast/index.ts';
import { parseJson } from '../../../src/nft/json/index.ts';
import type { Change, Program, Rule, Table } from '../../../src/program/index.ts';

/** The reference runs with TZ=UTC-2: local time is two hours ahead. */
const NAMES = { utcOffset: () => 2 * 3600 };

export class NftLab {
  readonly #tables: NfTables;

  constructor() {
    this.#tables = new Tables(new Netns({ clock: manualClock(), random: seeded(1) }));
  }

  get program(): Program {
    return this.#tables.list();
  }

  /** Applies commands; a sentence says why they were refused. */
  text(commands: string): string | undefined {
    return this.#apply(parse(commands));
  }

  json(text: string): string | undefined {
    return this.#apply(parseJson(text));
  }

  #apply(parsed: ParseResult): string | undefined {
    const [bad] = parsed.diagnostics;
    if (bad !== undefined) return bad.message;
    const { batch, diagnostics, queries } = compileCommands(
      parsed.commands,
      parsed.sources,
      this.program,
      NAMES,
    );
    const [wrong] = diagnostics;
    if (wrong !== undefined) return wrong.message;
    return this.#commit(batch) ?? this.#answer(queries);
  }

  /** Queries are answered after the batch: what they ask for must then be there. */
  #answer(queries: readonly Command[]): string | undefined {
    for (const query of queries) {
      if (query.kind !== 'list' || query.object.kind !== 'table') continue;
      const { family, table } = query.object;
      const found = table === undefined || this.table(family, table.name) !== undefined;
      if (!found) return `no table ${table.name}`;
    }
    return undefined;
  }

  #commit(batch: readonly Change[]): string | undefined {
    try {
      this.#tables.apply(batch);
    } catch (error) {
      return `refused: ${error instanceof Error ? error.message : String(error)}`;
    }
    return undefined;
  }

  table(family: string, name: string): Table | undefined {
    return this.program.tables.find((t) => t.family === family && t.name === name);
  }

  /** The only rule of a chain. */
  onlyRule(table: Table, chain: string): Rule | undefined {
    return table.chains.find((c) => c.name === chain)?.rules[0];
  }
}
