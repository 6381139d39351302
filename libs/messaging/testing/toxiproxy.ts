/** A proxy that can be told to misbehave, through the HTTP interface of toxiproxy. */
export interface Proxy {
  /** Nothing comes back any more, but requests still go through. */
  swallowAnswers(): Promise<void>;
  /** Back to normal. Connections whose answers were swallowed stay as they are. */
  heal(): Promise<void>;
  /** Cuts every connection and takes no new one. */
  cut(): Promise<void>;
  mend(): Promise<void>;
}

/** Puts a proxy between `listen` and `upstream`. */
export async function createProxy(toxiproxyUrl: string, name: string, place: { listen: string; upstream: string }): Promise<Proxy> {
  const call = async (method: string, path: string, body?: object): Promise<void> => {
    const response = await fetch(`${toxiproxyUrl}${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    if (!response.ok) throw new Error(`toxiproxy: ${method} ${path}: ${response.status} ${await response.text()}`);
  };
  await call('POST', '/proxies', { name, ...place, enabled: true });
  return {
    swallowAnswers: () =>
      call('POST', `/proxies/${name}/toxics`, { name: 'swallow', type: 'timeout', stream: 'downstream', attributes: { timeout: 0 } }),
    heal: () => call('DELETE', `/proxies/${name}/toxics/swallow`),
    cut: () => call('POST', `/proxies/${name}`, { enabled: false }),
    mend: () => call('POST', `/proxies/${name}`, { enabled: true }),
  };
}
