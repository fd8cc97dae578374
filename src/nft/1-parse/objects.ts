import type {
  CtExpectationObject,
  CtHelperObject,
  CtTimeoutObject,
  Family,
  InTable,
  Integer,
  Name,
  ObjectDeclaration,
  Span,
} from '../ast/index.ts';
import { badText, duplicateClause, missingClause } from '../diagnostics/index.ts';
import { synproxySpec } from './actions.ts';
import { block } from './blocks.ts';
import { timeValue } from './lexemes.ts';
import type { Parser } from './parser.ts';
import { comment } from './sets.ts';
import { limitSpec, quotaSpec } from './stateful.ts';
import { tunnelBody } from './tunnels.ts';

/** NFT_SECMARK_CTX_MAXLEN and NF_CT_HELPER_NAME_LEN, less the terminating zero. */
const MAX_SECMARK = 4095;
const MAX_HELPER = 15;

type Place = InTable & { readonly name: Name };

/** Reads what follows an object's name: its block, or its properties on the same line. */
type Reader = (p: Parser, at: Span, place: Place) => ObjectDeclaration;

const FAMILIES: readonly Family[] = ['ip', 'ip6', 'inet', 'arp', 'bridge', 'netdev'];

/** Reads `config` in braces, where it may stand several times and with a comment, or bare. */
function configured(p: Parser, config: () => void): { comment?: string } {
  const found: { comment?: string } = {};
  if (!p.is('{')) {
    config();
    return found;
  }
  p.nested(() =>
    block(p, () => {
      if (p.isWord('comment')) found.comment = comment(p, found.comment);
      else config();
    }),
  );
  return found;
}

const counter: Reader = (p, at, place) => {
  let packets: Integer = 0;
  let bytes: Integer = 0;
  const config = (): void => {
    p.expectWord('packets');
    packets = p.quantity();
    p.expectWord('bytes');
    bytes = p.quantity();
  };
  const bare = p.is('{') || p.isWord('packets');
  const found = bare ? configured(p, config) : {};
  return { ...place, ...found, kind: 'counter', span: p.since(at), packets, bytes };
};

const quota: Reader = (p, at, place) => {
  let spec: ReturnType<typeof quotaSpec> = { over: false, bytes: 0, used: 0 };
  const found = configured(p, () => {
    spec = quotaSpec(p);
  });
  return { ...place, ...found, ...spec, kind: 'quota', span: p.since(at) };
};

const limit: Reader = (p, at, place) => {
  let spec: ReturnType<typeof limitSpec> | undefined;
  const found = configured(p, () => {
    spec = limitSpec(p);
  });
  if (spec === undefined) return p.raise(missingClause(p.since(at), 'the rate of the limit'));
  return { ...place, ...found, ...spec, kind: 'limit', span: p.since(at) };
};

const secmark: Reader = (p, at, place) => {
  let context: Name | undefined;
  const found = configured(p, () => {
    context = p.string('<security context>');
    if (context.name.length < 1 || context.name.length > MAX_SECMARK) {
      p.raise(badText(context.span, 'a security context', MAX_SECMARK));
    }
  });
  const name = context?.name;
  if (name === undefined) return p.raise(missingClause(p.since(at), 'the security context'));
  return { ...place, ...found, kind: 'secmark', span: p.since(at), context: name };
};

const synproxy: Reader = (p, at, place) => {
  let spec: ReturnType<typeof synproxySpec> = { timestamp: false, sackPerm: false };
  const inBlock = p.is('{');
  const between = (): boolean => inBlock && (p.accept('newline') || p.accept(';'));
  const found = configured(p, () => {
    if (!p.isWord('mss')) p.fail('mss');
    spec = synproxySpec(p, between);
  });
  return { ...place, ...found, ...spec, kind: 'synproxy', span: p.since(at) };
};

type Draft<T> = { -readonly [K in keyof T]?: T[K] };

const l4protocol = (p: Parser): 'tcp' | 'udp' => p.expectWord('tcp', 'udp');

/** Raises what is missing, or gives the value back. */
function required<T>(p: Parser, at: Span, value: T | undefined, what: string): T {
  return value ?? p.raise(missingClause(p.since(at), what));
}

const helper: Reader = (p, at, place) => {
  const draft: Draft<CtHelperObject> = {};
  const found = configured(p, () => {
    if (p.isWord('type')) helperType(p, draft);
    else if (p.acceptWord('l3proto')) draft.l3proto = p.expectWord(...FAMILIES);
    else p.fail('type', 'l3proto');
    p.separator();
  });
  const type = required(p, at, draft.type, 'the type of the helper');
  const protocol = required(p, at, draft.protocol, 'the protocol of the helper');
  const span = p.since(at);
  return { ...place, ...found, ...draft, kind: 'ct helper', span, type, protocol };
};

