// What a step of the way answers: may the packet object be used again?

/** The packet was sent, delivered or dropped: nobody holds it. */
export const DONE = true;
/** Somebody holds it: a queue, a neighbour, a reassembly. */
export const KEPT = false;
