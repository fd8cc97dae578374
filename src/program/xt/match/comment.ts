import { object, string } from '../../schema.ts';
import type { XtShape } from '../info.ts';

/** struct xt_comment_info. */
export interface CommentInfo {
  readonly comment: string;
}

export const commentShape: XtShape = {
  name: 'comment',
  check: object<CommentInfo>({
    comment: string,
  }),
};
