// Sets of ipset in rules: a name, and the sides of the packet (libxt_set.h).

import type { XtSet } from '../../program/index.ts';
import { NotThere, type ParseContext, wrong } from './context.ts';
import type { ValueParser } from './extension.ts';

/** IPSET_MAXNAMELEN without its end. */
const NAME = 31;
/** IPSET_DIM_MAX */
const MOST = 6;

const isDir = (word: string): word is 'src' | 'dst' => word === 'src' || word === 'dst';

/** get_set_byname() of libxt_set.h, where it is known which sets there are. */
function checkThere(name: string, { names, family }: ParseContext): void {
  if (names.ipset === undefined) return;
  const of = names.ipset(name);
  if (of === undefined) throw new NotThere(`Set ${name} doesn't exist.`);
  if (of === (family === 'ip' ? 'inet6' : 'inet'))
    wrong(
      `The protocol family of set ${name} is ${of === 'inet' ? 'IPv4' : 'IPv6'}, which is not applicable.`,
    );
}

export const namedSet: ValueParser = ([name = '', list = ''], cx): XtSet => {
  if (name.length > NAME) return wrong(`the name of a set has at most ${NAME} letters`);
  const dirs = list.split(',');
  if (!dirs.every(isDir)) return wrong(`"${list}" is not src or dst, or several of them`, 'src');
  if (dirs.length > MOST) return wrong(`there are at most ${MOST} parts`);
  checkThere(name, cx);
  return { name, dirs };
};

export const setText = ({ name, dirs }: XtSet): string => `${name} ${dirs.join(',')}`;
