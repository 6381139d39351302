const secretNames = /passw|secret|authoriz|cookie|credential|(api|access|private|signing)[-_]?key|token$/i;
const userInUrl = /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@]*:[^\s/@]*@/gi;
const signatureInUrl = /([?&](?:x-amz-(?:signature|credential|security-token)|signature|token)=)[^&\s"']+/gi;
const bearer = /\b(Bearer|Basic)\s+[\w.~+/-]+=*/g;

export const redacted = '[redacted]';

/** Whether a field is named like something that nobody should read in a log. */
export function isSecretName(name: string): boolean {
  return secretNames.test(name);
}

/** A text without the passwords of URLs, the signatures of signed URLs and the tokens of HTTP headers. */
export function withoutSecrets(text: string): string {
  return text
    .replace(userInUrl, (_, scheme: string) => `${scheme}${redacted}@`)
    .replace(signatureInUrl, (_, name: string) => name + redacted)
    .replace(bearer, (_, kind: string) => `${kind} ${redacted}`);
}
