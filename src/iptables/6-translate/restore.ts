// A file of iptables-restore in nft's commands, as iptables-restore-translate answers: line by line, nothing
// looked up and nothing proved.

import type { Diagnostic } from '../../diagnostics/index.ts';
import { readCommand } from '../1-parse/command.ts';
import { splitLine } from '../1-parse/words.ts';
import { type BuiltinTable, builtinChain, builtinTable } from '../2-check/tables.ts';
import { tableNames } from '../4-list/tables.ts';
import type { Word } from '../ast/index.ts';
import * as say from '../diagnostics/index.ts';
import type { Names, XtFamily } from '../extension/index.ts';
import { commandsOf } from './line.ts';
import { SetNames } from './set-names.ts';

export interface TranslatedRestore {
  /** Commands for `nft -f`, what nft has no words for as comments, up to the first mistake. */
  readonly text: string;
  readonly diagnostics: readonly Diagnostic[];
}

class RestoreTranslator {
  readonly diagnostics: Diagnostic[] = [];
  readonly lines: string[] = [];
  readonly #text: string;
  readonly #family: XtFamily;
  readonly #names: Names;
  readonly #sets = new SetNames({ exact: false });
  #table: BuiltinTable | undefined;

  constructor(text: string, family: XtFamily, names: Names) {
    this.#text = text;
    this.#family = family;
    this.#names = names;
  }

  /** @throws BadLine with the first mistake */
  read(): void {
    let start = 0;
    for (const line of this.#text.split('\n')) {
      if (line.trim() !== '' && !line.startsWith('#')) this.#line(line, start);
      start += line.length + 1;
    }
  }

  #line(line: string, start: number): void {
    const at = { source: 0, start, end: start + line.length };
    if (line.startsWith('*')) this.#begin(line.slice(1).trim(), at);
    else if (this.#table === undefined)
      say.bad(say.badLine(at, 'a line outside of a table: `*filter` comes first'));
    else if (line.trim() === 'COMMIT') this.#table = undefined;
    else if (line.startsWith(':'))
      this.#chain(splitLine(line.slice(1), start + 1), at, this.#table);
    else this.#command(splitLine(line, start), at, this.#table.name);
  }

  #begin(name: string, at: Diagnostic['span']): void {
    this.#table = builtinTable(this.#family, name);
    if (this.#table === undefined) say.bad(say.noSuchTable(at, name, tableNames(this.#family)));
    this.lines.push(`add table ${this.#family} ${name}`);
  }

  #chain([name, policy]: readonly Word[], at: Diagnostic['span'], table: BuiltinTable): void {
    if (name === undefined || policy === undefined) say.bad(say.badValue(at, 'policy invalid'));
    const base = builtinChain(table, name.text)?.base;
    const where = `add chain ${this.#family} ${table.name} ${name.text}`;
    if (base === undefined) this.lines.push(where);
    else
      this.lines.push(
        `${where} { type ${base.type} hook ${base.hook} priority ${base.priority}; policy ${policy.text.toLowerCase()}; }`,
      );
  }

  #command(words: Word[], at: Diagnostic['span'], table: string): void {
    if (words[0]?.text.startsWith('[') === true) words.shift();
    const warn = (diagnostic: Diagnostic): void => {
      this.diagnostics.push(diagnostic);
    };
    const read = readCommand(words, { family: this.#family, source: 0, warn });
    if (read.only !== undefined && read.only !== this.#family) return;
    const word: Word = { text: table, start: at.start, end: at.end };
    const options = { names: this.#names, exact: false, near: false, ipsets: [] };
    const made = commandsOf({ ...read, table: word }, this.#text, options, warn, this.#sets);
    if (!made.isKnown) say.bad(say.badLine(at, 'Translation not implemented'));
    if (made.untranslatable.length === 0) this.lines.push(...made.commands);
    else this.lines.push(`# -t ${table} ${words.map(({ text }) => `${text} `).join('')}`);
  }
}

/** @param text of a file of iptables-restore or ip6tables-restore */
export function translateRestore(
  text: string,
  family: XtFamily,
  names: Names = {},
): TranslatedRestore {
  const translator = new RestoreTranslator(text, family, names);
  const { lines, diagnostics } = translator;
  try {
    translator.read();
  } catch (error) {
    if (!(error instanceof say.BadLine)) throw error;
    diagnostics.push(error.diagnostic);
  }
  return { text: lines.map((line) => `${line}\n`).join(''), diagnostics };
}
