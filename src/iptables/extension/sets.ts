// Sets of ipset in rules: a name, and the sides of the packet (libxt_set.h).

import type { XtSet } from '../../program/index.ts';
import { wrong } from './context.ts';
import type { ValueParser } from './extension.ts';

/** IPSET_MAXNAMELEN without its end. */
const NAME = 31;
/** IPSET_DIM_MAX */
const MOST = 6;

const isDir = (word: string): word is 'src' | 'dst' => word === 'src' || word === 'dst';

export const namedSet: ValueParser = ([name = '', list = '']): XtSet => {
  if (name.length > NAME) return wrong(`the name of a set has at most ${NAME} letters`);
  const dirs = list.split(',');
  if (!dirs.every(isDir)) return wrong(`"${list}" is not src or dst, or several of them`, 'src');
  return dirs.length > MOST ? wrong(`there are at most ${MOST} parts`) : { name, dirs };
};

export const setText = ({ name, dirs }: XtSet): string => `${name} ${dirs.join(',')}`;
