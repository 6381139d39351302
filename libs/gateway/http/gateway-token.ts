/** Under what controllers ask for the gateway. */
export const gatewayToken = Symbol('gateway');
