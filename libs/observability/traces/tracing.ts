/** What a span says about its work: numbers and short texts. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  /** W3C trace context of the work that led to this one, e.g. of the message; empty or left out: the active span, if there is one. */
  readonly traceparent?: string;
  /** Which end of a message or a request this is; `internal` when left out. */
  readonly kind?: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  readonly attributes?: SpanAttributes;
}

/** Follows work across services. Does nothing where tracing is off. */
export interface Tracing {
  readonly enabled: boolean;
  /** W3C trace context of the active span, to be sent along; empty where there is none. */
  inject(): string;
  /** Runs work within a span; an error of the work is noted on it and passes through. */
  span<T>(name: string, options: SpanOptions, work: () => Promise<T>): Promise<T>;
  /** Sends what is left, within 3 seconds, and stops. Never fails. */
  close(): Promise<void>;
}

/** Tracing that is off. */
export const noTracing: Tracing = {
  enabled: false,
  inject: () => '',
  span: (_name, _options, work) => work(),
  close: async () => undefined,
};
