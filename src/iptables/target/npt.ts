// DNPT and SNPT: prefix translation without state, RFC 6296 (libip6t_DNPT.c, libip6t_SNPT.c).

import type { NptInfo } from '../../program/index.ts';
import {
  addressText,
  extension,
  hostMask,
  type Prefix,
  prefixLength,
  type ValueParser,
  wrong,
} from '../extension/index.ts';

const prefix: ValueParser = (words, cx) => {
  const one = hostMask(words, cx) as Prefix;
  return prefixLength(one.mask) === undefined ? wrong(`"${words[0]}" is no prefix`) : one;
};

const half = (given: Prefix | undefined) => ({
  address: given?.address ?? '0'.repeat(32),
  length: prefixLength(given?.mask ?? '') ?? 0,
});

const translation = (name: string) =>
  extension<NptInfo>({
    kind: 'target',
    name,
    families: ['ip6'],
    rev: 0,
    options: [
      {
        name: 'src-pfx',
        mandatory: true,
        parse: prefix,
        about: 'address/length  prefix that is replaced',
      },
      {
        name: 'dst-pfx',
        mandatory: true,
        parse: prefix,
        about: 'address/length  prefix that replaces it',
      },
    ],
    build: (given) => {
      const from = half(given.value('src-pfx'));
      const to = half(given.value('dst-pfx'));
      return {
        srcPfx: from.address,
        dstPfx: to.address,
        srcPfxLen: from.length,
        dstPfxLen: to.length,
      };
    },
    save: ({ srcPfx, dstPfx, srcPfxLen, dstPfxLen }) =>
      `--src-pfx ${addressText(srcPfx)}/${srcPfxLen} --dst-pfx ${addressText(dstPfx)}/${dstPfxLen}`,
    translate: (_, { leave }) =>
      leave('prefixes are translated by connection in nft, and here packet by packet'),
    list: ({ srcPfx, dstPfx, srcPfxLen, dstPfxLen }) =>
      `${name} src-pfx ${addressText(srcPfx)}/${srcPfxLen} dst-pfx ${addressText(dstPfx)}/${dstPfxLen}`,
  });

export const dnpt = translation('DNPT');
export const snpt = translation('SNPT');
