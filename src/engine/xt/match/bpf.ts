// xt_bpf.c: classic BPF over the packet from its network header on.

import type { BpfInfo } from '../../../program/index.ts';
import { refuse } from '../../errno.ts';
import { checkBpf, runBpf } from '../classic-bpf.ts';
import { matchModule } from '../extension.ts';

/** XT_BPF_MAX_NUM_INSTR */
const MAX_INSTRUCTIONS = 64;

export const bpf = matchModule<BpfInfo>({
  name: 'bpf',
  placement: { families: ['ip', 'ip6', 'inet'] },
  prepare(info) {
    // Only a kernel has the objects that are pinned in it.
    if (info.mode === 'path-pinned') return 'a program pinned in a bpf file system is not here';
    const { program } = info;
    if (program.length === 0 || program.length > MAX_INSTRUCTIONS)
      refuse('EINVAL', `a program has 1 to ${MAX_INSTRUCTIONS} instructions`);
    const wrong = checkBpf(program);
    if (wrong !== undefined) refuse('EINVAL', wrong);
    return {
      matches: (pkt) => runBpf(program, pkt) !== 0,
      why: () => 'the program returned 0',
    };
  },
});
