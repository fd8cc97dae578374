// Classic BPF: bpf_check_classic() and what bpf_convert_filter() makes of it (net/core/filter.c).

import type { BpfInstruction } from '../../program/index.ts';
import type { PktInfo } from '../pktinfo.ts';

/** BPF_CLASS */
const LD = 0;
const LDX = 1;
const ST = 2;
const STX = 3;
const ALU = 4;
const JMP = 5;
const RET = 6;
/** BPF_SIZE */
const W = 0x00;
const H = 0x08;
const B = 0x10;
/** BPF_MODE */
const IMM = 0x00;
const ABS = 0x20;
const IND = 0x40;
const MEM = 0x60;
const LEN = 0x80;
const MSH = 0xa0;
/** BPF_SRC, BPF_RVAL */
const X = 0x08;
const RET_A = 0x10;
const TXA = 0x80;
const DIV = 0x30;
const LSH = 0x60;
const RSH = 0x70;
const MOD = 0x90;
const NEG = 0x80;
/** BPF_MEMWORDS */
const WORDS = 16;
/** SKF_AD_OFF: loads from here on ask for things beside the packet. */
const ANCILLARY = 0xfffff000;
const NETWORK = 0xfff00000;
const LINK = 0xffe00000;

const VALID = new Set<number>([
  ...[W, H, B].flatMap((size) => [LD | ABS | size, LD | IND | size]),
  ...[
    LD | IMM,
    LD | MEM,
    LD | W | LEN,
    LDX | IMM,
    LDX | MEM,
    LDX | W | LEN,
    LDX | B | MSH,
    ST,
    STX,
  ],
  ...[0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x90, 0xa0].flatMap((op) => [
    ALU | op,
    ALU | op | X,
  ]),
  ALU | NEG,
  JMP,
  ...[0x10, 0x20, 0x30, 0x40].flatMap((op) => [JMP | op, JMP | op | X]),
  RET,
  RET | RET_A,
  0x07,
  0x07 | TXA,
]);

/** What is wrong with one instruction at `at` of `length`. */
function wrongAt(
  { code, jt, jf, k }: BpfInstruction,
  at: number,
  length: number,
): string | undefined {
  if (!VALID.has(code)) return `instruction ${at} has no such code: ${code}`;
  const isDivision = code === (ALU | DIV) || code === (ALU | MOD);
  if (isDivision && k === 0) return `instruction ${at} divides by 0`;
  if ((code === (ALU | LSH) || code === (ALU | RSH)) && k >= 32)
    return `instruction ${at} shifts by ${k}`;
  const memory = code === (LD | MEM) || code === (LDX | MEM) || code === ST || code === STX;
  if (memory && k >= WORDS) return `instruction ${at} has only ${WORDS} words of memory`;
  if ((code & 7) !== JMP) return undefined;
  const far = code === JMP ? k >= length - at - 1 : at + Math.max(jt, jf) + 1 >= length;
  return far ? `instruction ${at} jumps out of the program` : undefined;
}

/** Why the kernel would not take it. */
export function checkBpf(program: readonly BpfInstruction[]): string | undefined {
  for (const [at, one] of program.entries()) {
    const wrong = wrongAt(one, at, program.length);
    if (wrong !== undefined) return wrong;
  }
  const last = program.at(-1)?.code;
  return last === RET || last === (RET | RET_A)
    ? undefined
    : 'the program does not end with a return';
}

const memory = new Uint32Array(WORDS);

/** A load that leaves the packet ends the program with 0; there is no number for that. */
const FAULT = -1;

/** Whether an offset is one of the packet, relative to its network header; negative ones have names. */
function placeOf(offset: number, pkt: PktInfo): number {
  if (offset < 0x80000000) return pkt.network + offset;
  if (offset >= ANCILLARY) return FAULT;
  if (offset >= NETWORK) return pkt.network + (offset - NETWORK);
  return offset >= LINK && pkt.packet.mac >= 0 ? pkt.packet.mac + (offset - LINK) : FAULT;
}

