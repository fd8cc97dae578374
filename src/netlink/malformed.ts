/** What is wrong with a message, and where: `NFTA_RULE_EXPRESSIONS: 8 bytes wanted, 4 there`. */
export interface Malformed {
  readonly ok: false;
  readonly error: string;
}

export const malformed = (error: string): Malformed => ({ ok: false, error });
