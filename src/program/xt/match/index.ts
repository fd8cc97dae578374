// Matches, one per line in the order of their names.
import type { XtShape } from '../info.ts';
import { addrtypeShape } from './addrtype.ts';
import { ahShape } from './ah.ts';
import { bpfShape } from './bpf.ts';
import { cgroupShape } from './cgroup.ts';
import { clusterShape } from './cluster.ts';
import { commentShape } from './comment.ts';
import { connbytesShape } from './connbytes.ts';
import { connlabelShape } from './connlabel.ts';
import { connlimitShape } from './connlimit.ts';
import { connmarkShape } from './connmark.ts';
import { conntrackShape } from './conntrack.ts';
import { cpuShape } from './cpu.ts';
import { dccpShape } from './dccp.ts';
import { devgroupShape } from './devgroup.ts';
import { dscpShape } from './dscp.ts';
import { ebt8023Shape } from './ebt-802_3.ts';
import { ebtAmongShape } from './ebt-among.ts';
import { ebtArpShape } from './ebt-arp.ts';
import { EBT_IP_SHAPES } from './ebt-ip.ts';
import { ebtMarkMatchShape } from './ebt-mark.ts';
import { ebtStpShape } from './ebt-stp.ts';
import { ebtVlanShape } from './ebt-vlan.ts';
import { ecnShape } from './ecn.ts';
import { espShape } from './esp.ts';
import { eui64Shape } from './eui64.ts';
import { fragShape } from './frag.ts';
import { hashlimitShape } from './hashlimit.ts';
import { dstShape, hbhShape } from './hbh.ts';
import { helperShape } from './helper.ts';
import { hlShape } from './hl.ts';
import { icmpShape } from './icmp.ts';
import { icmp6Shape } from './icmp6.ts';
import { ipcompShape } from './ipcomp.ts';
import { iprangeShape } from './iprange.ts';
import { ipv6headerShape } from './ipv6header.ts';
import { ipvsShape } from './ipvs.ts';
import { lengthShape } from './length.ts';
import { limitShape } from './limit.ts';
import { macShape } from './mac.ts';
import { markShape } from './mark.ts';
import { mhShape } from './mh.ts';
import { multiportShape } from './multiport.ts';
import { nfacctShape } from './nfacct.ts';
import { osfShape } from './osf.ts';
import { ownerShape } from './owner.ts';
import { physdevShape } from './physdev.ts';
import { pkttypeShape } from './pkttype.ts';
import { policyShape } from './policy.ts';
import { quotaShape } from './quota.ts';
import { rateestShape } from './rateest.ts';
import { realmShape } from './realm.ts';
import { recentShape } from './recent.ts';
import { rpfilterShape } from './rpfilter.ts';
import { rtShape } from './rt.ts';
import { sctpShape } from './sctp.ts';
import { setShape } from './set.ts';
import { socketShape } from './socket.ts';
import { srhShape } from './srh.ts';
import { statisticShape } from './statistic.ts';
import { stringShape } from './string.ts';
import { tcpShape } from './tcp.ts';
import { tcpmssShape } from './tcpmss.ts';
import { timeShape } from './time.ts';
import { tosShape } from './tos.ts';
import { ttlShape } from './ttl.ts';
import { u32Shape } from './u32.ts';
import { udpShape } from './udp.ts';

