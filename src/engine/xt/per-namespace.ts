// State that extensions keep once per namespace (net_generic()): lists of `recent`, tables of
// `hashlimit`, rate estimators.

import type { Netns } from '../../core/index.ts';

/** What `make` made for the namespace, made at first use and gone with it. */
export function perNamespace<T extends object>(make: () => T): (netns: Netns) => T {
  const made = new WeakMap<Netns, T>();
  return (netns) => {
    const known = made.get(netns) ?? make();
    made.set(netns, known);
    return known;
  };
}
