// SECMARK: the security context of the packet (libxt_SECMARK.c).

import type { SecmarkInfo } from '../../program/index.ts';
import { cut, extension, IP_FAMILIES, wordText } from '../extension/index.ts';

/** SECMARK_SECCTX_MAX without its end. */
const CONTEXT = 255;

export const secmark = extension<SecmarkInfo>({
  kind: 'target',
  name: 'SECMARK',
  families: IP_FAMILIES,
  rev: 1,
  options: [{ name: 'selctx', mandatory: true, parse: cut(CONTEXT), about: 'context of SELinux' }],
  build: (given) => ({ secctx: given.value<string>('selctx') ?? '' }),
  save: ({ secctx }) => `--selctx ${wordText(secctx)}`,
  list: ({ secctx }) => `SECMARK selctx ${secctx}`,
  translate: (_, { leave }) => leave('labels of SELinux are objects of a table in nft'),
});