export type { AddrtypeInfo } from './addrtype.ts';
export type { AhInfo } from './ah.ts';
export type { BpfInfo, BpfInstruction } from './bpf.ts';
export type { CgroupInfo } from './cgroup.ts';
export type { ClusterInfo } from './cluster.ts';
export type { CommentInfo } from './comment.ts';
export type { ConnbytesInfo } from './connbytes.ts';
export type { ConnlabelInfo } from './connlabel.ts';
export type { ConnlimitInfo } from './connlimit.ts';
export type { ConnmarkInfo } from './connmark.ts';
export type { ConntrackInfo } from './conntrack.ts';
export type { CpuInfo } from './cpu.ts';
export type { DccpInfo } from './dccp.ts';
export type { DevgroupInfo } from './devgroup.ts';
export type { DscpInfo } from './dscp.ts';
export type { Ebt8023Info } from './ebt-802_3.ts';
export type { EbtAmongInfo, EbtAmongPair } from './ebt-among.ts';
export type { EbtArpInfo } from './ebt-arp.ts';
export type { EbtIcmp, EbtIpInfo } from './ebt-ip.ts';
export type { EbtMarkMatchInfo } from './ebt-mark.ts';
export type { EbtStpInfo } from './ebt-stp.ts';
export type { EbtVlanInfo } from './ebt-vlan.ts';
export type { EcnInfo } from './ecn.ts';
export type { EspInfo } from './esp.ts';
export type { Eui64Info } from './eui64.ts';
export type { FragInfo } from './frag.ts';
export type { HashlimitInfo, HashlimitKey } from './hashlimit.ts';
export type { OptsInfo, OptsOption } from './hbh.ts';
export type { HelperInfo } from './helper.ts';
export type { HlInfo } from './hl.ts';
export type { IcmpInfo } from './icmp.ts';
export type { Icmp6Info } from './icmp6.ts';
export type { IpcompInfo } from './ipcomp.ts';
export type { IprangeInfo } from './iprange.ts';
export type { Ipv6headerInfo } from './ipv6header.ts';
export type { IpvsInfo } from './ipvs.ts';
export type { LengthInfo } from './length.ts';
export type { LimitInfo } from './limit.ts';
export type { MacInfo } from './mac.ts';
export type { MarkInfo } from './mark.ts';
export type { MhInfo } from './mh.ts';
export type { MultiportInfo } from './multiport.ts';
export type { NfacctInfo } from './nfacct.ts';
export type { OsfInfo } from './osf.ts';
export type { OwnerInfo } from './owner.ts';
export type { PhysdevInfo } from './physdev.ts';
export type { PkttypeInfo } from './pkttype.ts';
export type { PolicyElement, PolicyInfo } from './policy.ts';
export type { QuotaInfo } from './quota.ts';
export type { RateestInfo } from './rateest.ts';
export type { RealmInfo } from './realm.ts';
export type { RecentInfo } from './recent.ts';
export type { RpfilterInfo } from './rpfilter.ts';
export type { RtInfo } from './rt.ts';
export type { SctpChunk, SctpChunks, SctpInfo } from './sctp.ts';
export type { SetCounter, SetInfo } from './set.ts';
export type { SocketInfo } from './socket.ts';
export type { SrhInfo } from './srh.ts';
export type { StatisticInfo } from './statistic.ts';
export type { StringInfo } from './string.ts';
export type { TcpInfo } from './tcp.ts';
export type { TcpmssInfo } from './tcpmss.ts';
export type { TimeInfo } from './time.ts';
export type { TosInfo } from './tos.ts';
export type { TtlInfo } from './ttl.ts';
export type { U32Info, U32Step, U32Test } from './u32.ts';
export type { UdpInfo } from './udp.ts';

export const XT_MATCHES: readonly XtShape[] = [
  setShape,
  ebt8023Shape,
  ebtAmongShape,
  ebtArpShape,
  ...EBT_IP_SHAPES,
  ebtMarkMatchShape,
  ebtStpShape,
  ebtVlanShape,
  addrtypeShape,
  ahShape,
  bpfShape,
  cgroupShape,
  clusterShape,
  commentShape,
  connbytesShape,
  connlabelShape,
  connlimitShape,
  connmarkShape,
  conntrackShape,
  cpuShape,
  dccpShape,
  devgroupShape,
  dscpShape,
  dstShape,
  ecnShape,
  espShape,
  eui64Shape,
  fragShape,
  hashlimitShape,
  hbhShape,
  helperShape,
  hlShape,
  icmp6Shape,
  icmpShape,
  ipcompShape,
  iprangeShape,
  ipv6headerShape,
  ipvsShape,
  lengthShape,
  limitShape,
  macShape,
  markShape,
  mhShape,
  multiportShape,
  nfacctShape,
  osfShape,
  ownerShape,
  physdevShape,
  pkttypeShape,
  policyShape,
  quotaShape,
  rateestShape,
  realmShape,
  recentShape,
  rpfilterShape,
  rtShape,
  sctpShape,
  socketShape,
  srhShape,
  statisticShape,
  stringShape,
  tcpShape,
  tcpmssShape,
  timeShape,
  tosShape,
  ttlShape,
  u32Shape,
  udpShape,
];
