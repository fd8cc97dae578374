// Names of services and protocols as nft reads them; it prints services only when asked to.

import { numberOfProtocol as systemNumber } from '../../uapi/index.ts';

export { nameOfProtocol, portOfService, serviceOfPort } from '../../uapi/index.ts';

/** The language's own words for protocols that systems call otherwise. */
const OWN_WORDS = new Map([
  ['icmpv6', 58],
  ['comp', 108],
]);

export const numberOfProtocol = (name: string): number | undefined =>
  systemNumber(name) ?? OWN_WORDS.get(name);
