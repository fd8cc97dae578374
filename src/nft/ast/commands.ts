import type { Expression } from './expressions.ts';
import type {
  ChainDeclaration,
  Declaration,
  ElementsDeclaration,
  Family,
  FlowtableDeclaration,
  ObjectKind,
  RuleDeclaration,
} from './objects.ts';
import type { Integer, Name, Span } from './span.ts';

interface Node<K extends string> {
  readonly kind: K;
  readonly span: Span;
}

/** One thing of a ruleset, by name or by handle. */
export interface Reference {
  readonly kind: 'table' | 'chain' | 'rule' | 'set' | 'map' | 'meter' | 'flowtable' | ObjectKind;
  readonly span: Span;
  readonly family: Family;
  /** Absent only for a table named by its handle. */
  readonly table?: Name;
  /** Of a rule: its chain. */
  readonly chain?: Name;
  /** Of what is inside a table; a table's own name is `table`. */
  readonly name?: Name;
  readonly handle?: Integer;
}

/** Everything of one kind, maybe in one family or table only. */
export interface Collection {
  readonly kind:
    | 'ruleset'
    | 'tables'
    | 'chains'
    | 'rules'
    | 'sets'
    | 'maps'
    | 'meters'
    | 'flowtables'
    | 'hooks'
    | 'counters'
    | 'quotas'
    | 'limits'
    | 'ct helpers'
    | 'ct timeouts'
    | 'ct expectations'
    | 'secmarks'
    | 'synproxys'
    | 'tunnels';
  readonly span: Span;
  readonly family?: Family;
  readonly table?: Name;
  /** Of `reset rules`. */
  readonly chain?: Name;
  /** Of `list hooks`. */
  readonly device?: string;
}

/** A verb without one is `add`, as in a saved ruleset. */
export interface AddCommand extends Node<'add'> {
  readonly object: Declaration;
}
export interface CreateCommand extends Node<'create'> {
  readonly object: Exclude<Declaration, RuleDeclaration>;
}
export interface InsertCommand extends Node<'insert'> {
  readonly object: RuleDeclaration;
}
/** `object.position` says which rule. */
export interface ReplaceCommand extends Node<'replace'> {
  readonly object: RuleDeclaration;
}
/**
 * What can be deleted: a thing, elements of a set, or (chains and flowtables with a block) some of
 * its devices.
 */
export type Deletable = Reference | ElementsDeclaration | ChainDeclaration | FlowtableDeclaration;
export interface DeleteCommand extends Node<'delete'> {
  readonly object: Deletable;
}
/** As delete, without complaint if it is not there. */
export interface DestroyCommand extends Node<'destroy'> {
  readonly object: Deletable;
}
export interface FlushCommand extends Node<'flush'> {
  readonly object: Reference | Collection;
}
export interface ListCommand extends Node<'list'> {
  readonly object: Reference | Collection;
}
export interface ResetCommand extends Node<'reset'> {
  readonly object: Reference | Collection | ElementsDeclaration;
}
export interface GetCommand extends Node<'get'> {
  readonly object: ElementsDeclaration;
}
export interface RenameCommand extends Node<'rename'> {
  readonly object: Reference;
  readonly to: Name;
}
export interface DescribeCommand extends Node<'describe'> {
  readonly expr: Expression;
}
export interface ImportCommand extends Node<'import'> {
  readonly format: 'json' | 'xml';
}
export interface ExportCommand extends Node<'export'> {
  readonly format: 'json' | 'xml';
}
export interface MonitorCommand extends Node<'monitor'> {
  readonly event?: 'new' | 'destroy';
  readonly object?: 'tables' | 'chains' | 'sets' | 'rules' | 'elements' | 'ruleset' | 'trace';
  readonly format?: 'json' | 'xml';
}

export type Command =
  | AddCommand
  | CreateCommand
  | InsertCommand
  | ReplaceCommand
  | DeleteCommand
  | DestroyCommand
  | FlushCommand
  | ListCommand
  | ResetCommand
  | GetCommand
  | RenameCommand
  | DescribeCommand
  | ImportCommand
  | ExportCommand
  | MonitorCommand;

export type CommandKind = Command['kind'];
export type CommandOf<K extends CommandKind> = Extract<Command, { kind: K }>;
