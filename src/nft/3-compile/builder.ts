// The batch under construction: the changes so far, and what names mean at this point of it.

import {
  type BaseHook,
  type Change,
  type Expr,
  RuleTemplates,
  type Source,
} from '../../program/index.ts';
import {
  attempt,
  type ChainInfo,
  type CheckedRule,
  checkRule,
  type MadeSet,
  Refused,
  type RuleContext,
  refuse,
  ruleContext,
  type Scope,
  type TableInfo,
} from '../2-check/index.ts';
import { type Family, type Name, type Rule, type Span, shapeOf } from '../ast/index.ts';
import { type Diagnostic, noSuchChain, noSuchTable } from '../diagnostics/index.ts';
import type { Names } from '../types/index.ts';
import { Emitter } from './expressions.ts';
import { refusedAt } from './hooks.ts';
import type { Places } from './places.ts';
import { OutOfRegisters } from './registers.ts';
import { anonymousSet, elementsOf } from './sets.ts';
import { emitStatement } from './statements.ts';

export type CompiledRule = Extract<Change, { op: 'newrule' }>['rule'];
type Rename = Extract<Change, { op: 'renamechain' }>;

/** The expressions of one statement: those from an index on. */
function checkHook(
  table: TableInfo,
  base: BaseHook,
  exprs: readonly Expr[],
  from: number,
  span: Span,
): void {
  for (let i = from; i < exprs.length; i++) {
    const why = refusedAt(exprs[i]!, base, table.family);
    if (why !== undefined) refuse('wrong_hook', span, why);
  }
}

export class Builder {
  readonly changes: Change[] = [];
  readonly diagnostics: Diagnostic[] = [];
  readonly scope: Scope;
  readonly names: Names;
  readonly #places: Places;
  readonly #templates = new RuleTemplates();
  #templatesOf: { readonly table?: TableInfo; readonly base?: BaseHook | undefined } = {};
  /** Changes that depend on what later commands turn out to need. */
  readonly #late: (() => void)[] = [];
  readonly #renames = new Map<TableInfo, Map<ChainInfo, Rename>>();

  constructor(scope: Scope, names: Names, places: Places) {
    this.scope = scope;
    this.names = names;
    this.#places = places;
  }

  /** Runs one step; what it refuses is noted, and the next step is still run. */
  attempt(step: () => void): void {
    attempt(this.diagnostics, step);
  }

  /** Where a command was written. */
  place(span: Span): { readonly source?: Source } {
    const source = this.#places.of(span);
    return source === undefined ? {} : { source };
  }

  /** The same of a name or another part of a command, with its words. */
  named({ span }: { readonly span: Span }): { readonly source?: Source } {
    const source = this.#places.quoted(span);
    return source === undefined ? {} : { source };
  }

  push(change: Change): void {
    if (change.op !== 'newrule') this.#templates.forget();
    this.changes.push(change);
  }

