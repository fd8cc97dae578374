// Sets of ipset as rules name them: struct xt_set_info of include/uapi/linux/netfilter/xt_set.h, with
// the name in the place of the index.

import { list, object, oneOf, string } from '../schema.ts';

export interface XtSet {
  readonly name: string;
  /** Which side of the packet each part of an element is taken from. */
  readonly dirs: readonly ('src' | 'dst')[];
}

export const xtSet = object<XtSet>({ name: string, dirs: list(oneOf('src', 'dst')) });