function helperType(p: Parser, draft: Draft<CtHelperObject>): void {
  const at = p.here;
  p.expectWord('type');
  if (!p.is('quoted')) p.fail('<quoted helper name>');
  const { name, span } = p.string();
  if (draft.type !== undefined) p.raise(duplicateClause(at, 'the type of a helper'));
  if (name.length < 1 || name.length > MAX_HELPER) {
    p.raise(badText(span, 'the name of a helper', MAX_HELPER));
  }
  p.expectWord('protocol');
  draft.type = name;
  draft.protocol = l4protocol(p);
}

const timeout: Reader = (p, at, place) => {
  const draft: Draft<CtTimeoutObject> = {};
  const policy: { state: Name; seconds: number }[] = [];
  const found = configured(p, () => {
    if (p.acceptWord('protocol')) draft.protocol = l4protocol(p);
    else if (p.acceptWord('l3proto')) draft.l3proto = p.expectWord(...FAMILIES);
    else if (p.acceptWord('policy')) policy.push(...timeoutPolicy(p));
    else p.fail('protocol', 'l3proto', 'policy');
    p.separator();
  });
  const protocol = required(p, at, draft.protocol, 'the protocol of the timeout');
  const span = p.since(at);
  return { ...place, ...found, ...draft, kind: 'ct timeout', span, protocol, policy };
};

/** `= { established : 2m, close : 10 }`; plain numbers are seconds. */
function timeoutPolicy(p: Parser): { state: Name; seconds: number }[] {
  const states = [];
  p.expect('=');
  p.expect('{');
  do {
    p.skipNewlines();
    const state = p.identifier('<state>');
    p.expect(':');
    states.push({ state, seconds: seconds(p) });
    p.skipNewlines();
  } while (p.accept(','));
  p.expect('}');
  return states;
}

function seconds(p: Parser): number {
  if (p.is('number')) return p.number('timeout in seconds');
  const value = timeValue(p.scan.text);
  return value === undefined ? p.time() : Math.floor(p.time() / 1000);
}

const expectation: Reader = (p, at, place) => {
  const draft: Draft<CtExpectationObject> = {};
  const found = configured(p, () => {
    if (p.acceptWord('protocol')) draft.protocol = l4protocol(p);
    else if (p.acceptWord('dport')) draft.dport = p.number('port', 0, 0xffff);
    else if (p.acceptWord('timeout')) draft.timeout = p.time();
    else if (p.acceptWord('size')) draft.size = p.number('size', 0, 255);
    else if (p.acceptWord('l3proto')) draft.l3proto = p.expectWord(...FAMILIES);
    else p.fail('protocol', 'dport', 'timeout', 'size', 'l3proto');
    p.separator();
  });
  const clauses = {
    protocol: required(p, at, draft.protocol, 'the protocol of the expectation'),
    dport: required(p, at, draft.dport, 'the dport of the expectation'),
    timeout: required(p, at, draft.timeout, 'the timeout of the expectation'),
    size: required(p, at, draft.size, 'the size of the expectation'),
  };
  return { ...place, ...found, ...draft, ...clauses, kind: 'ct expectation', span: p.since(at) };
};

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['counter', counter],
  ['quota', quota],
  ['limit', limit],
  ['secmark', secmark],
  ['synproxy', synproxy],
  ['ct helper', helper],
  ['ct timeout', timeout],
  ['ct expectation', expectation],
  ['tunnel', tunnelBody],
]);

const OBJECT_WORDS: ReadonlySet<string> = new Set(
  'counter quota limit secmark synproxy ct tunnel'.split(' '),
);

export const isObjectWord = (p: Parser): boolean => p.isOneOf(OBJECT_WORDS);

/** The kind of an object, of one word or two. */
export function objectKind(p: Parser): ObjectDeclaration['kind'] {
  const word = p.expectOneOf(OBJECT_WORDS);
  const kind = word === 'ct' ? `ct ${p.expectWord('helper', 'timeout', 'expectation')}` : word;
  return kind as ObjectDeclaration['kind'];
}

/** What follows kind and name. */
export function objectBody(
  p: Parser,
  at: Span,
  kind: ObjectDeclaration['kind'],
  place: Place,
): ObjectDeclaration {
  return READERS.get(kind)!(p, at, place);
}
