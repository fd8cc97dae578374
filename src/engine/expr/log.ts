// log: net/netfilter/nft_log.c. Where the record goes is the namespace's affair.

import type { LogRecord } from '../../core/index.ts';
import type { LogExpr } from '../../program/index.ts';
import { refuse } from '../errno.ts';
import type { Env, Op, Prepare } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import { NFT_CONTINUE } from '../verdict.ts';

/** NFT_LOGLEVEL_WARNING, the level of a log without one; audit is the last there is. */
const DEFAULT_LEVEL = 4;
const LOGLEVEL_AUDIT = 8;

/** Hands a record on, and tells it while somebody traces. */
export function log({ netns }: Env, { packet, point }: PktInfo, record: LogRecord): void {
  netns.log?.log(packet, record, point.hook);
  if (netns.tracer === null) return;
  const { prefix: text, group } = record;
  netns.emit(packet, { kind: 'log', text, ...(group === undefined ? {} : { group }) });
}

class Log extends BaseOp<LogExpr> {
  readonly #record: LogRecord;
  readonly #env: Env;

  constructor(expr: LogExpr, env: Env) {
    super(expr);
    this.#env = env;
    const { prefix = '', level, group, flags = 0, snaplen } = expr;
    const where = group === undefined ? { level: level ?? DEFAULT_LEVEL } : { group };
    this.#record = { prefix, flags, ...where, ...(snaplen === undefined ? {} : { snaplen }) };
  }

  eval(_regs: Registers, pkt: PktInfo): number {
    // nft_log_eval_audit(): a record for the audit subsystem, which is not modelled, and no line.
    if (this.#record.level !== LOGLEVEL_AUDIT) log(this.#env, pkt, this.#record);
    return NFT_CONTINUE;
  }
}

export function prepareLog(expr: LogExpr, cx: Prepare): Op {
  // nft_log_modprobe and nft_log_init: a level and a group exclude each other.
  if (expr.level !== undefined && expr.group !== undefined)
    refuse('EINVAL', 'log takes a level or a group, not both');
  if ((expr.level ?? 0) > LOGLEVEL_AUDIT) refuse('EINVAL', `there is no log level ${expr.level}`);
  return new Log(expr, cx.env);
}
