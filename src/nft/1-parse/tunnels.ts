import type {
  Expression,
  InTable,
  Name,
  Span,
  TunnelEncapsulation,
  TunnelObject,
} from '../ast/index.ts';
import { contradiction, duplicateClause, missingClause } from '../diagnostics/index.ts';
import { block } from './blocks.ts';
import { basic } from './expressions.ts';
import type { Parser } from './parser.ts';
import { comment } from './sets.ts';

type Draft = { -readonly [K in keyof TunnelObject]?: TunnelObject[K] };

/** The block of a tunnel object. */
export function tunnelBody(
  p: Parser,
  at: Span,
  place: InTable & { readonly name: Name },
): TunnelObject {
  const draft: Draft = {};
  p.nested(() => block(p, () => tunnelItem(p, draft)));
  const { id } = draft;
  if (id === undefined) return p.raise(missingClause(p.since(at), 'the id of the tunnel'));
  return { ...place, ...draft, kind: 'tunnel', span: p.since(at), id };
}

function tunnelItem(p: Parser, draft: Draft): void {
  const at = p.here;
  if (p.isWord('comment')) draft.comment = comment(p, draft.comment);
  else if (p.acceptWord('id')) draft.id = p.number('id');
  else if (p.isWord('ip') || p.isWord('ip6')) address(p, at, draft);
  else if (p.acceptWord('sport')) draft.sport = p.number('port', 0, 0xffff);
  else if (p.acceptWord('dport')) draft.dport = p.number('port', 0, 0xffff);
  else if (p.acceptWord('ttl')) draft.ttl = p.number('ttl', 0, 255);
  else if (p.acceptWord('tos')) draft.tos = p.number('tos', 0, 255);
  else encapsulationItem(p, at, draft);
  p.separator();
}

function address(p: Parser, at: Span, draft: Draft): void {
  p.expectWord('ip', 'ip6');
  const side = p.expectWord('saddr', 'daddr') === 'saddr' ? 'src' : 'dst';
  const value: Expression = basic(p, 'right');
  if (draft[side] !== undefined) p.raise(duplicateClause(at, `the ${side} of a tunnel`));
  draft[side] = value;
}

function encapsulationItem(p: Parser, at: Span, draft: Draft): void {
  const words = ['erspan', 'vxlan', 'geneve'] as const;
  const word = words.find((w) => p.isWord(w));
  if (word === undefined) p.fail('id', 'ip', 'ip6', 'sport', 'dport', 'ttl', 'tos', ...words);
  p.scan.advance();
  if (draft.encapsulation !== undefined) {
    p.raise(contradiction(at, 'a tunnel has one encapsulation'));
  }
  draft.encapsulation = ENCAPSULATIONS[word](p, at);
}

const ENCAPSULATIONS = { erspan, vxlan, geneve } as const;

function erspan(p: Parser, at: Span): TunnelEncapsulation {
  let version = 0;
  let index = 0;
  let id = 0;
  let direction: 'ingress' | 'egress' = 'ingress';
  block(p, () => {
    if (p.acceptWord('version')) version = p.number('version', 1, 2);
    else if (p.acceptWord('index')) index = p.number('index');
    else if (p.acceptWord('id')) id = p.number('id');
    else if (p.acceptWord('direction')) direction = p.expectWord('ingress', 'egress');
    else p.fail('version', 'index', 'id', 'direction');
    p.separator();
  });
  if (version === 0) p.raise(missingClause(p.since(at), 'the version of erspan'));
  if (version === 1) return { kind: 'erspan', version: 1, index };
  return { kind: 'erspan', version: 2, direction, id };
}

function vxlan(p: Parser): TunnelEncapsulation {
  let gbp = 0;
  block(p, () => {
    p.expectWord('gbp');
    gbp = p.number('gbp');
    p.separator();
  });
  return { kind: 'vxlan', gbp };
}

function geneve(p: Parser): TunnelEncapsulation {
  const options: { class: number; optType: number; data: string }[] = [];
  block(p, () => {
    p.expectWord('class');
    const cls = p.number('class', 0, 0xffff);
    p.expectWord('opt-type');
    const optType = p.number('type', 0, 255);
    p.expectWord('data');
    const { name: data } = p.string('<data>');
    options.push({ class: cls, optType, data });
    p.separator();
  });
  return { kind: 'geneve', options };
}
