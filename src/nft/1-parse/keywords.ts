/**
 * Words that are keywords everywhere (scanner.l rules without a start condition) and so cannot name
 * a table, a chain or a value. All other keywords (`to`, `rate`, `saddr`, `state`, `helper`, …)
 * exist only where the grammar expects them and are plain names elsewhere.
 */
export const RESERVED: ReadonlySet<string> = new Set(
  `vmap include define redefine undefine describe hook device devices table chain rule set element
  map flowtable handle ruleset socket tproxy accept drop continue jump goto return inet netdev add
  replace update create insert delete get list reset flush rename import export monitor destroy
  position index comment constant interval dynamic auto-merge timeout gc-interval elements expires
  policy size flow offload meter counter last log queue limit quota hour day reject snat dnat
  masquerade redirect random th bridge ether type typeof vlan arp ip ecn time icmp icmpv6 igmp ip6
  priority ah esp comp flags udp udplite vxlan geneve gre gretap tcp dccp sctp rt rt0 rt2 srh hbh
  frag dst mh meta mark iif iifname iiftype oif oifname oiftype skuid skgid nftrace rtclassid
  ibrname obrname pkttype cpu iifgroup oifgroup cgroup ct numgen jhash symhash dup fwd fib osf
  synproxy tunnel notrack all exists missing exthdr ipsec secmark xt`.split(/\s+/),
);

/** May a table or chain be called so? `last` alone is a keyword and a name. */
export const isIdentifier = (word: string): boolean =>
  /^[A-Za-z_.][\w./-]*$/.test(word) && (!RESERVED.has(word) || word === 'last');

/** Keywords that are values on the right of a comparison (keyword_expr and primary_rhs_expr). */
export const VALUE_KEYWORDS: ReadonlySet<string> = new Set(
  `ether ip ip6 vlan arp dnat snat ecn reset destroy last
  tcp udp udplite esp ah icmp igmp icmpv6 gre comp dccp sctp redirect`.split(/\s+/),
);

/** The same for the values of statements, where the other protocols start a header field. */
export const STATEMENT_VALUE_KEYWORDS: ReadonlySet<string> = new Set(
  'ether ip ip6 vlan arp dnat snat ecn reset destroy last'.split(' '),
);
