/** Header that makes a browser save a file under a name: ASCII for old ones, the name itself for the others (RFC 6266). */
export function contentDisposition(fileName: string): string {
  const plain = fileName.replace(/[^\x20-\x7e]|["\\%/]/g, '_');
  // encodeURIComponent leaves some characters that RFC 8187 wants escaped, and throws on half a surrogate pair, which UTF-8 cannot hold.
  const whole = encodeURIComponent(Buffer.from(fileName).toString()).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${whole}`;
}
