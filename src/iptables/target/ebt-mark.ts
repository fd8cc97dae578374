// mark of ebtables (libebt_mark.c).

import type { EbtMarkInfo, EbtVerdict } from '../../program/index.ts';
import {
  BRIDGE,
  extension,
  type Given,
  hexText,
  type OptionSpec,
  uint,
  verdictOption,
  verdictText,
  wrong,
} from '../extension/index.ts';

const ACTIONS = ['set', 'or', 'and', 'xor'] as const;

const option = (action: EbtMarkInfo['action']): OptionSpec => ({
  name: `mark-${action}`,
  aliases: action === 'set' ? ['set-mark'] : [],
  parse: uint(0xffffffff),
  excludes: ACTIONS.filter((other) => other !== action).map((other) => `mark-${other}`),
  about: action === 'set' ? 'value  the new mark' : `bits  ${action} the mark with these`,
});

function build(given: Given): EbtMarkInfo {
  if (given.options.length === 0) return wrong('mark needs an operation, e.g. --mark-set');
  const action = ACTIONS.find((one) => given.has(`mark-${one}`)) ?? 'set';
  return {
    action,
    mark: given.value<number>(`mark-${action}`) ?? 0,
    target: given.value<EbtVerdict>('mark-target') ?? 'accept',
  };
}

export const ebtMark = extension<EbtMarkInfo>({
  kind: 'target',
  name: 'mark',
  families: BRIDGE,
  rev: 0,
  options: [...ACTIONS.map(option), verdictOption('mark-target')],
  build,
  save: ({ action, mark, target }) =>
    `--mark-${action} ${hexText(mark)} --mark-target ${verdictText(target)}`,
  translate: ({ action, mark, target }) =>
    `meta mark set ${action === 'set' ? '' : `meta mark ${action} `}${hexText(mark)} ${target}`,
});
