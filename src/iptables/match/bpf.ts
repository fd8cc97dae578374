// bpf: a program of the Berkeley packet filter (libxt_bpf.c).

import type { BpfInfo, BpfInstruction } from '../../program/index.ts';
import {
  extension,
  IP_FAMILIES,
  number,
  numberIn,
  savedText,
  text,
  wrong,
} from '../extension/index.ts';

/** XT_BPF_MAX_NUM_INSTR */
const MAX_INSTRUCTIONS = 64;
/** XT_BPF_PATH_MAX */
const MAX_PATH = 512;

function instruction(words: string): BpfInstruction {
  const [code, jt, jf, k, ...more] = words.trim().split(/\s+/).map(number);
  if (
    code === undefined ||
    jt === undefined ||
    jf === undefined ||
    k === undefined ||
    more.length > 0
  )
    return wrong(`bad instruction "${words}"`);
  if (code > 0xffff || jt > 0xff || jf > 0xff || k > 0xffffffff)
    return wrong(`instruction "${words}" is out of range`);
  return { code, jt, jf, k };
}

/** `count,code jt jf k,...`, as nfbpf_compile and tcpdump -ddd write it. */
function bytecode([word = '']: readonly string[]): readonly BpfInstruction[] {
  const [count = '', ...rest] = word.split(/[,\n]/);
  const length = numberIn(count, 1, MAX_INSTRUCTIONS, 'number of instructions');
  const lines = rest.at(-1)?.trim() === '' ? rest.slice(0, -1) : rest;
  if (lines.length !== length)
    wrong(`${length} instructions are announced, ${lines.length} follow`);
  return lines.map(instruction);
}

const instructionText = ({ code, jt, jf, k }: BpfInstruction): string => `${code} ${jt} ${jf} ${k}`;

const programText = (program: readonly BpfInstruction[]): string =>
  [program.length, ...program.map(instructionText)].join(',');

export const bpf = extension<BpfInfo>({
  kind: 'match',
  name: 'bpf',
  families: IP_FAMILIES,
  rev: 1,
  options: [
    {
      name: 'bytecode',
      parse: bytecode,
      excludes: ['object-pinned'],
      about: 'program  as nfbpf_compile writes it',
    },
    {
      name: 'object-pinned',
      parse: text(MAX_PATH - 1, 'path'),
      excludes: ['bytecode'],
      about: 'path  of a pinned eBPF object',
    },
  ],
  build(given) {
    const path = given.value<string>('object-pinned');
    if (path !== undefined) return { mode: 'path-pinned', path };
    const program = given.value<readonly BpfInstruction[]>('bytecode');
    return program === undefined
      ? wrong('bpf needs --bytecode or --object-pinned')
      : { mode: 'bytecode', program };
  },
  save: (info) =>
    info.mode === 'bytecode'
      ? `--bytecode "${programText(info.program)}"`
      : `--object-pinned ${savedText(info.path)}`,
  listsAtOnce: true,
  list: (info) =>
    info.mode === 'bytecode'
      ? `match bpf ${info.program.map(instructionText).join(',')}`
      : `match bpf pinned ${info.path}`,
  translate: (_, { leave }) => leave('nft runs no programs of BPF'),
});
