import type { Name, Span } from '../ast/index.ts';
import {
  badInterface,
  includeNotFound,
  includeTooDeep,
  unclosedBlock,
  variableKind,
} from '../diagnostics/index.ts';
import { ParseAbort, ParseFailure, type Parser } from './parser.ts';
import { findIncluded } from './source.ts';
import { definition, variable } from './variables.ts';

/** MAX_INCLUDE_DEPTH of nftables. */
const MAX_INCLUDES = 16;
/** IFNAMSIZ less the terminating zero. */
const MAX_INTERFACE = 15;

/**
 * Reads one thing and, if it is wrong, reports it and skips to the next line or the end of the
 * block: so one run shows several errors.
 */
export function recovering(p: Parser, read: () => void): void {
  const { depth } = p.scan;
  const { scopes, setDepth } = p;
  const open = scopes.length;
  try {
    read();
  } catch (failure) {
    if (!(failure instanceof ParseFailure)) throw failure;
    p.report(failure.diagnostic);
    scopes.length = open;
    p.setDepth = setDepth;
    skipLine(p, depth, p.scan.depth > depth && p.missingBraces() > 0);
  }
}

/**
 * To behind the next separator that is not inside deeper braces, or to the brace that ends the
 * block. If the whole text lacks closing braces it is most likely the deeper one that is not closed:
 * then the end of the line ends it, and the rest of the text is still read.
 */
function skipLine(p: Parser, depth: number, unclosed: boolean): void {
  for (; !p.is('eof'); p.scan.advance()) {
    if (unclosed && p.is('newline')) p.abandonBraces(depth);
    if (p.scan.depth > depth) continue;
    if (p.is('}') && depth > 0) return;
    if (p.is('newline') || p.is(';') || p.is('crlf')) {
      p.scan.advance();
      return;
    }
  }
}

/** `{ … }` with items one a line, and includes and definitions anywhere. */
export function block(p: Parser, item: () => void): void {
  const opened = p.here;
  p.expect('{');
  while (!p.accept('}')) {
    if (p.is('eof')) abandon(p, opened);
    if (p.accept('newline') || p.accept(';')) continue;
    recovering(p, () => {
      if (!commonItem(p)) item();
    });
  }
}

/** Nothing is left to read, so the blocks around this one need not complain as well. */
function abandon(p: Parser, opened: Span): never {
  p.report(unclosedBlock(p.here, opened));
  throw new ParseAbort();
}

/** A block whose definitions are its own. */
export function scopedBlock(p: Parser, item: () => void): void {
  p.scopes.push(new Map());
  p.nested(() => block(p, item));
  p.scopes.pop();
}

/** What may stand in every block: include, define, redefine, undefine. */
export function commonItem(p: Parser): boolean {
  if (p.isWord('include')) include(p);
  else if (p.isWord('define') || p.isWord('redefine') || p.isWord('undefine')) definition(p);
  else return false;
  return true;
}

/** The files' texts are read in the place of the line, as if they stood there. */
function include(p: Parser): void {
  const at = p.here;
  p.scan.advance();
  const { kind, text: path } = p.scan;
  if (kind !== 'quoted') p.fail('<quoted path>');
  p.scan.advance();
  const span = p.since(at);
  if (!p.is('newline') && !p.is(';') && !p.is('eof')) p.fail('end of line');
  const files = includedFiles(p, span, path);
  for (const { name, text } of files.reverse()) {
    p.sources.push({ name, text });
    p.scan.include(p.sources.length - 1, text);
  }
  // The separator is spent; at the end of input there is none, and the files follow it.
  p.scan.advance();
}

function includedFiles(p: Parser, at: Span, path: string): { name: string; text: string }[] {
  const { loader, searchPath = [] } = p.options;
  if (p.scan.includeDepth >= MAX_INCLUDES) p.raise(includeTooDeep(at, MAX_INCLUDES, []));
  const names = loader && findIncluded(path, searchPath, loader);
  if (names === undefined) p.raise(includeNotFound(at, path, searchPath));
  return names.map((name) => {
    const text = loader?.read(name);
    if (text === undefined) p.raise(includeNotFound(at, name, []));
    return { name, text };
  });
}

/** `devices = { a, b }`, the word being spent. */
export function deviceList(p: Parser): Name[] {
  p.expect('=');
  if (p.is('$')) return deviceVariable(p);
  p.expect('{');
  const devices: Name[] = [];
  p.skipNewlines();
  do {
    p.skipNewlines();
    if (p.is('}')) break;
    devices.push(...device(p));
    p.skipNewlines();
  } while (p.accept(','));
  if (devices.length === 0) p.fail('<device>');
  p.expect('}');
  return devices;
}

/** A device by name or by variable. */
export function device(p: Parser): Name[] {
  return p.is('$') ? deviceVariable(p) : [interfaceName(p, p.string('<device>'))];
}

function deviceVariable(p: Parser): Name[] {
  const at = p.here;
  const value = variable(p);
  const span = p.since(at);
  const items = value.kind === 'set' ? value.elements.map((e) => e.key) : [value];
  return items.map((item) => {
    if (item.kind !== 'symbol') p.raise(variableKind(span, 'names of devices'));
    return interfaceName(p, { name: item.name, span });
  });
}

export function interfaceName(p: Parser, device: Name): Name {
  const { name, span } = device;
  if (name.length === 0) p.raise(badInterface(span, 'the name of a device is empty'));
  if (name.length > MAX_INTERFACE) {
    p.raise(badInterface(span, `the name of a device has at most ${MAX_INTERFACE} characters`));
  }
  return device;
}
