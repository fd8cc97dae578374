// LOG: a line in the kernel's log (libxt_LOG.c).

import type { LogInfo } from '../../program/index.ts';
import {
  cutLine,
  extension,
  IP_FAMILIES,
  levelName,
  type OptionSpec,
  prefixText,
  savedText,
  syslogLevel,
  words,
} from '../extension/index.ts';

const DEFAULT_LEVEL = 4;
/** Room in xt_log_info.prefix. */
const PREFIX = 29;

/** XT_LOG_* by option, in the order they are saved. */
const FLAGS: readonly (readonly [name: string, bit: number, about: string])[] = [
  ['log-tcp-sequence', 0x01, 'TCP sequence numbers'],
  ['log-tcp-options', 0x02, 'TCP options'],
  ['log-ip-options', 0x04, 'IP options'],
  ['log-uid', 0x08, 'user of the local socket'],
  ['log-macdecode', 0x20, 'link addresses and protocol'],
];
const ALL_FLAGS = 0x2f;

const flagOption = ([name, , about]: readonly [string, number, string]): OptionSpec => ({
  name,
  about,
});

function flagsText(flags: number): string {
  if ((flags & ALL_FLAGS) === ALL_FLAGS) return 'flags all';
  const tcp = words((flags & 1) !== 0 && 'sequence', (flags & 2) !== 0 && 'options');
  return words(
    tcp !== '' && `flags tcp ${tcp.replace(' ', ',')}`,
    (flags & 4) !== 0 && 'flags ip options',
    (flags & 8) !== 0 && 'flags skuid',
    (flags & 0x20) !== 0 && 'flags ether',
  );
}

export const log = extension<LogInfo>({
  kind: 'target',
  name: 'LOG',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    { name: 'log-level', parse: syslogLevel, about: 'level  0 to 7, or a name of syslog' },
    { name: 'log-prefix', parse: cutLine(PREFIX), about: `text of at most ${PREFIX} bytes` },
    ...FLAGS.map(flagOption),
  ],
  build: (given) => ({
    level: given.value<number>('log-level') ?? DEFAULT_LEVEL,
    logflags: FLAGS.reduce((bits, [name, bit]) => (given.has(name) ? bits | bit : bits), 0),
    prefix: given.value<string>('log-prefix') ?? '',
  }),
  save: ({ level, logflags, prefix }) =>
    words(
      prefix !== '' && `--log-prefix ${savedText(prefix)}`,
      level !== DEFAULT_LEVEL && `--log-level ${level}`,
      ...FLAGS.map(([name, bit]) => (logflags & bit) !== 0 && `--${name}`),
    ),
  list: ({ level, logflags, prefix }, { numeric }) =>
    words(
      'LOG',
      numeric ? `flags ${logflags} level ${level}` : `level ${levelName(level)}`,
      ...FLAGS.map(
        ([name, bit]) => !numeric && (logflags & bit) !== 0 && name.slice('log-'.length),
      ),
      prefix !== '' && `prefix "${prefix}"`,
    ),
  translate: ({ level, logflags, prefix }, { exact, leave }) => {
    const head = prefixText(prefix, exact);
    const how = level !== DEFAULT_LEVEL && `level ${levelName(level)}`;
    return head === undefined
      ? leave('nft holds no quotes and no $ in a prefix')
      : words('log', head, how, flagsText(logflags));
  },
});
