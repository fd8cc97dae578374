// What infos of ebtables have in common.

import { oneOf } from '../schema.ts';

/** EBT_ACCEPT … EBT_RETURN: what becomes of the frame behind a target. */
export type EbtVerdict = 'accept' | 'drop' | 'continue' | 'return';

export const ebtVerdict = oneOf('accept', 'drop', 'continue', 'return');
