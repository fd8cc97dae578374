// Targets, one per line in the order of their names.
import type { Extension } from '../extension/index.ts';
import { arptMangle } from './arpt-mangle.ts';
import { audit } from './audit.ts';
import { checksum } from './checksum.ts';
import { classify } from './classify.ts';
import { clusterip } from './clusterip.ts';
import { connmark } from './connmark.ts';
import { connsecmark } from './connsecmark.ts';
import { ct, notrack } from './ct.ts';
import { dnat } from './dnat.ts';
import { dscp } from './dscp.ts';
import { ebtLog, ebtNflog } from './ebt-log.ts';
import { ebtMark } from './ebt-mark.ts';
import { ebtArpreply, ebtDnat, ebtRedirect, ebtSnat } from './ebt-nat.ts';
import { ecn } from './ecn.ts';
import { hmark } from './hmark.ts';
import { idletimer } from './idletimer.ts';
import { led } from './led.ts';
import { log } from './log.ts';
import { arpMark, mark } from './mark.ts';
import { masquerade, redirect } from './masquerade.ts';
import { netmap } from './netmap.ts';
import { nflog } from './nflog.ts';
import { nfqueue } from './nfqueue.ts';
import { dnpt, snpt } from './npt.ts';
import { rateest } from './rateest.ts';
import { reject } from './reject.ts';
import { secmark } from './secmark.ts';
import { set } from './set.ts';
import { snat } from './snat.ts';
import { synproxy } from './synproxy.ts';
import { tcpmss } from './tcpmss.ts';
import { tcpoptstrip } from './tcpoptstrip.ts';
import { tee } from './tee.ts';
import { tos } from './tos.ts';
import { tproxy } from './tproxy.ts';
import { trace } from './trace.ts';
import { hl, ttl } from './ttl.ts';
import { ulog } from './ulog.ts';

export const TARGETS: readonly Extension[] = [
  set,
  arptMangle,
  ebtLog,
  ebtNflog,
  ebtMark,
  ebtArpreply,
  ebtDnat,
  ebtRedirect,
  ebtSnat,
  arpMark,
  audit,
  checksum,
  classify,
  clusterip,
  connmark,
  connsecmark,
  ct,
  dnat,
  dnpt,
  dscp,
  ecn,
  hl,
  hmark,
  idletimer,
  led,
  log,
  mark,
  masquerade,
  netmap,
  nflog,
  nfqueue,
  notrack,
  rateest,
  redirect,
  reject,
  secmark,
  snat,
  snpt,
  synproxy,
  tcpmss,
  tcpoptstrip,
  tee,
  tos,
  tproxy,
  trace,
  ttl,
  ulog,
];
