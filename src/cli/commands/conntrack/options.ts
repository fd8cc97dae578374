// What conntrack(8) takes: its options, and which of them belong to which command.

import type { HasArg, LongOption } from './getopt.ts';

/** Commands by table; the names are those of the option that asks for them. */
export type CommandName =
  | 'list'
  | 'create'
  | 'update'
  | 'delete'
  | 'get'
  | 'flush'
  | 'event'
  | 'version'
  | 'help'
  | 'count'
  | 'stats'
  | 'add'
  | 'exp-list'
  | 'exp-create'
  | 'exp-delete'
  | 'exp-get'
  | 'exp-flush'
  | 'exp-event'
  | 'exp-count'
  | 'exp-stats';

/** By letter: the command on connections, and on expectations where there is one. */
export const COMMANDS: Readonly<Record<string, readonly [CommandName, CommandName | undefined]>> = {
  L: ['list', 'exp-list'],
  I: ['create', 'exp-create'],
  D: ['delete', 'exp-delete'],
  G: ['get', 'exp-get'],
  F: ['flush', 'exp-flush'],
  E: ['event', 'exp-event'],
  V: ['version', 'version'],
  h: ['help', 'help'],
  C: ['count', 'exp-count'],
  S: ['stats', 'exp-stats'],
  U: ['update', undefined],
  A: ['add', undefined],
};

/** Letters of options; those without one have a sign. The order is that in which they are complained about. */
export const OPTION_NAMES = {
  s: 'src',
  d: 'dst',
  r: 'reply-src',
  q: 'reply-dst',
  p: 'protonum',
  t: 'timeout',
  u: 'status',
  z: 'zero',
  e: 'event-mask',
  '[': 'tuple-src',
  ']': 'tuple-dst',
  '{': 'mask-src',
  '}': 'mask-dst',
  m: 'mark',
  i: 'id',
  f: 'family',
  n: 'src-nat',
  g: 'dst-nat',
  o: 'output',
  c: 'secmark',
  b: 'buffer-size',
  j: 'any-nat',
  w: 'zone',
  l: 'label',
  '<': 'label-add',
  '>': 'label-del',
  '(': 'orig-zone',
  ')': 'reply-zone',
} as const;
export type OptionId = keyof typeof OPTION_NAMES;

/** One command's options: what it must have, what it may have, and pairs of which one must be whole. */
export interface Allowed {
  readonly must?: string;
  readonly may?: string;
  readonly pairs?: string;
}

const CREATE: Allowed = { pairs: 'sdrq', must: 'pt', may: 'umngw<()' };
const FILTER = 'sdrqpu{}mfngo';
const NOTHING: Allowed = {};

export const ALLOWED: Readonly<Record<CommandName, Allowed>> = {
  list: { may: `${FILTER}zcjwl()` },
  create: CREATE,
  add: CREATE,
  update: { may: `${FILTER}til<>` },
  delete: { may: `${FILTER}tiwl()` },
  get: { pairs: 'sdrq', must: 'p', may: 'iol' },
  flush: { may: 'f' },
  event: { may: `${FILTER.replace('u', '')}ecbjwl()` },
  version: NOTHING,
  help: { may: 'p' },
  'exp-list': { may: 'fo' },
  'exp-create': { must: 'sdpt[]{}', may: 'rqu' },
  'exp-delete': { must: 'sdp', may: 'rq' },
  'exp-get': { must: 'sdp', may: 'rq' },
  'exp-flush': NOTHING,
  'exp-event': { may: 'o' },
  count: NOTHING,
  'exp-count': NOTHING,
  stats: NOTHING,
  'exp-stats': NOTHING,
};

const LONG: readonly (readonly [string, HasArg, string])[] = [
  ['dump', 2, 'L'],
  ['create', 2, 'I'],
  ['add', 2, 'A'],
  ['delete', 2, 'D'],
  ['update', 2, 'U'],
  ['get', 2, 'G'],
  ['flush', 2, 'F'],
  ['event', 2, 'E'],
  ['counter', 2, 'C'],
  ['stats', 0, 'S'],
  ['version', 0, 'V'],
  ['help', 0, 'h'],
  ['orig-src', 1, 's'],
  ['src', 1, 's'],
  ['orig-dst', 1, 'd'],
  ['dst', 1, 'd'],
  ['reply-src', 1, 'r'],
  ['reply-dst', 1, 'q'],
  ['protonum', 1, 'p'],
  ['timeout', 1, 't'],
  ['status', 1, 'u'],
  ['zero', 0, 'z'],
  ['event-mask', 1, 'e'],
  ['tuple-src', 1, '['],
  ['tuple-dst', 1, ']'],
  ['mask-src', 1, '{'],
  ['mask-dst', 1, '}'],
  ['nat-range', 1, 'a'],
  ['mark', 1, 'm'],
  ['secmark', 1, 'c'],
  ['id', 2, 'i'],
  ['family', 1, 'f'],
  ['src-nat', 2, 'n'],
  ['dst-nat', 2, 'g'],
  ['output', 1, 'o'],
  ['buffer-size', 1, 'b'],
  ['any-nat', 2, 'j'],
  ['zone', 1, 'w'],
  ['label', 1, 'l'],
  ['label-add', 1, '<'],
  ['label-del', 2, '>'],
  ['orig-zone', 1, '('],
  ['reply-zone', 1, ')'],
];

export const LONG_OPTIONS: readonly LongOption[] = LONG.map(([name, arg, id]) => ({
  name,
  arg,
  id,
}));

/** The first long name of an option, as messages have it. */
export const longName = (id: string): string =>
  LONG_OPTIONS.find((option) => option.id === id)?.name ?? 'unknown';

const SHORT = ':L::I::U::D::G::E::F::A::hVs:d:r:q:p:t:u:e:a:zm:i:f:o:n::g::c:b:C::Sj::w:l:';

export const SHORT_OPTIONS: ReadonlyMap<string, HasArg> = new Map(
  [...SHORT.matchAll(/([A-Za-z])(:{0,2})/g)].map(([, letter = '', colons = '']) => [
    letter,
    colons.length as HasArg,
  ]),
);

/** Makes complaints of options that a command may not have, or must have. */
export function checkOptions(
  allowed: Allowed,
  given: ReadonlySet<string>,
  names: Readonly<Record<string, string>>,
): string | undefined {
  const { must = '', may = '', pairs = '' } = allowed;
  for (const [id, name] of Object.entries(names)) {
    if (!given.has(id) && must.includes(id))
      return `You need to supply the \`--${name}' option for this command`;
    if (given.has(id) && !`${must}${may}${pairs}`.includes(id))
      return `Illegal option \`--${name}' with this command`;
  }
  return undefined;
}

/** Which pair is half given, where none is whole: 0 also where nothing is; undefined where one is. */
export function halfPair(pairs: string, given: ReadonlySet<string>): 0 | 1 | undefined {
  if (pairs === '') return undefined;
  const has = [...pairs].map((id) => given.has(id));
  if ((has[0] && has[1]) || (has[2] && has[3])) return undefined;
  return !has[0] && !has[1] && (has[2] || has[3]) ? 1 : 0;
}
