// Levels of syslog, as libxtables reads them and nft writes them.

import { nearest } from '../../diagnostics/index.ts';
import { wrong } from './context.ts';
import type { ValueParser } from './extension.ts';
import { number } from './values.ts';

const NAMES = ['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug'];

const LEVELS = new Map<string, number>([
  ['alert', 1],
  ['crit', 2],
  ['debug', 7],
  ['emerg', 0],
  ['error', 3],
  ['info', 6],
  ['notice', 5],
  ['panic', 0],
  ['warning', 4],
]);

/** XTTYPE_SYSLOGLEVEL */
export const syslogLevel: ValueParser = ([word = '']) => {
  const level = LEVELS.get(word) ?? number(word);
  return level === undefined || level > 7
    ? wrong(`log level "${word}" is unknown`, nearest(word, LEVELS.keys()))
    : level;
};

export const levelName = (level: number): string => NAMES[level] ?? `${level}`;
