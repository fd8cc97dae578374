import { boolean, object, optional, string } from '../../schema.ts';
import { u32 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct xt_cgroup_info_v2: a class of net_cls, or a path in the hierarchy of cgroup2. */
export interface CgroupInfo {
  readonly classid?: number;
  readonly path?: string;
  readonly invert: boolean;
}

export const cgroupShape: XtShape = {
  name: 'cgroup',
  check: object<CgroupInfo>({
    classid: optional(u32),
    path: optional(string),
    invert: boolean,
  }),
};
