import { type Diagnostic, error, nearest } from '../../diagnostics/index.ts';
import type { Span } from '../ast/index.ts';

type Names = Iterable<string>;

export const noSuchTable = (
  at: Span,
  family: string,
  name: string,
  known: Names = [],
): Diagnostic =>
  error('no_such_table', at, `no table named '${family} ${name}'`, {
    suggestion: nearest(name, known),
  });

export const noSuchChain = (at: Span, name: string, known: Names = []): Diagnostic =>
  error('no_such_chain', at, `no chain named '${name}' in this table`, {
    suggestion: nearest(name, known),
  });

export const noSuchSet = (at: Span, name: string, known: Names = []): Diagnostic =>
  error('no_such_set', at, `no set or map named '${name}' in this table`, {
    suggestion: nearest(name, known),
  });

export const noSuchObject = (at: Span, kind: string, name: string, known: Names = []): Diagnostic =>
  error('no_such_object', at, `no ${kind} named '${name}' in this table`, {
    suggestion: nearest(name, known),
  });

export const noSuchFlowtable = (at: Span, name: string, known: Names = []): Diagnostic =>
  error('no_such_flowtable', at, `no flow table named '${name}' in this table`, {
    suggestion: nearest(name, known),
  });

export const unknownDatatype = (at: Span, name: string, known: Names = []): Diagnostic =>
  error('unknown_datatype', at, `no datatype named '${name}'`, {
    suggestion: nearest(name, known),
  });

export const unknownSymbol = (
  at: Span,
  name: string,
  type: string,
  known: Names = [],
  hint?: string,
): Diagnostic => {
  const suggestion = nearest(name, known);
  return error('unknown_symbol', at, `'${name}' is not a value of type ${type}`, {
    suggestion,
    hint: suggestion === undefined ? hint : undefined,
  });
};

export const typeMismatch = (at: Span, wanted: string, found: string): Diagnostic =>
  error('type_mismatch', at, `this must be of type ${wanted}, and is ${found}`);

export const protocolConflict = (at: Span, wanted: string, found: string): Diagnostic =>
  error('protocol_conflict', at, `${wanted} is matched where the rule already requires ${found}`);
