/** Flow offload: connections that go past the rules, from the ingress of one device out of another. */
import type { OpenFlowtable } from '../engine/index.ts';
import { Flowtable } from './flowtable.ts';

export { Flowtable } from './flowtable.ts';

/** For `NfTables`: carries out the flowtables of its rulesets. */
export const openFlowtable: OpenFlowtable = (owner, spec) => new Flowtable(owner, spec);
