// What a hook answers (NF_ACCEPT … in include/uapi/linux/netfilter.h). The common verdicts are
// shared frozen values: compare by identity on the packet path.

export type Verdict =
  | { readonly kind: 'accept' }
  | { readonly kind: 'drop' }
  | { readonly kind: 'stolen' }
  | { readonly kind: 'repeat' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'queue'; readonly num: number; readonly bypass: boolean };

export const ACCEPT: Verdict = Object.freeze({ kind: 'accept' });
export const DROP: Verdict = Object.freeze({ kind: 'drop' });
/** The hook keeps the packet: a queue, a fragment waiting for the rest. */
export const STOLEN: Verdict = Object.freeze({ kind: 'stolen' });
/**
 * The hook shows the packet to another family first: the caller does that, and then calls the hooks behind
 * this one (br_netfilter). It looks like STOLEN, which it is to anybody else.
 */
export const DIVERTED: Verdict = Object.freeze({ kind: 'stolen' });
/** Call the same hook again. */
export const REPEAT: Verdict = Object.freeze({ kind: 'repeat' });
/** Accept, and call no further hook of this point. */
export const STOP: Verdict = Object.freeze({ kind: 'stop' });

/** Makes a queue verdict; do it when rules are loaded, not per packet. `num` 0-65535. */
export const queueVerdict = (num: number, bypass: boolean): Verdict =>
  Object.freeze({ kind: 'queue', num, bypass });
