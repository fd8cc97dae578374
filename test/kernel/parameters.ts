// What parameters of the kernel's modules are as options of our helpers.

import {
  type AnyHelper,
  amandaHelper,
  ftpHelper,
  q931Helper,
  rasHelper,
  sipHelper,
} from '../../src/helpers/index.ts';

/** The helpers that a case has with other parameters than the kernel's own. */
export function helpersWith(modules: Readonly<Record<string, string>>): AnyHelper[] {
  const flag = (name: string, otherwise: boolean): boolean =>
    modules[name] === undefined ? otherwise : /^[1Yy]$/.test(modules[name]);
  const number = (name: string, otherwise: number): number => Number(modules[name] ?? otherwise);
  const made: Readonly<Record<string, () => AnyHelper[]>> = {
    nf_conntrack_ftp: () => [ftpHelper({ loose: flag('nf_conntrack_ftp.loose', false) })],
    nf_conntrack_amanda: () => [
      amandaHelper({ masterTimeout: number('nf_conntrack_amanda.master_timeout', 300) }),
    ],
    nf_conntrack_sip: () => [
      sipHelper({
        directSignalling: flag('nf_conntrack_sip.sip_direct_signalling', true),
        directMedia: flag('nf_conntrack_sip.sip_direct_media', true),
        externalMedia: flag('nf_conntrack_sip.sip_external_media', false),
        timeout: number('nf_conntrack_sip.sip_timeout', 3600),
      }),
    ],
    nf_conntrack_h323: () => [
      rasHelper({
        defaultRrqTtl: number('nf_conntrack_h323.default_rrq_ttl', 300),
        gkroutedOnly: flag('nf_conntrack_h323.gkrouted_only', true),
      }),
      q931Helper({ callforwardFilter: flag('nf_conntrack_h323.callforward_filter', true) }),
    ],
  };
  const names = new Set(Object.keys(modules).map((name) => name.slice(0, name.indexOf('.'))));
  return [...names].flatMap((name) => made[name]!());
}
