// TTL and HL: hops that are left (libipt_TTL.c, libip6t_HL.c).

import type { TtlTargetInfo } from '../../program/index.ts';
import { extension, uint, wrong, type XtFamily } from '../extension/index.ts';

const MODES = ['set', 'dec', 'inc'] as const;
const LISTED = { set: 'set to', dec: 'decrement by', inc: 'increment by' } as const;
const ABOUT = { set: 'to this', dec: 'less by', inc: 'more by' } as const;

const hops = (name: string, families: readonly XtFamily[], field: string) => {
  const prefix = name.toLowerCase();
  const names = MODES.map((mode) => `${prefix}-${mode}`);
  return extension<TtlTargetInfo>({
    kind: 'target',
    name,
    families,
    rev: 0,
    options: MODES.map((mode, i) => ({
      name: names[i]!,
      parse: uint(0xff, mode === 'set' ? 0 : 1),
      excludes: names.filter((_, other) => other !== i),
      about: `number  ${ABOUT[mode]}`,
    })),
    build: (given) => {
      const mode = MODES.find((_, i) => given.has(names[i]!));
      if (mode === undefined) return wrong(`${name} needs an action, e.g. --${names[0]}`);
      return { mode, ttl: given.value<number>(`${prefix}-${mode}`) ?? 0 };
    },
    save: ({ mode, ttl }) => `--${prefix}-${mode} ${ttl}`,
    list: ({ mode, ttl }) => `${name} ${LISTED[mode]} ${ttl}`,
    // iptables-translate knows none of them.
    translate({ mode, ttl }, { exact, leave }) {
      if (mode !== 'set') return leave('nft does not calculate with the field');
      return exact ? `${field} set ${ttl}` : undefined;
    },
  });
};

export const ttl = hops('TTL', ['ip'], 'ip ttl');
export const hl = hops('HL', ['ip6'], 'ip6 hoplimit');
