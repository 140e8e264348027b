/** Headers as a journal or log may keep them: what opens a door is taken out, what explains an exchange stays. Pure. */

export const REDACTED = '[redacted]'

/** Names that carry a credential, under any prefix or suffix: `x-hubspot-signature-v3`, `x-amz-security-token`. */
const SECRET_NAME =
  /auth|cookie|token|secret|passw|passphrase|credential|signature|session|csrf|xsrf|jwt|api[-_]?key|(access|account|app|client|private|public|security|subscription|license|licence|service)[-_]?key|^(x[-_])?key$/i

/** The scheme tells which credential was used without being one. */
const SCHEME = /^(basic|bearer|digest|hmac|negotiate|ntlm|oauth|token|apikey|aws4-hmac-sha256) /i

/** Headers that hold an address, whose query may hold anything. */
const ADDRESS_NAME = /^(location|content-location|referer|link|refresh)$/i

const redactValue = (name: string, value: string): string => {
  // Says which scheme is wanted, and is sent with a 401, where it is needed most.
  if (/^(www|proxy)-authenticate$/i.test(name)) return value
  if (SECRET_NAME.test(name)) return `${SCHEME.exec(value)?.[0] ?? ''}${REDACTED}`
  if (ADDRESS_NAME.test(name)) {
    return value
      .replace(/\/\/[^/?#\s]*@/g, `//${REDACTED}@`)
      .replace(/[?#][^\s>",;]*/g, (part) => `${part[0]}${REDACTED}`)
  }
  return value
}

export const redactHeaders = (headers: Readonly<Record<string, string>>): Record<string, string> => {
  const redacted: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) redacted[name] = redactValue(name, value)
  return redacted
}
