// Signals that end a command which runs until then.

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Resolves when the first comes. To be asked for before anything is opened: a signal that comes earlier ends the
 * process, and nothing is closed.
 */
export const endSignal = (signals: readonly NodeJS.Signals[] = SIGNALS): Promise<void> =>
  new Promise((ended) => {
    for (const signal of signals) process.once(signal, () => ended());
  });
