import { boolean, object } from '../../schema.ts';
import type { XtShape } from '../info.ts';

/** struct xt_socket_mtinfo3. */
export interface SocketInfo {
  readonly transparent: boolean;
  readonly nowildcard: boolean;
  readonly restoreSkmark: boolean;
}

export const socketShape: XtShape = {
  name: 'socket',
  check: object<SocketInfo>({
    transparent: boolean,
    nowildcard: boolean,
    restoreSkmark: boolean,
  }),
};
