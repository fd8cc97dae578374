import { object, oneOf } from '../../schema.ts';
import type { XtShape } from '../info.ts';

/** struct xt_audit_info: what the record says became of the packet. */
export interface AuditInfo {
  readonly type: 'accept' | 'drop' | 'reject';
}

export const auditShape: XtShape = {
  name: 'AUDIT',
  check: object<AuditInfo>({ type: oneOf('accept', 'drop', 'reject') }),
};
