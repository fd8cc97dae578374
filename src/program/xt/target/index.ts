// Targets, one per line in the order of their names.
import type { XtShape } from '../info.ts';
import { arptMangleShape } from './arpt-mangle.ts';
import { auditShape } from './audit.ts';
import { BARE_SHAPES } from './bare.ts';
import { checksumShape } from './checksum.ts';
import { classifyShape } from './classify.ts';
import { clusteripShape } from './clusterip.ts';
import { connmarkShape } from './connmark.ts';
import { connsecmarkShape } from './connsecmark.ts';
import { ctShape } from './ct.ts';
import { dscpTargetShape } from './dscp.ts';
import { EBT_LOG_SHAPES } from './ebt-log.ts';
import { ebtMarkShape } from './ebt-mark.ts';
import { EBT_NAT_SHAPES } from './ebt-nat.ts';
import { ecnTargetShape } from './ecn.ts';
import { hmarkShape } from './hmark.ts';
import { idletimerShape } from './idletimer.ts';
import { ledShape } from './led.ts';
import { logShape } from './log.ts';
import { markTargetShape } from './mark.ts';
import { NAT_SHAPES } from './nat.ts';
import { nflogShape } from './nflog.ts';
import { nfqueueShape } from './nfqueue.ts';
import { NPT_SHAPES } from './npt.ts';
import { rateestTargetShape } from './rateest.ts';
import { rejectShape } from './reject.ts';
import { secmarkShape } from './secmark.ts';
import { setTargetShape } from './set.ts';
import { synproxyShape } from './synproxy.ts';
import { tcpmssTargetShape } from './tcpmss.ts';
import { tcpoptstripShape } from './tcpoptstrip.ts';
import { teeShape } from './tee.ts';
import { tosTargetShape } from './tos.ts';
import { tproxyShape } from './tproxy.ts';
import { TTL_SHAPES } from './ttl.ts';
import { ulogShape } from './ulog.ts';

export type { ArptMangleInfo } from './arpt-mangle.ts';
export type { AuditInfo } from './audit.ts';
export type { BareInfo } from './bare.ts';
export type { ChecksumInfo } from './checksum.ts';
export type { ClassifyInfo } from './classify.ts';
export type { ClusteripInfo } from './clusterip.ts';
export type { ConnmarkTargetInfo } from './connmark.ts';
export type { ConnsecmarkInfo } from './connsecmark.ts';
export type { CtInfo } from './ct.ts';
export type { DscpTargetInfo } from './dscp.ts';
export type { EbtLogInfo, EbtNflogInfo } from './ebt-log.ts';
export type { EbtMarkInfo } from './ebt-mark.ts';
export type { EbtMacInfo, EbtRedirectInfo, EbtSnatInfo } from './ebt-nat.ts';
export type { EcnTargetInfo } from './ecn.ts';
export type { HmarkInfo } from './hmark.ts';
export type { IdletimerInfo } from './idletimer.ts';
export type { LedInfo } from './led.ts';
export type { LogInfo } from './log.ts';
export type { MarkTargetInfo } from './mark.ts';
export type { NatRangeInfo } from './nat.ts';
export type { NflogInfo } from './nflog.ts';
export type { NfqueueInfo } from './nfqueue.ts';
export type { NptInfo } from './npt.ts';
export type { RateestTargetInfo } from './rateest.ts';
export { REJECT_WITH, type RejectInfo, type RejectWith } from './reject.ts';
export type { SecmarkInfo } from './secmark.ts';
export type { SetTargetInfo } from './set.ts';
export type { SynproxyInfo } from './synproxy.ts';
export { type TcpmssTargetInfo, XT_TCPMSS_CLAMP_PMTU } from './tcpmss.ts';
export type { TcpoptstripInfo } from './tcpoptstrip.ts';
export type { TeeInfo } from './tee.ts';
export type { TosTargetInfo } from './tos.ts';
export type { TproxyInfo } from './tproxy.ts';
export type { TtlTargetInfo } from './ttl.ts';
export type { UlogInfo } from './ulog.ts';

export const XT_TARGETS: readonly XtShape[] = [
  setTargetShape,
  arptMangleShape,
  ...EBT_LOG_SHAPES,
  ebtMarkShape,
  ...EBT_NAT_SHAPES,
  auditShape,
  ...BARE_SHAPES,
  checksumShape,
  classifyShape,
  clusteripShape,
  connmarkShape,
  connsecmarkShape,
  ctShape,
  dscpTargetShape,
  ecnTargetShape,
  hmarkShape,
  idletimerShape,
  ledShape,
  logShape,
  markTargetShape,
  ...NAT_SHAPES,
  nflogShape,
  nfqueueShape,
  ...NPT_SHAPES,
  rateestTargetShape,
  rejectShape,
  secmarkShape,
  synproxyShape,
  tcpmssTargetShape,
  tcpoptstripShape,
  teeShape,
  tosTargetShape,
  tproxyShape,
  ...TTL_SHAPES,
  ulogShape,
];
