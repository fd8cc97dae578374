// owner: whose socket made the packet (libxt_owner.c).

import type { OwnerInfo, XtRange } from '../../program/index.ts';
import {
  bangWord,
  defined,
  extension,
  flagOf,
  flagText,
  type Given,
  IP_FAMILIES,
  number,
  numberIn,
  type ParseContext,
  rangeText,
  testOf,
  testText,
  unequal,
  words,
  wrong,
} from '../extension/index.ts';

/** One id less: -1 means nobody (owner_parse_range). */
const MAX_ID = 0xfffffffe;

const ROOT = 0;

function ids(
  word: string,
  named: ((name: string) => number | undefined) | undefined,
  what: string,
): XtRange {
  const known = named?.(word) ?? (word === 'root' ? ROOT : undefined);
  if (known !== undefined) return { min: known, max: known };
  const [low = '', high, ...more] = word.split(/[-:]/);
  if (number(low) === undefined || more.length > 0) wrong(`no such ${what} "${word}"`);
  const min = numberIn(low, 0, MAX_ID, what);
  const max = high === undefined ? min : numberIn(high, 0, MAX_ID, what);
  return max < min ? wrong(`range "${word}" ends before it begins`) : { min, max };
}

const users = ([word = '']: readonly string[], cx: ParseContext): XtRange =>
  ids(word, cx.names.user, 'user');
const groups = ([word = '']: readonly string[], cx: ParseContext): XtRange =>
  ids(word, cx.names.group, 'group');

/** `--suppl-groups` is about a `--gid-owner` that stands before it and is not negated. */
function checkGroups(given: Given): void {
  const names = given.options.map((one) => one.name);
  const supplementary = names.indexOf('suppl-groups');
  const group = names.indexOf('gid-owner');
  if (supplementary >= 0 && (group < 0 || group > supplementary))
    wrong('--suppl-groups needs a --gid-owner before it');
}

const idText = (range: XtRange): string => rangeText(range, '-');

/** Of all users and groups only root has the same name everywhere. */
const idListed = (range: XtRange, numeric: boolean): string =>
  !numeric && range.min === ROOT && range.max === ROOT ? 'root' : idText(range);

export const owner = extension<OwnerInfo>({
  kind: 'match',
  name: 'owner',
  families: IP_FAMILIES,
  rev: 1,
  options: [
    { name: 'uid-owner', parse: users, negatable: true, about: 'user[-user]  name or numbers' },
    { name: 'gid-owner', parse: groups, negatable: true, about: 'group[-group]  name or numbers' },
    { name: 'socket-exists', negatable: true, about: 'there is a socket' },
    { name: 'suppl-groups', about: 'also supplementary groups count' },
  ],
  build(given) {
    if (given.options.length === 0) wrong('owner needs at least one option');
    checkGroups(given);
    return defined<OwnerInfo>({
      uid: testOf(given, 'uid-owner'),
      gid: testOf(given, 'gid-owner'),
      socket: flagOf(given, 'socket-exists'),
      supplGroups: given.has('suppl-groups'),
    });
  },
  save: ({ uid, gid, socket, supplGroups }) =>
    words(
      socket && flagText('socket-exists', socket.invert),
      testText('uid-owner', uid, idText),
      testText('gid-owner', gid, idText),
      supplGroups && '--suppl-groups',
    ),
  list: ({ uid, gid, socket, supplGroups }, { numeric }) =>
    words(
      socket && `${bangWord(socket.invert)}owner socket exists`,
      uid && `${bangWord(uid.invert)}owner UID match ${idListed(uid.value, numeric)}`,
      gid && `${bangWord(gid.invert)}owner GID match ${idListed(gid.value, numeric)}`,
      supplGroups && 'incl. suppl. groups',
    ),
  translate({ uid, gid, socket, supplGroups }, { exact, leave }) {
    if (socket !== undefined) return leave('nft does not ask whether there is a socket');
    if (supplGroups) return leave('nft knows the group of a socket alone');
    const given = [
      uid && { ...uid, is: `skuid ${idText(uid.value)}` },
      gid && { ...gid, is: `skgid ${idText(gid.value)}` },
    ].filter((one) => one !== undefined);
    // Nobody owns a packet without a socket, where nft ends the rule.
    if (exact && given.every(({ invert }) => invert)) return { unless: given.map(({ is }) => is) };
    return words(
      uid && `skuid ${unequal(uid.invert)}${idText(uid.value)}`,
      gid && `skgid ${unequal(gid.invert)}${idText(gid.value)}`,
    );
  },
});
