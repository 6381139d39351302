/** A module inside kafkajs that has no types of its own: what kafka/idle-timer.ts needs of it. */
declare module 'kafkajs/src/network/requestQueue/index.js' {
  interface RequestQueue {
    readonly pending: readonly unknown[];
    scheduleCheckPendingRequests(): void;
  }
  const requestQueue: { readonly prototype: RequestQueue };
  export default requestQueue;
}
