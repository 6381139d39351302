/** Where a bus reports what it does by itself: redeliveries, dead letters, consumers that crashed and came back. */
export type BusLog = (level: 'debug' | 'info' | 'warn' | 'error', message: string, details?: Readonly<Record<string, unknown>>) => void;
