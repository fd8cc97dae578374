// comment: says something about the rule and always matches (libxt_comment.c).

import type { CommentInfo } from '../../program/index.ts';
import { extension, IP_FAMILIES, savedText, text } from '../extension/index.ts';

/** XT_MAX_COMMENT_LEN with its terminator. */
const MAX_COMMENT = 256;

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
  translate: (info) => `comment "${info.comment}"`,
  list: (info) => `/* ${info.comment} */`,
});
