// log and nflog of ebtables: watchers, which stand among the matches (libebt_log.c, libebt_nflog.c).

import type { EbtLogInfo, EbtNflogInfo } from '../../program/index.ts';
import {
  BRIDGE,
  extension,
  levelName,
  prefixText,
  syslogLevel,
  text,
  uint,
  words,
  wrong,
} from '../extension/index.ts';

/** LOG_NOTICE */
const DEFAULT_LEVEL = 5;
/** EBT_LOG_PREFIX_SIZE and EBT_NFLOG_PREFIX_SIZE without their ends. */
const LOG_PREFIX = 29;
const NFLOG_PREFIX = 63;
const DEFAULT_GROUP = 1;

const LEVELS = ['emerg', 'alert', 'crit', 'error', 'warning', 'notice', 'info', 'debug'];
/** nft's level where it is told none. */
const NFT_DEFAULT = 4;

/** EBT_LOG_* by option. */
const FLAGS = [
  ['log-ip', 0x01],
  ['log-arp', 0x02],
  ['log-ip6', 0x08],
] as const;

const prefix = (max: number) => (given: readonly string[], cx: never) => {
  if (given[0]?.includes('\n') === true) return wrong('no line breaks here');
  return text(max, 'prefix')(given, cx);
};

export const ebtLog = extension<EbtLogInfo>({
  kind: 'target',
  name: 'log',
  watcher: true,
  families: BRIDGE,
  rev: 0,
  options: [
    { name: 'log', about: 'log the frame' },
    {
      name: 'log-level',
      parse: syslogLevel,
      about: `level  ${LEVELS.join(', ')}`,
    },
    { name: 'log-prefix', parse: prefix(LOG_PREFIX) as never, about: 'text' },
    ...FLAGS.map(([name]) => ({ name, about: 'headers of this protocol, too' })),
  ],
  build: (given) => ({
    loglevel: given.value<number>('log-level') ?? DEFAULT_LEVEL,
    bitmask: FLAGS.reduce((bits, [name, bit]) => (given.has(name) ? bits | bit : bits), 0),
    prefix: given.value<string>('log-prefix') ?? '',
  }),
  save: ({ loglevel, bitmask, prefix: head }) =>
    words(
      `--log-level ${LEVELS[loglevel] ?? loglevel}`,
      head !== '' && `--log-prefix "${head}"`,
      ...FLAGS.map(([name, bit]) => (bitmask & bit) !== 0 && `--${name}`),
    ),
  translate: ({ loglevel, prefix }, { exact, leave }) => {
    const head = prefixText(prefix, exact);
    const level = loglevel !== NFT_DEFAULT && `level ${levelName(loglevel)}`;
    return head === undefined
      ? leave('nft holds no quotes and no $ in a prefix')
      : words('log', head, level, 'flags ether');
  },
});

/** EBT_NFLOG_DEFAULT_THRESHOLD */
const DEFAULT_THRESHOLD = 1;

export const ebtNflog = extension<EbtNflogInfo>({
  kind: 'target',
  name: 'nflog',
  watcher: true,
  families: BRIDGE,
  rev: 0,
  options: [
    { name: 'nflog', about: 'a record for whoever listens to the group' },
    { name: 'nflog-group', parse: uint(0xffff), about: 'number  who listens' },
    {
      name: 'nflog-range',
      parse: uint(0xffffffff),
      about: 'bytes of the frame that are copied',
    },
    { name: 'nflog-threshold', parse: uint(0xffff), about: 'records that are sent together' },
    { name: 'nflog-prefix', parse: prefix(NFLOG_PREFIX) as never, about: 'text' },
  ],
  build: (given) => ({
    group: given.value<number>('nflog-group') ?? DEFAULT_GROUP,
    len: given.value<number>('nflog-range') ?? 0,
    threshold: given.value<number>('nflog-threshold') ?? DEFAULT_THRESHOLD,
    prefix: given.value<string>('nflog-prefix') ?? '',
  }),
  save: ({ group, len, threshold, prefix: head }) =>
    words(
      head !== '' && `--nflog-prefix "${head}"`,
      group !== 0 && `--nflog-group ${group}`,
      len !== 0 && `--nflog-range ${len}`,
      threshold !== DEFAULT_THRESHOLD && `--nflog-threshold ${threshold}`,
    ),
  translate: ({ group, len, threshold, prefix }, { exact, leave }) => {
    const head = prefixText(prefix, exact);
    if (head === undefined) return leave('nft holds no quotes and no $ in a prefix');
    const wait = threshold !== DEFAULT_THRESHOLD && `queue-threshold ${threshold}`;
    return words('log', head, `group ${group}`, len !== 0 && `snaplen ${len}`, wait);
  },
});
