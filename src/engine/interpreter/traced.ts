// The same walk, told step by step. It runs the ops themselves, not the fused image, which makes it
// the definition the image must agree with.

import type { ExprStep, Netns, RuleRef, TraceEvent } from '../../core/index.ts';
import { printExpr } from '../../program/index.ts';
import { Opaque } from '../expr/opaque.ts';
import type { Op, Span } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import { wordsToHex } from '../registers.ts';
import type { Chain, Rule } from '../state/chain.ts';
import {
  codeText,
  NF_QUEUE,
  NFT_BREAK,
  NFT_CONTINUE,
  NFT_GOTO,
  NFT_JUMP,
  NFT_RETURN,
} from '../verdict.ts';
import { policyOf } from './run.ts';

interface Frame {
  readonly chain: Chain;
  readonly next: number;
}

const hexAt = (span: Span | undefined, pkt: PktInfo): string | undefined =>
  span === undefined ? undefined : wordsToHex(pkt.regs, span.word, span.bytes);

export function ruleRef(chain: Chain, index: number): RuleRef {
  const rule = chain.rules[index]!;
  const { comment, source } = rule.spec;
  return {
    family: chain.table.family,
    table: chain.table.name,
    chain: chain.name,
    index,
    handle: rule.handle,
    ...(comment === undefined ? {} : { comment }),
    ...(source === undefined ? {} : { source }),
  };
}

/** Evaluates one op and tells what it saw. */
function step(op: Op, pkt: PktInfo, steps: ExprStep[]): number {
  const before = hexAt(op.reads, pkt);
  const code = op.eval(pkt.regs, pkt);
  const ok = code !== NFT_BREAK;
  const saw = ok ? (hexAt(op.writes, pkt) ?? before) : before;
  const wanted = ok ? undefined : op.wanted?.();
  const why = ok ? undefined : op.why?.(pkt.regs, pkt);
  steps.push({
    expr: printExpr(op.dump()),
    ok,
    ...(saw === undefined || saw === '' ? {} : { saw }),
    ...(wanted === undefined ? {} : { wanted }),
    ...(why === undefined ? {} : { why }),
  });
  return code;
}

function verdictWords(code: number, pkt: PktInfo): string {
  if (code === NFT_JUMP || code === NFT_GOTO) return `${codeText(code)} ${pkt.target!.name}`;
  return code === NF_QUEUE ? `queue ${pkt.queueNum}` : codeText(code);
}

function runRule(chain: Chain, index: number, pkt: PktInfo, netns: Netns): number {
  const rule: Rule = chain.rules[index]!;
  const brief = netns.tracer?.brief === true;
  const plain = brief || netns.tracer?.rulesOnly === true;
  const steps: ExprStep[] = [];
  let code = NFT_CONTINUE;
  let failed = -1;
  for (const op of rule.ops) {
    failed++;
    code = plain ? op.eval(pkt.regs, pkt) : step(op, pkt, steps);
    if (op instanceof Opaque)
      netns.emit(pkt.packet, { kind: 'depends', on: op.on, rule: ruleRef(chain, index) });
    if (code !== NFT_CONTINUE) break;
  }
  if (brief && (code === NFT_CONTINUE || code === NFT_BREAK)) return code;
  const matched = code !== NFT_BREAK;
  const event: TraceEvent = {
    kind: 'rule',
    rule: ruleRef(chain, index),
    matched,
    steps,
    ...(matched && code !== NFT_CONTINUE ? { verdict: verdictWords(code, pkt) } : {}),
    ...(matched ? {} : { failed }),
  };
  netns.emit(pkt.packet, event);
  return code;
}

type How = 'base' | 'jump' | 'goto' | 'return';

function tellChain(chain: Chain, how: How, pkt: PktInfo, netns: Netns): void {
  const { family, name: table } = chain.table;
  netns.emit(pkt.packet, { kind: 'chain', family, table, chain: chain.name, how });
}

/** As `doChain`; emits events of kinds chain, rule and policy. */
export function doChainTraced(base: Chain, pkt: PktInfo, netns: Netns): number {
  const stack: Frame[] = [];
  let chain = base;
  let next = 0;
  tellChain(base, 'base', pkt, netns);
  for (;;) {
    let code: number = NFT_CONTINUE;
    while (next < chain.rules.length) {
      code = runRule(chain, next++, pkt, netns);
      if (code !== NFT_CONTINUE && code !== NFT_BREAK) break;
      code = NFT_CONTINUE;
    }
    if (code >= 0) return code;
    if (code === NFT_JUMP || code === NFT_GOTO) {
      if (code === NFT_JUMP) stack.push({ chain, next });
      chain = pkt.target!;
      next = 0;
      tellChain(chain, code === NFT_JUMP ? 'jump' : 'goto', pkt, netns);
      continue;
    }
    const frame = stack.pop();
    if (frame === undefined) return tellPolicy(base, pkt, netns);
    ({ chain, next } = frame);
    if (code === NFT_RETURN || code === NFT_CONTINUE) tellChain(chain, 'return', pkt, netns);
  }
}

function tellPolicy(base: Chain, pkt: PktInfo, netns: Netns): number {
  const { family, name: table } = base.table;
  netns.emit(pkt.packet, {
    kind: 'policy',
    family,
    table,
    chain: base.name,
    verdict: base.policy,
    ...(base.source === undefined ? {} : { source: base.source }),
  });
  return policyOf(base, pkt);
}