  /** A change whose final form is known only once all commands were looked at. */
  pushLate(make: () => Change): void {
    this.#templates.forget();
    const at = this.changes.push(make()) - 1;
    this.#late.push(() => {
      this.changes[at] = make();
    });
  }

  /**
   * A chain keeps its name until the batch is committed (nft_chain_commit_update()), and then has
   * the last it was given; one that is deleted meanwhile gets none.
   */
  rename(table: TableInfo, chain: ChainInfo, change: Rename): void {
    const renames = this.#renames.get(table) ?? new Map<ChainInfo, Rename>();
    this.#renames.set(table, renames.set(chain, change));
  }

  finish(): void {
    for (const settle of this.#late) settle();
    for (const [table, renames] of this.#renames) {
      if (this.scope.table(table.family, table.name) !== table) continue;
      for (const [chain, change] of renames) {
        if (table.chains.get(change.chain) === chain) this.push(change);
      }
    }
  }

  table(family: Family, name: Name): TableInfo {
    const table = this.scope.table(family, name.name);
    if (table !== undefined) return table;
    const error = noSuchTable(name.span, family, name.name, this.scope.tableNames());
    throw new Refused(error);
  }

  context(table: TableInfo, span: Span): RuleContext {
    return ruleContext(this.scope, table, table.family, this.names, span);
  }

  /** Compiles a rule and pushes the sets and chains it brings along. */
  rule(table: TableInfo, chain: Name | undefined, x: Rule): CompiledRule {
    if (chain !== undefined && !table.chains.has(chain.name)) {
      throw new Refused(noSuchChain(chain.span, chain.name, table.chains.keys()));
    }
    const base = chain && table.chains.get(chain.name)?.base;
    const shape = x.shape ?? shapeOf(x);
    const templates = this.#templatesFor(table, base);
    const known = shape && templates.match(shape)?.exprs;
    const exprs = known ?? this.#exprs(table, base, x);
    if (shape !== undefined && known === undefined) templates.learn(shape, exprs, undefined);
    const source = this.#places.quoted(x.span);
    // Most rules have neither handle nor comment; spreads cost more than the rest of this.
    if (x.handle === undefined && x.comment === undefined)
      return source === undefined ? { exprs } : { exprs, source };
    return {
      exprs,
      ...(x.handle !== undefined && { handle: Number(x.handle) }),
      ...(x.comment !== undefined && { comment: x.comment }),
      ...(source !== undefined && { source }),
    };
  }

  /** Rules of one shape mean the same in one table, at one hook. */
  #templatesFor(table: TableInfo, base: BaseHook | undefined): RuleTemplates {
    if (table !== this.#templatesOf.table || base !== this.#templatesOf.base) {
      this.#templatesOf = { table, base };
      this.#templates.forget();
    }
    return this.#templates;
  }

  #exprs(table: TableInfo, base: BaseHook | undefined, x: Rule): readonly Expr[] {
    const checked = checkRule(this.context(table, x.span), x);
    const { exprs } = this.#emit(table, base, checked, x.span);
    for (const made of checked.sets) this.#pushSet(table, made);
    for (const made of checked.chains) this.#pushChain(table, made.name, made.rules);
    return exprs;
  }

  #emit(table: TableInfo, base: BaseHook | undefined, checked: CheckedRule, span: Span): Emitter {
    const emitter = new Emitter();
    try {
      for (const stmt of checked.statements) {
        const from = emitter.exprs.length;
        emitStatement(emitter, stmt);
        if (base !== undefined) checkHook(table, base, emitter.exprs, from, stmt.span);
      }
    } catch (thrown) {
      if (!(thrown instanceof OutOfRegisters)) throw thrown;
      refuse('too_complex', span, 'this statement needs more registers than the kernel has');
    }
    return emitter;
  }

  #pushSet(table: TableInfo, { info, init }: MadeSet): void {
    const at = { family: table.family, table: table.name };
    const literal = init.kind === 'set' ? init : undefined;
    const size = info.size ?? literal?.elements.length ?? 0;
    const { source } = this.place(init.span);
    this.pushLate(() => ({
      ...at,
      op: 'newset',
      create: false,
      set: anonymousSet(info, size, source),
    }));
    const elements = literal === undefined ? [] : elementsOf(literal, info);
    if (elements.length > 0) {
      this.push({ ...at, op: 'newelem', create: false, set: info.name, elements });
    }
  }

  /** A chain without a name of its own goes with the rule that jumps to it. */
  #pushChain(table: TableInfo, name: string, rules: readonly Rule[]): void {
    const at = { family: table.family, table: table.name };
    this.push({ ...at, op: 'newchain', create: false, chain: { name, flags: ['binding'] } });
    for (const rule of rules) {
      this.attempt(() => {
        const compiled = this.rule(table, undefined, rule);
        this.push({ ...at, op: 'newrule', chain: name, rule: compiled, where: 'add' });
      });
    }
  }
}