function load(offset: number, size: number, pkt: PktInfo): number {
  const at = placeOf(offset, pkt);
  const { bytes } = pkt;
  const length = size === W ? 4 : size === H ? 2 : 1;
  if (at < 0 || at + length > pkt.end) return FAULT;
  if (length === 1) return bytes[at]!;
  const half = (bytes[at]! << 8) | bytes[at + 1]!;
  return length === 2 ? half : ((half << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

/** SKF_AD_*: the few that a packet here knows; others are 0. */
function ancillary(offset: number, { packet, in: device, out }: PktInfo): number {
  switch (offset - ANCILLARY) {
    case 0:
      return packet.protocol;
    case 4:
      return packet.pktType;
    case 8:
      return (device ?? out)?.index ?? 0;
    case 20:
      return packet.mark;
    case 28:
      return (device ?? out)?.type ?? 0;
    case 44:
      return Math.max(0, packet.vlanTci);
    case 48:
      return packet.vlanTci < 0 ? 0 : 1;
    default:
      return 0;
  }
}

function compute(code: number, a: number, operand: number): number {
  switch (code & 0xf0) {
    case 0x00:
      return (a + operand) >>> 0;
    case 0x10:
      return (a - operand) >>> 0;
    case 0x20:
      return Math.imul(a, operand) >>> 0;
    case DIV:
      return operand === 0 ? FAULT : Math.floor(a / operand);
    case 0x40:
      return (a | operand) >>> 0;
    case 0x50:
      return (a & operand) >>> 0;
    case LSH:
      return (a << operand) >>> 0;
    case RSH:
      return a >>> operand;
    case NEG:
      return -a >>> 0;
    case MOD:
      return operand === 0 ? FAULT : a % operand;
    default:
      return (a ^ operand) >>> 0;
  }
}

function isTaken(code: number, a: number, operand: number): boolean {
  switch (code & 0xf0) {
    case 0x10:
      return a === operand;
    case 0x20:
      return a > operand;
    case 0x30:
      return a >= operand;
    default:
      return (a & operand) !== 0;
  }
}

function loadA({ code, k }: BpfInstruction, x: number, pkt: PktInfo): number {
  switch (code & 0xe0) {
    case IMM:
      return k;
    case MEM:
      return memory[k]!;
    case LEN:
      return pkt.length;
    case ABS:
      return k >= ANCILLARY ? ancillary(k, pkt) : load(k, code & 0x18, pkt);
    default:
      return load((x + k) >>> 0, code & 0x18, pkt);
  }
}

function loadX({ code, k }: BpfInstruction, pkt: PktInfo): number {
  switch (code & 0xe0) {
    case IMM:
      return k;
    case MEM:
      return memory[k]!;
    case LEN:
      return pkt.length;
    default: {
      const byte = load(k, B, pkt);
      return byte === FAULT ? FAULT : (byte & 15) << 2;
    }
  }
}

/** What the program returns; it has been checked, so it ends. */
export function runBpf(program: readonly BpfInstruction[], pkt: PktInfo): number {
  let a = 0;
  let x = 0;
  memory.fill(0);
  for (let at = 0; ; at++) {
    const one = program[at]!;
    const operand = (one.code & X) !== 0 ? x : one.k;
    switch (one.code & 7) {
      case LD:
        a = loadA(one, x, pkt);
        break;
      case LDX:
        x = loadX(one, pkt);
        break;
      case ST:
        memory[one.k] = a;
        break;
      case STX:
        memory[one.k] = x;
        break;
      case ALU:
        a = compute(one.code, a, operand);
        break;
      case JMP:
        at += one.code === JMP ? one.k : isTaken(one.code, a, operand) ? one.jt : one.jf;
        break;
      case RET:
        return one.code === (RET | RET_A) ? a : one.k;
      default:
        if ((one.code & TXA) !== 0) a = x;
        else x = a;
    }
    if (a === FAULT || x === FAULT) return 0;
  }
}
