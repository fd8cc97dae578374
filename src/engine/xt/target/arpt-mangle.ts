// arpt_mangle.c

import { unhex } from '../../../bytes/index.ts';
import type { ArptMangleInfo } from '../../../program/index.ts';
import { refuse } from '../../errno.ts';
import { NF_DROP } from '../../verdict.ts';
import { EBT_CODES } from '../ebt.ts';
import { targetModule } from '../extension.ts';

const HEADER = 8;

const bytesOf = (field: string | undefined): Uint8Array | null =>
  field === undefined ? null : unhex(field);

export const arptMangle = targetModule<ArptMangleInfo>({
  name: 'mangle',
  placement: { families: ['arp'] },
  prepare({ srcDevaddr, srcIp, tgtDevaddr, tgtIp, target }) {
    // In the order they stand in the packet; hardware and protocol addresses take turns.
    const fields = [srcDevaddr, srcIp, tgtDevaddr, tgtIp].map(bytesOf);
    if (fields.every((field) => field === null)) refuse('EINVAL', 'mangle changes nothing');
    const code = EBT_CODES[target];
    return {
      run({ bytes, network, end }) {
        let at = network + HEADER;
        for (let i = 0; i < fields.length; i++) {
          const field = fields[i]!;
          const length = bytes[network + 4 + (i & 1)]!;
          if (field !== null) {
            if (length > field.length || at + length > end) return NF_DROP;
            for (let j = 0; j < length; j++) bytes[at + j] = field[j]!;
          }
          at += length;
        }
        return code;
      },
    };
  },
});
