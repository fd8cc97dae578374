// hl and ttl: the hop limit of IPv6 (libip6t_hl.c) and the time to live of IPv4 (libipt_ttl.c).

import type { HlInfo, TtlInfo } from '../../program/index.ts';
import {
  extension,
  flagText,
  type Given,
  type OptionSpec,
  U8_MAX,
  uint,
  wrong,
} from '../extension/index.ts';

type Mode = HlInfo['mode'];

const optionsOf = (name: string): readonly OptionSpec[] =>
  (['eq', 'lt', 'gt'] as const).map((mode, _, all) => ({
    name: `${name}-${mode}`,
    ...(mode === 'eq' ? { aliases: [name] } : {}),
    parse: uint(U8_MAX),
    negatable: mode === 'eq',
    excludes: all.filter((one) => one !== mode).map((one) => `${name}-${one}`),
    about: 'value',
  }));

function given(name: string, options: Given): { mode: Mode; value: number } {
  const one = options.options[0];
  if (one === undefined) return wrong(`${name} needs a value`);
  const mode = one.name.slice(name.length + 1) as Mode;
  return { mode: one.negated ? 'ne' : mode, value: one.value as number };
}

const save = (name: string, mode: Mode, value: number): string =>
  mode === 'ne' ? `${flagText(`${name}-eq`, true)} ${value}` : `--${name}-${mode} ${value}`;

const LISTED_MODES = { eq: '==', ne: '!=', lt: '<', gt: '>' } as const;
const NFT_MODES = { eq: '', ne: '!= ', lt: 'lt ', gt: 'gt ' } as const;

export const hl = extension<HlInfo>({
  kind: 'match',
  name: 'hl',
  families: ['ip6'],
  rev: 0,
  options: optionsOf('hl'),
  build(options) {
    const { mode, value } = given('hl', options);
    return { mode, hopLimit: value };
  },
  save: (info) => save('hl', info.mode, info.hopLimit),
  list: (info) => `HL match HL ${LISTED_MODES[info.mode]} ${info.hopLimit}`,
  translate: (info) => `ip6 hoplimit ${NFT_MODES[info.mode]}${info.hopLimit}`,
});

export const ttl = extension<TtlInfo>({
  kind: 'match',
  name: 'ttl',
  families: ['ip'],
  rev: 0,
  options: optionsOf('ttl'),
  build(options) {
    const { mode, value } = given('ttl', options);
    return { mode, ttl: value };
  },
  save: (info) => save('ttl', info.mode, info.ttl),
  list: (info) => `TTL match TTL ${LISTED_MODES[info.mode]} ${info.ttl}`,
  translate: (info) => `ip ttl ${NFT_MODES[info.mode]}${info.ttl}`,
});
