// State names of `ct timeout` objects, as nft spells them, in the order of enum ctattr_timeout_*
// (include/uapi/linux/netfilter/nfnetlink_cttimeout.h).

const TCP = [
  '',
  'syn_sent',
  'syn_recv',
  'established',
  'fin_wait',
  'close_wait',
  'last_ack',
  'time_wait',
  'close',
  'syn_sent2',
  'retrans',
  'unack',
];
const UNREPLIED_REPLIED = ['unreplied', 'replied'];
const IPPROTO_TCP = 6;

/** Seconds by state number; states that the policy leaves out are holes. */
export function timeoutPolicy(l4proto: number, policy: Readonly<Record<string, number>>): number[] {
  const names = l4proto === IPPROTO_TCP ? TCP : UNREPLIED_REPLIED;
  const seconds: number[] = [];
  for (const [name, value] of Object.entries(policy)) {
    const state = names.indexOf(name);
    if (state >= 0) seconds[state] = value;
  }
  return seconds;
}
