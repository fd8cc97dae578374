// What is wrong with a command, in the words of ipset(8), and its exit status.

/** 1: it was understood and refused, 2: it was not understood (enum exittype of xtables). */
export type IpsetStatus = 1 | 2;

/** Thrown while a command is read, caught where a command ends. */
export class IpsetFault extends Error {
  readonly status: IpsetStatus;
  /** Wrong parameters end with a hint at the help. */
  readonly hint: boolean;
  /** Whether the line of a restore file stands in front of the message. */
  readonly placed: boolean;

  constructor(message: string, status: IpsetStatus, hint: boolean, placed: boolean) {
    super(message);
    this.status = status;
    this.hint = hint;
    this.placed = placed;
  }
}

/** @throws IpsetFault always */
export const syntax = (message: string): never => {
  throw new IpsetFault(`Syntax error: ${message}`, 1, false, true);
};

/** @throws IpsetFault always */
export const refused = (message: string): never => {
  throw new IpsetFault(message, 1, false, true);
};

/** A parameter that is not known, or missing. @throws IpsetFault always */
export const parameter = (message: string): never => {
  throw new IpsetFault(message, 2, true, false);
};

/** Parameters that do not go together. @throws IpsetFault always */
export const notAllowed = (message: string): never => {
  throw new IpsetFault(message, 1, false, false);
};
