// comment: says something about the rule and always matches (libxt_comment.c).

import { utf8Decode, utf8Encode } from '../../bytes/index.ts';
import type { CommentInfo } from '../../program/index.ts';
import { extension, IP_FAMILIES, savedText, text } from '../extension/index.ts';

/** XT_MAX_COMMENT_LEN with its terminator. */
const MAX_COMMENT = 256;

/** NFTNL_UDATA_COMMENT_MAXLEN */
const NFT_MAX_COMMENT = 128;

/** Quotes cannot stand in nft's quotes, and what is too long is cut. */
function nftComment(comment: string): string {
  const bytes = utf8Encode(comment.replaceAll('"', "'"));
  return utf8Decode(bytes.subarray(0, NFT_MAX_COMMENT)).replace(/\ufffd$/, '');
}

export const comment = extension<CommentInfo>({
  kind: 'match',
  name: 'comment',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    {
      name: 'comment',
      parse: text(MAX_COMMENT - 1, 'comment'),
      mandatory: true,
      about: 'text  about the rule',
    },
  ],
  build: (given) => ({ comment: given.value<string>('comment') ?? '' }),
  save: (info) => `--comment ${savedText(info.comment)}`,
  translate: (info, { exact }) => `comment "${exact ? nftComment(info.comment) : info.comment}"`,
  list: (info) => `/* ${info.comment} */`,
});
