import { list, object, string, tagged } from '../../schema.ts';
import { u8, u16, u32 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct sock_filter. */
export interface BpfInstruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

/** struct xt_bpf_info_v1: classic instructions, or an object file that only its kernel can load. */
export type BpfInfo =
  | { readonly mode: 'bytecode'; readonly program: readonly BpfInstruction[] }
  | { readonly mode: 'path-pinned'; readonly path: string };

const instruction = object<BpfInstruction>({ code: u16, jt: u8, jf: u8, k: u32 });

export const bpfShape: XtShape = {
  name: 'bpf',
  check: tagged('mode', {
    bytecode: object({ mode: string, program: list(instruction) }),
    'path-pinned': object({ mode: string, path: string }),
  }),
};
