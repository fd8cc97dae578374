// recent: addresses seen lately, in lists with names (libxt_recent.c).

import type { RecentInfo } from '../../program/index.ts';
import {
  addressBits,
  addressText,
  bangWord,
  extension,
  flagText,
  type Given,
  host,
  IP_FAMILIES,
  maskOf,
  text,
  U32_MAX,
  uint,
  words,
  wrong,
} from '../extension/index.ts';

/** XT_RECENT_NAME_LEN with its terminator. */
const MAX_NAME = 200;

type Action = RecentInfo['action'];
const ACTIONS: readonly Action[] = ['set', 'rcheck', 'update', 'remove'];

const others = (action: Action): readonly string[] => ACTIONS.filter((one) => one !== action);

function checkParts(given: Given, action: Action): void {
  const timed = action === 'rcheck' || action === 'update';
  for (const name of ['seconds', 'hitcount', 'rttl'])
    if (given.has(name) && !timed) wrong(`--${name} needs --rcheck or --update`);
  if (given.has('reap') && !given.has('seconds')) wrong('--reap needs --seconds');
}

const sideOf = (given: Given): RecentInfo['side'] =>
  given.options.findLast((one) => one.name === 'rsource' || one.name === 'rdest')?.name === 'rdest'
    ? 'dest'
    : 'source';

const LISTED = { set: 'SET', rcheck: 'CHECK', update: 'UPDATE', remove: 'REMOVE' } as const;

export const recent = extension<RecentInfo>({
  kind: 'match',
  name: 'recent',
  families: IP_FAMILIES,
  rev: 1,
  options: [
    { name: 'set', negatable: true, excludes: others('set'), about: 'add the address' },
    {
      name: 'rcheck',
      negatable: true,
      excludes: others('rcheck'),
      about: 'the address is in the list',
    },
    {
      name: 'update',
      negatable: true,
      excludes: others('update'),
      about: 'likewise, and it is seen again',
    },
    {
      name: 'remove',
      negatable: true,
      excludes: others('remove'),
      about: 'likewise, and it is taken out',
    },
    { name: 'seconds', parse: uint(U32_MAX, 1), about: 'seconds  since it was seen, at most' },
    { name: 'hitcount', parse: uint(U32_MAX), about: 'number  of times it was seen, at least' },
    { name: 'rttl', about: 'with the TTL of the first time' },
    { name: 'name', parse: text(MAX_NAME - 1, 'name'), about: 'name  of the list' },
    { name: 'rsource', about: 'the source address' },
    { name: 'rdest', about: 'the destination address' },
    { name: 'mask', parse: host, about: 'mask  of the address' },
    { name: 'reap', about: 'take out what is too old' },
  ],
  build(given, cx) {
    const action = ACTIONS.find((one) => given.has(one));
    if (action === undefined) return wrong('recent needs --set, --rcheck, --update or --remove');
    checkParts(given, action);
    const bits = addressBits(cx.family);
    return {
      action,
      invert: given.negated(action),
      seconds: given.value<number>('seconds') ?? 0,
      hitCount: given.value<number>('hitcount') ?? 0,
      ttl: given.has('rttl'),
      reap: given.has('reap'),
      name: given.value<string>('name') ?? 'DEFAULT',
      // The last one counts.
      side: sideOf(given),
      mask: given.value<string>('mask') ?? maskOf(bits, bits / 8),
    };
  },
  save: (info) =>
    words(
      flagText(info.action, info.invert),
      info.seconds !== 0 && `--seconds ${info.seconds}`,
      info.reap && '--reap',
      info.hitCount !== 0 && `--hitcount ${info.hitCount}`,
      info.ttl && '--rttl',
      `--name ${info.name}`,
      `--mask ${addressText(info.mask)}`,
      info.side === 'source' ? '--rsource' : '--rdest',
    ),
  list: (info) =>
    words(
      `${bangWord(info.invert)}recent: ${LISTED[info.action]}`,
      info.seconds !== 0 && `seconds: ${info.seconds}`,
      info.reap && 'reap',
      info.hitCount !== 0 && `hit_count: ${info.hitCount}`,
      info.ttl && 'TTL-Match',
      `name: ${info.name} side: ${info.side} mask: ${addressText(info.mask)}`,
    ),
  translate: (_, { leave }) =>
    leave('sets of nft do not keep when and how often an address was seen'),
});
