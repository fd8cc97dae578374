// Targets, one per line in the order of their names.
import type { TargetModule } from '../extension.ts';
import { arptMangle } from './arpt-mangle.ts';
import { audit } from './audit.ts';
import { checksum } from './checksum.ts';
import { classify } from './classify.ts';
import { connmark } from './connmark.ts';
import { connsecmark } from './connsecmark.ts';
import { ct, notrack } from './ct.ts';
import { dscp, tos } from './dscp.ts';
import { ebtLog, ebtNflog } from './ebt-log.ts';
import { ebtMark } from './ebt-mark.ts';
import { ebtArpreply, ebtDnat, ebtRedirect, ebtSnat } from './ebt-nat.ts';
import { ecn } from './ecn.ts';
import { hmark } from './hmark.ts';
import { idletimer } from './idletimer.ts';
import { led } from './led.ts';
import { log, nflog, ulog } from './log.ts';
import { mark } from './mark.ts';
import { dnat, masquerade, netmap, redirect, snat } from './nat.ts';
import { nfqueue } from './nfqueue.ts';
import { dnpt, snpt } from './npt.ts';
import { rateest } from './rateest.ts';
import { reject } from './reject.ts';
import { secmark } from './secmark.ts';
import { set } from './set.ts';
import { synproxy } from './synproxy.ts';
import { tcpmss } from './tcpmss.ts';
import { tcpoptstrip } from './tcpoptstrip.ts';
import { tee } from './tee.ts';
import { tproxy } from './tproxy.ts';
import { trace } from './trace.ts';
import { hl, ttl } from './ttl.ts';

export const TARGET_MODULES: readonly TargetModule[] = [
  rateest,
  set,
  arptMangle,
  ebtLog,
  ebtNflog,
  ebtMark,
  ebtArpreply,
  ebtDnat,
  ebtRedirect,
  ebtSnat,
  audit,
  checksum,
  classify,
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
  redirect,
  reject,
  secmark,
  snat,
  snpt,
  tcpmss,
  tcpoptstrip,
  tee,
  tos,
  synproxy,
  tproxy,
  trace,
  ttl,
  ulog,
];
