// Matches and targets that old rulesets have and no Linux of today: taken out of it, or never in it (patch-o-matic, xtables-addons,
// patches of router vendors); and what does the same now.

const MATCHES: Readonly<Record<string, string>> = {
  account: 'never part of Linux; `-m nfacct` counts',
  childlevel:
    'never part of Linux; `-m helper` and `--ctstate RELATED` tell connections that others announce',
  condition:
    'of xtables-addons, never part of Linux; a set of ipset is switched from outside as well',
  connrate: 'never part of Linux; `-m connbytes` and `-m hashlimit` are near it',
  dstlimit: 'renamed before it came into Linux; `-m hashlimit` does it',
  fuzzy:
    'of xtables-addons, never part of Linux; `-m hashlimit` and `-m statistic --mode random` are near it',
  geoip:
    'of xtables-addons, never part of Linux; a set of ipset (hash:net) with the networks of a country does it',
  iplimit: 'renamed before it came into Linux; `-m connlimit` is the same',
  ipp2p: 'of xtables-addons, never part of Linux',
  ipv4options:
    'of xtables-addons, never part of Linux; `-m u32` reads options, and so does nft with `ip option`',
  layer7: 'never part of Linux; nDPI, and `-m string`, look at payloads',
  lscan: 'of xtables-addons, never part of Linux; `-m recent` with `--hitcount` is near it',
  nth: 'never part of Linux; `-m statistic --mode nth --every N --packet P` does it',
  pool: 'never part of Linux; sets of ipset replaced it: `-m set --match-set NAME src`',
  psd: 'of xtables-addons, never part of Linux; `-m recent` with `--hitcount` is near it',
  quota2: 'of xtables-addons, never part of Linux; `-m nfacct` has quotas with names',
  random: 'never part of Linux; `-m statistic --mode random --probability P` does it',
  unclean:
    'removed in Linux 2.6; connection tracking finds broken packets: `-m conntrack --ctstate INVALID`',
};

const TARGETS: Readonly<Record<string, string>> = {
  ACCOUNT: 'of xtables-addons, never part of Linux; `-m nfacct` counts',
  BALANCE: 'removed in Linux 2.6.15; DNAT to a range of addresses does it',
  CHAOS: 'of xtables-addons, never part of Linux; REJECT and DROP with `-m statistic` are near it',
  DELUDE: 'of xtables-addons, never part of Linux',
  FTOS: 'never part of Linux; TOS and DSCP do it',
  IMQ: 'never part of Linux; devices of type ifb are shaped instead',
  IPMARK:
    'of xtables-addons, never part of Linux; HMARK, or SET with `--map-set`, marks by address',
  IPV4OPTSSTRIP:
    'never part of Linux; nft resets options: `reset ip option lsrr`, or drop what has them with `-m u32`',
  LOGMARK: 'of xtables-addons, never part of Linux; LOG tells the mark',
  MIRROR: 'removed in Linux 2.5.70, because it invited loops; REJECT answers a sender',
  ROUTE: 'never part of Linux; TEE copies, and a mark with `ip rule` routes',
  SAME: 'removed in Linux 2.6.25; SNAT and DNAT with `--persistent` do it',
  TARPIT: 'of xtables-addons, never part of Linux; DROP, or SYNPROXY for a service',
  XOR: 'never part of Linux',
};

/** A sentence about a name that iptables does not know any more; undefined for any other. */
export function classicHint(kind: 'match' | 'target', name: string): string | undefined {
  const about = kind === 'match' ? MATCHES : TARGETS;
  return Object.hasOwn(about, name) ? `${name} was ${about[name]}` : undefined;
}
