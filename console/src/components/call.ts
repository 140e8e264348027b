/** One side of an outside call, as an exchange is told: what was sent, or what came back. */
export interface CallSide {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly status?: number | null | undefined
  readonly headers?: Readonly<Record<string, unknown>> | undefined
  readonly body?: unknown
}

/** A body as a person reads it: JSON set in lines, anything else as it is. */
const bodyOf = (body: unknown): string => {
  if (body === undefined || body === null || body === '') return ''
  if (typeof body !== 'string') return JSON.stringify(body, null, 2)
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}

/** `POST https://…` of what was sent; the status of what came back. */
export const firstLineOf = ({ method, url, status }: CallSide): string =>
  url === undefined ? String(status ?? '') : `${method ?? ''} ${url}`.trim()

/** Headers, a line each, and the body below them. */
export const writtenCall = ({ headers = {}, body }: CallSide): string => {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}`)
  return [lines.join('\n'), bodyOf(body)].filter(Boolean).join('\n\n')
}
