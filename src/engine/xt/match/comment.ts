// xt_comment.c

import type { CommentInfo } from '../../../program/index.ts';
import { matchModule } from '../extension.ts';

export const comment = matchModule<CommentInfo>({
  name: 'comment',
  placement: { families: ['ip', 'ip6', 'inet', 'arp', 'bridge'] },
  prepare: () => ({ matches: () => true, why: () => 'a comment always matches' }),
});
