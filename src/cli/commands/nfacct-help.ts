// `sluice nfacct help`.

/** For the help and the completions of the whole program. */
export const NFACCT_OPTIONS = [
  { flags: '--state <file>', about: 'where the objects are kept between calls' },
] as const;

export const NFACCT_HELP = `nfacct without root: accounting objects are kept in a file between calls

Usage: sluice nfacct [--state FILE] COMMAND [parameters]

  list [reset] [xml|json]           all objects; reset sets them back
  get NAME [reset] [xml|json]       one of them
  add NAME [byte|packet QUOTA]      make one; above its quota \`-m nfacct\` holds
  delete NAME                       remove one that no rule names
  flush                             remove all that no rule names
  restore                           make those that a list has, from standard input
  version, help

Examples:
  sluice nfacct add web
  sluice nfacct add guests byte 1000000000
  sluice iptables -A FORWARD -i wlan0 -m nfacct --nfacct-name guests -j DROP
  sluice nfacct list > accounts
  sluice trace -r accounts -r rules.v4 'tcp 10.0.0.2:40000 > 192.0.2.1:80 syn, in wlan0'

The objects are kept beside the ruleset of 'sluice nft': $XDG_STATE_HOME/sluice/ruleset.json, or where
--state or SLUICE_STATE says.
`;
